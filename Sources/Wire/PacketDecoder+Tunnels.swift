extension PacketDecoder {
    /// Sets `packet.tunnel` when the payload is a packet again.
    func decodeTunnel(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        let payload = packet.payloadOffset..<packet.payloadOffset &+ packet.payloadLength
        switch packet.ipProtocol {
        case IPProtocol.ipv4: try decodeIPv4Inside(frame.extracting(payload), &packet)
        case IPProtocol.ipv6: try decodeIPv6Inside(frame.extracting(payload), &packet)
        case IPProtocol.gre: try decodeGRE(frame.extracting(payload), &packet)
        case IPProtocol.udp:
            if ports.vxlan.contains(packet.destinationPort) {
                decodeVXLAN(frame.extracting(payload), &packet)
            } else if ports.geneve.contains(packet.destinationPort) {
                decodeGeneve(frame.extracting(payload), &packet)
            } else if maybeTeredo(frame, packet) {
                decodeTeredo(frame.extracting(payload), &packet)
            }
        default: break
        }
    }

    private func decodeIPv4Inside(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        if packet.addressFamily == .ipv6 {
            guard payload.count >= 20 else { throw .ipv4InIPv6TooSmall }
            guard payload[0] >> 4 == 4 else { throw .ipv4InIPv6WrongVersion }
        }
        set(packet.addressFamily == .ipv6 ? .ipv6 : .ipv4, 0, payload, .rawIP, &packet)
    }

    private func decodeIPv6Inside(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        if packet.addressFamily == .ipv6 {
            guard payload.count >= 40 else { throw .ipv6InIPv6TooSmall }
            guard payload[0] >> 4 == 6 else { throw .ipv6InIPv6WrongVersion }
        }
        set(packet.addressFamily == .ipv6 ? .ipv6 : .ipv4, 0, payload, .rawIP, &packet)
    }

    /// Version 0: RFC 2784 and RFC 2890, and RFC 1701's routing; version 1: RFC 2637, which carries PPP. Odd flags
    /// are noted and what is inside is looked at all the same: receivers differ in what they let pass.
    private func decodeGRE(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        guard payload.count >= 4 else { throw .grePacketTooSmall }
        let flags = payload.uint16(at: 0)
        let proto = payload.uint16(at: 2)
        var length = 4
        if flags & 0xc000 != 0 { length &+= 4 }
        if flags & 0x2000 != 0 { length &+= 4 }
        if flags & 0x1000 != 0 { length &+= 4 }
        switch flags & 7 {
        case 0:
            if flags & 0x0700 != 0 { packet.events.note(.greVersion0Recursion) }
            if flags & 0x00f8 != 0 { packet.events.note(.greVersion0Flags) }
            if flags & 0x4000 != 0 { length = try routingEnd(payload, length, .greVersion0MalformedRoute) }
            guard length <= payload.count else { throw .greVersion0HeaderTooBig }
        case 1:
            if flags & 0x8000 != 0 { packet.events.note(.greVersion1Checksum) }
            if flags & 0x4000 != 0 { packet.events.note(.greVersion1Route) }
            if flags & 0x0800 != 0 { packet.events.note(.greVersion1StrictRoute) }
            if flags & 0x0700 != 0 { packet.events.note(.greVersion1Recursion) }
            if flags & 0x0078 != 0 { packet.events.note(.greVersion1Flags) }
            guard proto == EtherType.ppp else { throw .greVersion1WrongProtocol }
            guard flags & 0x2000 != 0 else { throw .greVersion1NoKey }
            if flags & 0x0080 != 0 { length &+= 4 }
            if flags & 0x4000 != 0 { length = try routingEnd(payload, length, .greVersion1MalformedRoute) }
            guard length <= payload.count else { throw .greVersion1HeaderTooBig }
        default: throw .greWrongVersion
        }
        guard length < payload.count, let link = Self.linkInGRE(proto, hasSequence: flags & 0x1000 != 0) else { return }
        set(.gre, length, payload, link, &packet)
    }

    private static func linkInGRE(_ proto: UInt16, hasSequence: Bool) -> LinkType? {
        switch proto {
        case EtherType.ipv4, EtherType.ipv6: .rawIP
        case EtherType.ppp: .ppp
        case EtherType.transparentBridging: .ethernet
        case EtherType.vlan: .vlan
        case EtherType.mpls, EtherType.mplsMulticast: .mpls
        case EtherType.nsh: .nsh
        // Type I has neither sequence number nor header of its own.
        case EtherType.erspan: hasSequence ? .erspan : .ethernet
        default: nil
        }
    }

    /// RFC 1701: source route entries up to one of length 0.
    private func routingEnd(
        _ payload: Span<UInt8>, _ start: Int, _ malformed: DecodeEvent
    ) throws(DecodeEvent) -> Int {
        var at = start
        while true {
            guard at &+ 4 <= payload.count else { throw malformed }
            let length = Int(payload[at &+ 3])
            at &+= 4
            if length == 0 { return at }
            at &+= length
        }
    }

    /// RFC 7348, section 5: only the I flag and the identifier mean something, the rest is ignored on receipt.
    private func decodeVXLAN(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) {
        guard payload.count >= 8 &+ 14, payload[0] & 0x08 != 0 else { return }
        if ports.checksReservedVXLANBits {
            guard payload.uint32(at: 0) & 0xf7ff_ffff == 0, payload[7] == 0 else { return }
        }
        guard Self.isCarried(payload.uint16(at: 8 &+ 12)) else { return packet.events.note(.vxlanUnknownPayload) }
        set(.vxlan, 8, payload, .ethernet, &packet)
    }

    /// RFC 8926, section 3.4.
    private func decodeGeneve(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) {
        guard payload.count >= 8, payload[0] >> 6 == 0 else { return }
        let length = 8 &+ Int(payload[0] & 0x3f) &* 4
        guard length < payload.count else { return }
        switch payload.uint16(at: 2) {
        case EtherType.transparentBridging:
            guard length &+ 14 <= payload.count else { return }
            guard Self.isCarried(payload.uint16(at: length &+ 12)) else { return packet.events.note(.geneveUnknownPayload) }
            set(.geneve, length, payload, .ethernet, &packet)
        case EtherType.ipv4, EtherType.ipv6: set(.geneve, length, payload, .rawIP, &packet)
        default: packet.events.note(.geneveUnknownPayload)
        }
    }

    /// EtherTypes of frames in a tunnel that are looked into.
    private static func isCarried(_ etherType: UInt16) -> Bool {
        switch etherType {
        case EtherType.ipv4, EtherType.ipv6, EtherType.arp, EtherType.vlan, EtherType.serviceVLAN,
            EtherType.oldServiceVLAN, EtherType.backboneServiceTag, EtherType.vnTag, EtherType.eTag,
            EtherType.fabricPath, EtherType.mpls, EtherType.mplsMulticast, EtherType.nsh, EtherType.pppoeSession,
            EtherType.pppoeDiscovery:
            true
        default: false
        }
    }

    /// RFC 4380, section 5.1.1: an authentication and an origin indication may come before the IPv6 packet.
    private func decodeTeredo(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) {
        var at = 0
        if payload.count >= 4, payload.uint16(at: 0) == 1 {
            at = 4 &+ Int(payload[2]) &+ Int(payload[3]) &+ 9
        }
        if at &+ 8 <= payload.count, payload.uint16(at: at) == 0 { at &+= 8 }
        guard at &+ 40 <= payload.count, payload[at] >> 4 == 6 else { return }
        guard at &+ 40 &+ Int(payload.uint16(at: at &+ 4)) == payload.count else { return }
        set(.teredo, at, payload, .rawIP, &packet)
    }

    /// Whether the first bytes of a datagram can be Teredo's: IPv6, or one of the two indications before it.
    @inline(__always)
    private func maybeTeredo(_ frame: Span<UInt8>, _ packet: DecodedPacket) -> Bool {
        guard packet.payloadLength >= 40 else { return false }
        let first = frame[packet.payloadOffset]
        guard first >> 4 == 6 || first == 0 else { return false }
        guard let teredo = ports.teredo else { return true }
        return teredo.contains(packet.sourcePort) || teredo.contains(packet.destinationPort)
    }

    private func set(
        _ kind: Tunnel.Kind, _ at: Int, _ payload: Span<UInt8>, _ link: LinkType, _ packet: inout DecodedPacket
    ) {
        guard at < payload.count else { return }
        packet.tunnel = Tunnel(kind: kind, offset: packet.payloadOffset &+ at, length: payload.count &- at, link: link)
    }
}
