public import Wire

/// Makes whole IP packets with right lengths and checksums, for patch proofs and tests.
public struct PacketBuilder: Sendable {
    public var source: IPAddress
    public var destination: IPAddress
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    public var ttl: UInt8 = 64
    public var identification: UInt16 = 0

    public init(source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16) {
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
    }

    /// The same connection seen from the other end.
    public var reversed: PacketBuilder {
        var result = PacketBuilder(
            source: destination, sourcePort: destinationPort, destination: source, destinationPort: sourcePort)
        result.ttl = ttl
        return result
    }

    /// - Parameter options: TCP options, padded with zeros to a multiple of four; at most 40 bytes.
    public func tcp(
        flags: TCPFlags, sequence: UInt32, acknowledgment: UInt32 = 0, window: UInt16 = 65_535,
        urgentPointer: UInt16 = 0, options: [UInt8] = [], payload: [UInt8] = []
    ) -> [UInt8] {
        var segment: [UInt8] = []
        let padded = Array((options + [0, 0, 0]).prefix((min(options.count, 40) + 3) / 4 * 4))
        segment.reserveCapacity(20 + padded.count + payload.count)
        segment.append(sourcePort)
        segment.append(destinationPort)
        segment.append(sequence)
        segment.append(acknowledgment)
        segment.append(UInt8(truncatingIfNeeded: (20 + padded.count) / 4) << 4)
        segment.append(flags.rawValue)
        segment.append(window)
        segment.append(UInt16(0))
        segment.append(urgentPointer)
        segment += padded
        segment += payload
        setChecksum(&segment, at: 16, IPProtocol.tcp)
        return ip(segment, IPProtocol.tcp)
    }

    public func udp(payload: [UInt8]) -> [UInt8] {
        var datagram: [UInt8] = []
        datagram.append(sourcePort)
        datagram.append(destinationPort)
        datagram.append(UInt16(truncatingIfNeeded: 8 + payload.count))
        datagram.append(UInt16(0))
        datagram += payload
        setChecksum(&datagram, at: 6, IPProtocol.udp)
        return ip(datagram, IPProtocol.udp)
    }

    /// ICMP or ICMPv6 by the addresses' family.
    public func icmp(type: UInt8, code: UInt8, rest: UInt32 = 0, payload: [UInt8] = []) -> [UInt8] {
        var message: [UInt8] = [type, code, 0, 0]
        message.append(rest)
        message += payload
        if source.family == .ipv6 {
            setChecksum(&message, at: 2, IPProtocol.icmpv6)
            return ip(message, IPProtocol.icmpv6)
        }
        message.store(Checksum.of(message.span), at: 2)
        return ip(message, IPProtocol.icmp)
    }

    /// An IP packet around any payload.
    public func ip(_ payload: [UInt8], _ ipProtocol: UInt8) -> [UInt8] {
        source.family == .ipv4 ? ipv4(payload, ipProtocol, flagsAndOffset: 0x4000) : ipv6(payload, ipProtocol)
    }

    /// The packet cut into fragments of at most `bytes` of data (rounded down to a multiple of eight), in order.
    public func fragments(of packet: [UInt8], bytes: Int) -> [[UInt8]] {
        let size = max(8, bytes / 8 * 8)
        let count = packet.count - (source.family == .ipv4 ? 20 : 40)
        return stride(from: 0, to: count, by: size).map { offset in
            fragment(of: packet, range: offset..<min(offset + size, count), moreFollow: offset + size < count)
        }
    }

    /// One fragment of the packet, which has no options or extension headers.
    /// - Parameter range: which bytes behind the IP header; those beyond the packet's end are left out. The lower bound
    ///   is rounded down to a multiple of eight.
    public func fragment(of packet: [UInt8], range: Range<Int>, moreFollow: Bool) -> [UInt8] {
        let data = packet.dropFirst(source.family == .ipv4 ? 20 : 40)
        let part = Array(data.dropFirst(range.lowerBound).prefix(range.count))
        let upper = source.family == .ipv4 ? packet[9] : packet[6]
        guard source.family == .ipv6 else {
            let offset = UInt16(truncatingIfNeeded: range.lowerBound / 8) & 0x1fff
            return ipv4(part, upper, flagsAndOffset: (moreFollow ? 0x2000 : 0) | offset)
        }
        var extended: [UInt8] = [upper, 0]
        extended.append(UInt16(truncatingIfNeeded: range.lowerBound) & 0xfff8 | (moreFollow ? 1 : 0))
        extended.append(UInt32(identification))
        return ipv6(extended + part, IPProtocol.fragment)
    }

    private func ipv4(_ payload: [UInt8], _ ipProtocol: UInt8, flagsAndOffset: UInt16) -> [UInt8] {
        var packet: [UInt8] = [0x45, 0]
        packet.reserveCapacity(20 + payload.count)
        packet.append(UInt16(truncatingIfNeeded: 20 + payload.count))
        packet.append(identification)
        packet.append(flagsAndOffset)
        packet += [ttl, ipProtocol, 0, 0]
        packet.append(UInt32(truncatingIfNeeded: source.low))
        packet.append(UInt32(truncatingIfNeeded: destination.low))
        packet.store(Checksum.of(packet.span), at: 10)
        return packet + payload
    }

    private func ipv6(_ payload: [UInt8], _ nextHeader: UInt8) -> [UInt8] {
        var packet: [UInt8] = [0x60, 0, 0, 0]
        packet.append(UInt16(truncatingIfNeeded: payload.count))
        packet += [nextHeader, ttl]
        for word in [source.high, source.low, destination.high, destination.low] {
            packet.append(UInt32(truncatingIfNeeded: word >> 32))
            packet.append(UInt32(truncatingIfNeeded: word))
        }
        return packet + payload
    }

    private func setChecksum(_ segment: inout [UInt8], at offset: Int, _ ipProtocol: UInt8) {
        let value = Checksum.transport(
            segment.span, source: source, destination: destination, ipProtocol: ipProtocol)
        segment.store(value == 0 && ipProtocol == IPProtocol.udp ? 0xffff : value, at: offset)
    }
}

extension [UInt8] {
    mutating func append(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(_ value: UInt32) {
        append(UInt16(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    mutating func store(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
