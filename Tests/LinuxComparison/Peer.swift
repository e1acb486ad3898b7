import TestSupport
import Traffic
import Wire

/// The far end of a script's connection: knows what the kernel has said, and makes segments of the script's.
struct Peer {
    let settings: Settings
    /// From the peer to the kernel.
    let builder: PacketBuilder
    /// The peer's clock, in ticks of its time stamps.
    private var ticks: UInt32 = 0
    private var identification: UInt16 = 0

    /// The kernel's initial sequence number.
    private(set) var kernelISN: UInt32?
    /// The end of all that the kernel has sent.
    private(set) var kernelEnd: UInt32 = 0
    private var kernelTimestamp: UInt32 = 0
    private(set) var acknowledged: UInt32
    private var windowEdge: UInt32
    private var kernelScale: UInt8 = 0
    private(set) var kernelPort: UInt16?
    private(set) var isReset = false
    /// Places of the last segment's data in the stream.
    private(set) var lastRange = 0..<0

    init(settings: Settings, peer: IPAddress, peerPort: UInt16, kernel: IPAddress, kernelPort: UInt16) {
        self.settings = settings
        builder = PacketBuilder(source: peer, sourcePort: peerPort, destination: kernel, destinationPort: kernelPort)
        acknowledged = settings.initialSequence &+ 1
        windowEdge = acknowledged &+ 64_240
    }

    /// Takes note of a segment of the kernel's.
    mutating func learn(_ packet: DecodedPacket) {
        let tcp = packet.tcp
        kernelPort = packet.sourcePort
        if tcp.flags.contains(.syn) {
            if kernelISN != tcp.sequence.rawValue {
                kernelISN = tcp.sequence.rawValue
                kernelEnd = tcp.sequence.rawValue &+ 1
            }
            kernelScale = settings.windowScale == nil ? 0 : tcp.options.windowScale ?? 0
        }
        if tcp.flags.contains(.rst) { isReset = true }
        if let value = tcp.options.timestampValue { kernelTimestamp = value }
        if kernelISN != nil, !tcp.flags.contains(.rst) {
            let end = tcp.sequence.advanced(by: packet.payloadLength + (tcp.flags.contains(.fin) ? 1 : 0))
            if SequenceNumber(kernelEnd).isBefore(end) { kernelEnd = end.rawValue }
        }
        guard tcp.flags.contains(.ack), !tcp.flags.contains(.rst) else { return }
        acknowledged = tcp.acknowledgment.rawValue
        windowEdge = acknowledged &+ UInt32(tcp.window) << UInt32(tcp.flags.contains(.syn) ? 0 : kernelScale)
    }

    /// Whether the segment lies more than 65,535 bytes ahead and goes past the window that the kernel has granted.
    func isBeyondWindow(_ segment: Segment) -> Bool {
        guard segment.anchor == .stream, !segment.flags.contains(.syn) else { return false }
        let end = SequenceNumber(settings.initialSequence).advanced(by: 1 + segment.offset + segment.length)
        return SequenceNumber(acknowledged).advanced(by: 65_535).isBefore(end) && SequenceNumber(windowEdge).isBefore(end)
    }

    /// The packets of a segment, in the order in which they are sent.
    mutating func packets(of segment: Segment) -> [[UInt8]] {
        ticks &+= 1
        var builder = builder
        if let kernelPort, settings.role == .client {
            builder = PacketBuilder(
                source: builder.source, sourcePort: builder.sourcePort, destination: builder.destination,
                destinationPort: kernelPort)
        }
        identification &+= 1
        builder.identification = identification &- UInt16(segment.identificationDistance)
        let base = settings.initialSequence &+ 1
        let anchor =
            switch segment.anchor {
            case .stream: base
            case .acknowledged: acknowledged
            case .windowEdge: windowEdge
            }
        let sequence = anchor &+ UInt32(truncatingIfNeeded: segment.offset)
        let start = Int(Int32(bitPattern: sequence &- base)) + (segment.flags.contains(.syn) ? 1 : 0)
        lastRange = start..<start + segment.length
        let whole = packet(segment, sequence: sequence, variant: segment.variant, builder)
        guard !segment.pieces.isEmpty else { return [Damage.apply(segment.damage, to: whole)] }
        return segment.pieces.map { piece in
            let source = piece.variant == 0 ? whole : packet(segment, sequence: sequence, variant: piece.variant, builder)
            return Damage.apply(segment.damage, to: builder.fragment(of: source, range: piece.range, moreFollow: piece.more))
        }
    }

