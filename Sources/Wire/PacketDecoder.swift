/// Turns the bytes of a frame into a `DecodedPacket`. Never fails: defects are part of the result.
public struct PacketDecoder: Sendable {
    public enum Checksums: Sendable {
        /// Not computed: the sender's card would have done it, or the capture says so.
        case ignore
        case verify
    }

    let ports: TunnelPorts

    public init(tunnels ports: TunnelPorts = TunnelPorts()) { self.ports = ports }

    public func decode(_ frame: Span<UInt8>, link: LinkType, checksums: Checksums) -> DecodedPacket {
        var packet = DecodedPacket()
        packet.link = link
        do {
            try decodeLink(frame, link, &packet)
            switch packet.etherType {
            case EtherType.ipv4: try decodeIPv4(frame, checksums, &packet)
            case EtherType.ipv6: try decodeIPv6(frame, checksums, &packet)
            default: break
            }
            if packet.addressFamily != nil, !packet.isFragment { try decodeTunnel(frame, &packet) }
        } catch {
            packet.invalid = error
            packet.events.note(error)
        }
        return packet
    }

    private func decodeIPv4(
        _ frame: Span<UInt8>, _ checksums: Checksums, _ packet: inout DecodedPacket
    ) throws(DecodeEvent) {
        let bytes = frame.extracting(packet.ipOffset..<frame.count)
        let header = try IPv4View(bytes)
        packet.addressFamily = .ipv4
        packet.ipLength = header.totalLength
        packet.source = header.source
        packet.destination = header.destination
        packet.ttl = header.timeToLive
        packet.tos = header.typeOfService
        packet.ipID = UInt32(header.identification)
        packet.dontFragment = header.dontFragment
        packet.moreFragments = header.moreFragments
        packet.hasReservedFlag = header.hasReservedFlag
        packet.fragmentOffset = header.fragmentOffset
        packet.isFragment = header.moreFragments || header.fragmentOffset > 0
        packet.ipProtocol = header.proto
        packet.transportOffset = packet.ipOffset &+ header.headerLength
        if checksums == .verify {
            packet.checksum = header.hasValidChecksum ? .valid : .invalidIP
        }
        if header.headerLength > 20 {
            let options = bytes.extracting(20..<header.headerLength)
            try IPv4OptionSet.read(options, into: &packet.ipOptions, events: &packet.events)
        }
        guard packet.fragmentOffset &+ header.totalLength &- header.headerLength <= 65_535 || !packet.isFragment
        else { throw .ipv4FragmentTooLarge }
        try decodeTransport(frame, checksums, &packet)
    }

    private func decodeIPv6(
        _ frame: Span<UInt8>, _ checksums: Checksums, _ packet: inout DecodedPacket
    ) throws(DecodeEvent) {
        let bytes = frame.extracting(packet.ipOffset..<frame.count)
        let header = try IPv6View(bytes)
        packet.addressFamily = .ipv6
        packet.ipLength = header.totalLength
        packet.source = header.source
        packet.destination = header.destination
        packet.ttl = header.hopLimit
        packet.tos = header.trafficClass
        packet.flowLabel = header.flowLabel
        let extensions = try IPv6Extensions(
            bytes.extracting(first: header.totalLength), nextHeader: header.nextHeader, events: &packet.events)
        packet.ipProtocol = extensions.upperProtocol
        packet.transportOffset = packet.ipOffset &+ extensions.upperOffset
        if let fragment = extensions.fragment {
            packet.isFragment = fragment.more || fragment.offset > 0
            packet.moreFragments = fragment.more
            packet.fragmentOffset = fragment.offset
            packet.ipID = fragment.identification
        }
        if checksums == .verify { packet.checksum = .valid }
        try decodeTransport(frame, checksums, &packet)
    }

