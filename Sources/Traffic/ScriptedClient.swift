import Wire

/// The client of a `ClientScript`: makes its packets, with the numbers that the server has told.
public struct ScriptedClient: Sendable {
    public private(set) var builder: PacketBuilder
    private var initialSequence: UInt32
    private var serverNext: UInt32 = 0
    private var serverTimestamp: UInt32 = 0
    private let decoder = PacketDecoder()

    /// Place up to which the server has acknowledged.
    public private(set) var acknowledged = -1
    public private(set) var isOpen = false
    /// The server has reset the connection.
    public private(set) var isReset = false
    /// What the server has said since it was asked last.
    public private(set) var received: [UInt8] = []

    public init(_ builder: PacketBuilder, initialSequence: UInt32) {
        self.builder = builder
        self.initialSequence = initialSequence
    }

    public mutating func reopen(sequence: UInt32) {
        initialSequence = sequence
        (serverNext, serverTimestamp, acknowledged, isOpen, isReset) = (0, 0, -1, false, false)
    }

    public mutating func takeReceived() -> [UInt8] {
        defer { received = [] }
        return received
    }

    /// - Parameter milliseconds: the client's clock.
    public mutating func packets(_ segment: ScriptedSegment, milliseconds: UInt32) -> [[UInt8]] {
        let envelope = segment.envelope
        guard case .fragments(let bytes, let order) = envelope else {
            let packet = packet(segment, milliseconds)
            return switch envelope {
            case .ipv4Options(let options): [builder.adding(ipv4Options: options, to: packet)]
            case .extensionHeaders: [builder.addingExtensionHeaders(to: packet)]
            default: [packet]
            }
        }
        var garbage: [[UInt8]] = []
        if order == .afterOverlapping, !segment.payload.isEmpty {
            let ahead = fragments(of: segment.garbled, bytes, milliseconds)
            // The second fragment again, eight bytes further on, and then the others: none of it may be taken.
            if ahead.count > 2 { garbage = [ahead[0], ahead[1], moved(ahead[1])] + ahead[2...] }
        }
        let true_ = fragments(of: segment, bytes, milliseconds)
        switch order {
        case .inOrder: return true_
        case .reversed: return true_.reversed()
        case .duplicated: return true_.flatMap { [$0, $0] }
        case .afterOverlapping: return garbage + true_
        }
    }

    private mutating func fragments(of segment: ScriptedSegment, _ bytes: Int, _ milliseconds: UInt32) -> [[UInt8]] {
        // No two datagrams share an identification, so that their fragments do not mix.
        builder.identification &+= 1
        return builder.fragments(of: packet(segment, milliseconds), bytes: bytes)
    }

    /// An IPv4 fragment, or an IPv6 one, eight bytes further on.
    private func moved(_ fragment: [UInt8]) -> [UInt8] {
        var result = fragment
        if builder.source.family == .ipv6 {
            result[43] &+= 8
            return result
        }
        result[7] &+= 1
        result.store(0, at: 10)
        let header = Array(result[..<20])
        result.store(Checksum.of(header.span), at: 10)
        return result
    }

    private func packet(_ segment: ScriptedSegment, _ milliseconds: UInt32) -> [UInt8] {
        var options = segment.options
        if segment.flags.contains(.syn) { options = [2, 4, 5, 180, 4, 2] + options }
        options += [1, 1, 8, 10]
        options.append(milliseconds &- segment.timestampAge)
        options.append(segment.flags.contains(.ack) ? serverTimestamp : UInt32(0))
        var sender = builder
        sender.ttl = segment.ttl
        var packet = sender.tcp(
            flags: segment.flags, sequence: initialSequence &+ 1 &+ UInt32(truncatingIfNeeded: segment.offset),
            acknowledgment: segment.flags.contains(.ack) ? serverNext &+ segment.acknowledgmentShift : 0,
            urgentPointer: segment.urgentPointer, options: options, payload: segment.payload)
        if segment.hasWrongChecksum { packet[(builder.source.family == .ipv4 ? 20 : 40) + 16] ^= 0x5a }
        return packet
    }

    /// Takes a packet of the server's.
    /// - Returns: true when it has to be acknowledged.
    public mutating func receive(_ packet: [UInt8]) -> Bool {
        let decoded = decoder.decode(packet.span, link: .rawIP, checksums: .ignore)
        guard decoded.transport == .tcp, decoded.sourcePort == builder.destinationPort,
            decoded.destinationPort == builder.sourcePort
        else { return false }
        let flags = decoded.tcp.flags
        if flags.contains(.rst) {
            isReset = true
            return false
        }
        if let value = decoded.tcp.options.timestampValue { serverTimestamp = value }
        let place = Int(decoded.tcp.acknowledgment.distance(from: SequenceNumber(initialSequence &+ 1)))
        if flags.contains(.syn) {
            guard place == 0 else { return false }
            isOpen = true
            serverNext = decoded.tcp.sequence.rawValue &+ 1
        }
        acknowledged = max(acknowledged, place)
        guard decoded.payloadLength > 0 || flags.contains(.fin), decoded.tcp.sequence.rawValue == serverNext else { return false }
        received += packet[decoded.payloadOffset..<decoded.payloadOffset + decoded.payloadLength]
        serverNext &+= UInt32(decoded.payloadLength) &+ (flags.contains(.fin) ? 1 : 0)
        return true
    }
}
