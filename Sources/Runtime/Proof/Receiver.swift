import Flow
import Traffic
import Wire

/// The server of a proof: a TCP end that takes and ignores what Linux takes and ignores (RFC 9293, RFC 5961, RFC 7323).
///
/// It keeps every copy of a byte that arrives before the byte is read, since receivers differ on which one counts.
struct Receiver {
    private var fragments = FragmentReassembler(configuration: FragmentConfiguration())
    private let decoder = PacketDecoder()
    private let server: PacketBuilder
    private let window: Int
    private var first = SequenceNumber(0)
    private var isOpen = false
    private var copies: [Int: [UInt8]] = [:]
    private var outOfBand: Set<Int> = []
    private var next = 0
    private var end: Int?
    private var sent: UInt32 = 0
    private var recentTimestamp: UInt32 = 0

    /// Packets with fewer hops left are lost on the way from the engine to here.
    static let hops: UInt8 = 1
    private static let initialSequence: UInt32 = 5000

    init(server: PacketBuilder, window: Int) {
        self.server = server
        self.window = window
    }

    /// What the application has read: the first copy of each byte, as far as there is no gap.
    var stream: [UInt8] { (0..<next).filter { !outOfBand.contains($0) }.compactMap { copies[$0]?.first } }

    /// Whether some receiver could have read `bytes` at the place `start` of the stream.
    func couldRead(_ bytes: some Collection<UInt8>, at start: Int) -> Bool {
        let places = (0..<next).filter { !outOfBand.contains($0) }
        guard places.count >= start + bytes.count else { return false }
        return zip(places[start...], bytes).allSatisfy { copies[$0]?.contains($1) == true }
    }

    /// - Returns: what it answers.
    mutating func receive(_ frame: [UInt8], link: LinkType = .rawIP, now: Timestamp) -> [[UInt8]] {
        let decoded = decoder.decode(frame.span, link: link, checksums: .verify)
        guard decoded.invalid == nil, decoded.ttl > Self.hops else { return [] }
        if decoded.isFragment {
            guard case .complete(let whole) = fragments.add(decoded, frame: frame.span, now: now) else { return [] }
            return receive(whole, now: now)
        }
        guard decoded.transport == .tcp, decoded.checksum == .valid, decoded.sourcePort == server.destinationPort else { return [] }
        let tcp = decoded.tcp
        if tcp.flags.contains(.syn) {
            if isOpen, end == nil { return [acknowledgment(now)] }
            open(tcp)
            return [packet([.syn, .ack], now, sequence: Self.initialSequence, options: [2, 4, 5, 180, 4, 2])]
        }
        guard isOpen else { return [] }
        let place = next + Int(tcp.sequence.distance(from: first.advanced(by: next)))
        if tcp.flags.contains(.rst) {
            if place == next { isOpen = false }
            return place > next && place < next + window ? [acknowledgment(now)] : []
        }
        guard tcp.flags.contains(.ack) else { return [] }
        if let value = tcp.options.timestampValue {
            guard Int32(bitPattern: recentTimestamp &- value) <= 1 else { return [acknowledgment(now)] }
            if place <= next { recentTimestamp = value }
        }
        let acknowledged = Int32(bitPattern: tcp.acknowledgment.rawValue &- (Self.initialSequence &+ 1 &+ sent))
        guard acknowledged <= 0, acknowledged >= -65_535 else { return [acknowledgment(now)] }
        let payload = Array(frame[decoded.payloadOffset..<decoded.payloadOffset + decoded.payloadLength])
        return take(payload, at: place, tcp, now)
    }

    private mutating func take(_ payload: [UInt8], at place: Int, _ tcp: TCPFields, _ now: Timestamp) -> [[UInt8]] {
        let hasFIN = tcp.flags.contains(.fin)
        guard !payload.isEmpty || hasFIN else { return [] }
        guard place < next + window, end.map({ place + payload.count <= $0 }) ?? true else { return [acknowledgment(now)] }
        if tcp.flags.contains(.urg) {
            // RFC 6093: the pointer names the byte after the urgent one.
            let urgent = place + max(Int(tcp.urgentPointer), 1) - 1
            if urgent >= next { outOfBand = [urgent] }
        }
        for (index, byte) in payload.enumerated() where place + index >= next && place + index < next + window {
            copies[place + index, default: []].append(byte)
        }
        if hasFIN { end = place + payload.count }
        while copies[next] != nil { next += 1 }
        return [acknowledgment(now)]
    }

    /// The application answers.
    mutating func say(_ bytes: [UInt8], now: Timestamp) -> [[UInt8]] {
        guard isOpen else { return [] }
        return stride(from: 0, to: bytes.count, by: 1400).map { offset in
            let part = Array(bytes[offset..<min(offset + 1400, bytes.count)])
            defer { sent &+= UInt32(truncatingIfNeeded: part.count) }
            return packet([.psh, .ack], now, sequence: Self.initialSequence &+ 1 &+ sent, payload: part)
        }
    }

    private mutating func open(_ tcp: TCPFields) {
        first = tcp.sequence.advanced(by: 1)
        recentTimestamp = tcp.options.timestampValue ?? 0
        (copies, outOfBand, next, end, sent, isOpen) = ([:], [], 0, nil, 0, true)
    }

    private func acknowledgment(_ now: Timestamp) -> [UInt8] {
        packet(.ack, now, sequence: Self.initialSequence &+ 1 &+ sent)
    }

    private func packet(
        _ flags: TCPFlags, _ now: Timestamp, sequence: UInt32, options: [UInt8] = [], payload: [UInt8] = []
    ) -> [UInt8] {
        var stamp: [UInt8] = [1, 1, 8, 10]
        for value in [UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000), recentTimestamp] {
            for shift in [24, 16, 8, 0] as [UInt32] { stamp.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        let isAtEnd = end == next
        return server.tcp(
            flags: flags, sequence: sequence, acknowledgment: first.advanced(by: next + (isAtEnd ? 1 : 0)).rawValue,
            window: UInt16(clamping: window), options: options + stamp, payload: payload)
    }
}