    private func decodeTransport(
        _ frame: Span<UInt8>, _ checksums: Checksums, _ packet: inout DecodedPacket
    ) throws(DecodeEvent) {
        let end = packet.ipOffset &+ packet.ipLength
        packet.payloadOffset = packet.transportOffset
        packet.payloadLength = end &- packet.transportOffset
        // A fragment's transport header is judged when the datagram is whole.
        guard !packet.isFragment else { return }
        let segment = frame.extracting(packet.transportOffset..<end)
        switch packet.ipProtocol {
        case IPProtocol.tcp: try decodeTCP(segment, &packet)
        case IPProtocol.udp: try decodeUDP(segment, &packet)
        case IPProtocol.icmp where packet.addressFamily == .ipv4:
            guard segment.count >= 8 else { throw .icmpv4PacketTooSmall }
            packet.transport = .icmp
            decodeICMP(segment, &packet)
            noteICMPv4(segment, &packet.events)
        case IPProtocol.icmpv6 where packet.addressFamily == .ipv6:
            guard segment.count >= 8 else { throw .icmpv6PacketTooSmall }
            packet.transport = .icmpv6
            if segment[0] == 2 { packet.icmpMTU = segment.uint32(at: 4) }
            decodeICMP(segment, &packet)
            noteICMPv6(segment, hopLimit: packet.ttl, &packet.events)
        case IPProtocol.icmp: throw .ipv6WithICMPv4
        case IPProtocol.icmpv6: throw .ipv4WithICMPv6
        default: return try decodeOtherTransport(segment, &packet)
        }
        if checksums == .verify, packet.checksum == .valid, !hasValidChecksum(segment, packet) {
            packet.checksum = .invalidTransport
        }
    }

    private func decodeTCP(_ segment: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        let header = try TCPView(segment)
        packet.transport = .tcp
        packet.sourcePort = header.sourcePort
        packet.destinationPort = header.destinationPort
        packet.tcp.sequence = header.sequence
        packet.tcp.acknowledgment = header.acknowledgment
        packet.tcp.flags = header.flags
        packet.tcp.window = header.window
        packet.tcp.urgentPointer = header.urgentPointer
        packet.tcp.headerLength = UInt8(truncatingIfNeeded: header.headerLength)
        if header.headerLength > 20 {
            packet.tcp.options = header.options(&packet.events)
        }
        packet.payloadOffset = packet.transportOffset &+ header.headerLength
        packet.payloadLength = segment.count &- header.headerLength
    }

    private func decodeUDP(_ segment: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        guard segment.count >= 8 else { throw .udpHeaderTooSmall }
        let length = Int(segment.uint16(at: 4))
        guard length >= 8 || length == 0 else { throw .udpLengthInvalid }
        guard length <= segment.count else { throw .udpTruncated }
        packet.transport = .udp
        packet.sourcePort = segment.uint16(at: 0)
        packet.destinationPort = segment.uint16(at: 2)
        packet.payloadOffset = packet.transportOffset &+ 8
        packet.payloadLength = (length == 0 ? segment.count : length) &- 8
    }

    private func decodeICMP(_ segment: Span<UInt8>, _ packet: inout DecodedPacket) {
        packet.icmpType = segment[0]
        packet.icmpCode = segment[1]
        if packet.hasICMPIdentifier {
            packet.icmpID = segment.uint16(at: 4)
            packet.icmpSequence = segment.uint16(at: 6)
        }
        packet.payloadOffset = packet.transportOffset &+ 8
        packet.payloadLength = segment.count &- 8
    }

    @inline(never)
    private func decodeOtherTransport(_ segment: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        switch packet.ipProtocol {
        case IPProtocol.igmp:
            guard segment.count >= 8 else { throw .igmpPacketTooSmall }
        case IPProtocol.sctp:
            // RFC 9260, section 3.1.
            guard segment.count >= 12 else { throw .sctpPacketTooSmall }
            packet.transport = .sctp
            packet.sourcePort = segment.uint16(at: 0)
            packet.destinationPort = segment.uint16(at: 2)
            packet.payloadOffset = packet.transportOffset &+ 12
            packet.payloadLength = segment.count &- 12
        case IPProtocol.encapsulatingSecurityPayload:
            guard segment.count >= 8 else { throw .espPacketTooSmall }
        case IPProtocol.ipv4, IPProtocol.ipv6, IPProtocol.gre, IPProtocol.noNextHeader: break
        case _ where packet.addressFamily == .ipv6: packet.events.note(.ipv6UnknownNextHeader)
        case 148...254: packet.events.note(.ipv4UnknownProtocol)
        default: break
        }
    }

    private func hasValidChecksum(_ segment: Span<UInt8>, _ packet: DecodedPacket) -> Bool {
        switch packet.transport {
        case .udp where packet.addressFamily == .ipv4 && segment.uint16(at: 6) == 0: return true
        case .udp:
            let datagram = segment.extracting(first: packet.payloadLength &+ 8)
            return Checksum.transport(
                datagram, source: packet.source, destination: packet.destination, ipProtocol: IPProtocol.udp) == 0
        case .icmp: return Checksum.of(segment) == 0
        case .tcp, .icmpv6:
            return Checksum.transport(
                segment, source: packet.source, destination: packet.destination, ipProtocol: packet.ipProtocol) == 0
        case .sctp, .other: return true
        }
    }
}
