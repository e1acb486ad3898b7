import RuleLanguage
import Wire

/// Answers for `reject`: TCP resets in the name of either end, ICMP errors for the rest.
enum ResetBuilder {
    /// Whole IP packets, to be sent as they are.
    static func answers(to packet: DecodedPacket, frame: Span<UInt8>, target: Rule.RejectTarget) -> [[UInt8]] {
        guard packet.transport == .tcp else {
            return target == .destination ? [] : unreachable(packet, frame).map { [$0] } ?? []
        }
        guard !packet.tcp.flags.contains(.rst) else { return [] }
        var result: [[UInt8]] = []
        if target != .destination { result.append(resetToSender(packet)) }
        if target != .source { result.append(resetToReceiver(packet)) }
        return result
    }

    /// RFC 9293, section 3.10.7.1: the reset takes its sequence number from the acknowledgment.
    private static func resetToSender(_ packet: DecodedPacket) -> [UInt8] {
        let tcp = packet.tcp
        var length = UInt32(truncatingIfNeeded: packet.payloadLength)
        if tcp.flags.contains(.syn) { length &+= 1 }
        if tcp.flags.contains(.fin) { length &+= 1 }
        let sequence = tcp.flags.contains(.ack) ? tcp.acknowledgment.rawValue : 0
        return reset(
            from: packet.destination, packet.destinationPort, to: packet.source, packet.sourcePort, sequence: sequence,
            acknowledgment: tcp.sequence.rawValue &+ length)
    }

    /// In the place of the segment that was dropped.
    private static func resetToReceiver(_ packet: DecodedPacket) -> [UInt8] {
        reset(
            from: packet.source, packet.sourcePort, to: packet.destination, packet.destinationPort,
            sequence: packet.tcp.sequence.rawValue, acknowledgment: packet.tcp.acknowledgment.rawValue)
    }

    private static func reset(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        sequence: UInt32, acknowledgment: UInt32
    ) -> [UInt8] {
        var segment = bytes(sourcePort) + bytes(destinationPort) + bytes(sequence) + bytes(acknowledgment)
        segment += [0x50, TCPFlags([.rst, .ack]).rawValue] + bytes(UInt16(0)) + bytes(UInt16(0)) + bytes(UInt16(0))
        put(
            Checksum.transport(segment.span, source: source, destination: destination, ipProtocol: IPProtocol.tcp),
            at: 16, in: &segment)
        return header(source, destination, IPProtocol.tcp, payload: segment.count) + segment
    }

    /// RFC 792 (type 3, code 13) and RFC 4443 (type 1, code 1): communication prohibited.
    private static func unreachable(_ packet: DecodedPacket, _ frame: Span<UInt8>) -> [UInt8]? {
        let isIPv4 = packet.addressFamily == .ipv4
        guard packet.transport != .icmp, packet.transport != .icmpv6 else { return nil }
        let quoted = min(packet.ipLength, isIPv4 ? packet.transportOffset - packet.ipOffset + 8 : 1232)
        guard quoted > 0, packet.ipOffset + quoted <= frame.count else { return nil }
        var message: [UInt8] = (isIPv4 ? [3, 13] : [1, 1]) + [0, 0, 0, 0, 0, 0]
        for index in packet.ipOffset..<packet.ipOffset + quoted { message.append(frame[index]) }
        let ipProtocol = isIPv4 ? IPProtocol.icmp : IPProtocol.icmpv6
        let checksum =
            isIPv4
            ? Checksum.of(message.span)
            : Checksum.transport(
                message.span, source: packet.destination, destination: packet.source, ipProtocol: ipProtocol)
        put(checksum, at: 2, in: &message)
        return header(packet.destination, packet.source, ipProtocol, payload: message.count) + message
    }

    private static func header(
        _ source: IPAddress, _ destination: IPAddress, _ ipProtocol: UInt8, payload: Int
    ) -> [UInt8] {
        guard source.family == .ipv4 else {
            return [0x60, 0, 0, 0] + bytes(UInt16(truncatingIfNeeded: payload)) + [ipProtocol, 64]
                + bytes(source.high) + bytes(source.low) + bytes(destination.high) + bytes(destination.low)
        }
        var header: [UInt8] = [0x45, 0] + bytes(UInt16(truncatingIfNeeded: payload + 20)) + [0, 0, 0x40, 0]
        header += [64, ipProtocol, 0, 0]
        header += bytes(UInt32(truncatingIfNeeded: source.low)) + bytes(UInt32(truncatingIfNeeded: destination.low))
        put(Checksum.of(header.span), at: 10, in: &header)
        return header
    }

    private static func put(_ value: UInt16, at offset: Int, in packet: inout [UInt8]) {
        packet[offset] = UInt8(truncatingIfNeeded: value >> 8)
        packet[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> Word($0)) }
    }
}