    private func packet(_ segment: Segment, sequence: UInt32, variant: UInt8, _ builder: PacketBuilder) -> [UInt8] {
        let start = Int(Int32(bitPattern: sequence &- settings.initialSequence &- 1)) + (segment.flags.contains(.syn) ? 1 : 0)
        let packet = builder.tcp(
            flags: segment.flags, sequence: sequence,
            acknowledgment: segment.flags.contains(.ack) ? kernelEnd &+ UInt32(truncatingIfNeeded: segment.acknowledgment) : 0,
            window: segment.window, urgentPointer: segment.urgentPointer, options: options(of: segment),
            payload: HonestStream.bytes(start, segment.length, variant: variant))
        return segment.networkOptions.isEmpty ? packet : builder.inserting(segment.networkOptions, into: packet)
    }

    private func options(of segment: Segment) -> [UInt8] {
        var options: [UInt8] = []
        if segment.flags.contains(.syn) {
            options += [2, 4, 0x05, 0xb4]
            if settings.offersSACK { options += [4, 2, 1, 1] }
            if let scale = settings.windowScale { options += [1, 3, 3, scale] }
        }
        if let first = settings.timestamp, let delta = segment.timestamp {
            options += [1, 1, 8, 10]
            let isFirst = segment.flags.contains(.syn) && !segment.flags.contains(.ack)
            let echo = isFirst ? 0 : kernelTimestamp &+ UInt32(bitPattern: segment.echo)
            for word in [first &+ ticks &+ UInt32(bitPattern: delta), echo] {
                for shift in [24, 16, 8, 0] as [UInt32] { options.append(UInt8(truncatingIfNeeded: word >> shift)) }
            }
        }
        return Array((options + segment.options).prefix(40))
    }
}

/// What is done to a whole packet or fragment, checksums left as they are unless that is the damage.
enum Damage {
    static func apply(_ damage: Segment.Damage?, to packet: [UInt8]) -> [UInt8] {
        guard let damage else { return packet }
        var packet = packet
        let isIPv4 = packet[0] >> 4 == 4
        let header = isIPv4 ? Int(packet[0] & 15) * 4 : 40
        switch damage {
        case .transportChecksum: if packet.count >= header + 18 { packet[header + 17] ^= 0x5a }
        case .headerChecksum: if isIPv4 { packet[11] ^= 0x5a }
        case .headerLength(let words):
            if packet.count >= header + 20 { packet[header + 12] = words << 4 | packet[header + 12] & 15 }
            packet.fixTransportChecksum(header)
        case .reservedBits(let bits):
            if packet.count >= header + 20 { packet[header + 12] |= bits & 15 }
            packet.fixTransportChecksum(header)
        case .trailer(let count): packet += [UInt8](repeating: 0x41, count: count)
        case .truncation(let count): packet.removeLast(min(count, packet.count - header))
        }
        return packet
    }
}

extension [UInt8] {
    fileprivate mutating func fixTransportChecksum(_ header: Int) {
        let isIPv4 = self[0] >> 4 == 4
        guard count >= header + 20, (isIPv4 ? self[9] : self[6]) == IPProtocol.tcp else { return }
        let decoded = DecodedPacket(raw: self)
        self[header + 16] = 0
        self[header + 17] = 0
        let value = Checksum.transport(
            Array(self[header...]).span, source: decoded.source, destination: decoded.destination, ipProtocol: IPProtocol.tcp)
        self[header + 16] = UInt8(value >> 8)
        self[header + 17] = UInt8(value & 0xff)
    }
}

/// The bytes that an honest sender sends at each place of its stream.
package enum HonestStream {
    private static let period = 1 << 18
    private static let bytes: [UInt8] = {
        var random = SeededRandom(seed: 7)
        return (0..<period).map { _ in UInt8.random(in: 0x80...0xff, using: &random) }
    }()

    package static func bytes(_ start: Int, _ count: Int, variant: UInt8 = 0) -> [UInt8] {
        guard count > 0 else { return [] }
        let low = start & (period - 1)
        if variant == 0, low + count <= period { return Array(bytes[low..<low + count]) }
        return (0..<count).map { bytes[(start &+ $0) & (period - 1)] ^ (variant & 0x7f) }
    }
}
