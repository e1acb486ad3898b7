extension PacketDecoder {
    private static let vxlanPort: UInt16 = 4789
    private static let genevePort: UInt16 = 6081
    private static let teredoPort: UInt16 = 3544

    /// Sets `packet.tunnel` when the payload is a packet again.
    func decodeTunnel(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        let payload = packet.payloadOffset..<packet.payloadOffset &+ packet.payloadLength
        switch packet.ipProtocol {
        case IPProtocol.ipv4: try decodeIPv4Inside(frame.extracting(payload), &packet)
        case IPProtocol.ipv6: try decodeIPv6Inside(frame.extracting(payload), &packet)
        case IPProtocol.gre: try decodeGRE(frame.extracting(payload), &packet)
        case IPProtocol.udp:
            switch (packet.sourcePort, packet.destinationPort) {
            case (_, Self.vxlanPort): decodeVXLAN(frame.extracting(payload), &packet)
            case (_, Self.genevePort): decodeGeneve(frame.extracting(payload), &packet)
            case (Self.teredoPort, _), (_, Self.teredoPort): decodeTeredo(frame.extracting(payload), &packet)
            default: break
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

    /// Version 0: RFC 2784 and RFC 2890, and RFC 1701's routing; version 1: RFC 2637, which carries PPP.
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
            if flags & 0x00f8 != 0 { packet.events.insert(DecodeEventSet(.greVersion0Flags)) }
            if flags & 0x4000 != 0 { length = try routingEnd(payload, length) }
            guard length <= payload.count else { throw .greVersion0HeaderTooBig }
        case 1:
            guard proto == EtherType.ppp else { throw .greVersion1WrongProtocol }
            guard flags & 0x2000 != 0 else { throw .greVersion1NoKey }
            if flags & 0x0080 != 0 { length &+= 4 }
            guard length <= payload.count else { throw .greVersion1HeaderTooBig }
        default: throw .greWrongVersion
        }
        guard length < payload.count else { return }
        switch proto {
        case EtherType.ipv4, EtherType.ipv6: set(.gre, length, payload, .rawIP, &packet)
        case EtherType.ppp: set(.gre, length, payload, .ppp, &packet)
        case EtherType.transparentBridging: set(.gre, length, payload, .ethernet, &packet)
        default: break
        }
    }

    /// RFC 1701: source route entries up to one of length 0.
    private func routingEnd(_ payload: Span<UInt8>, _ start: Int) throws(DecodeEvent) -> Int {
        var at = start
        while true {
            guard at &+ 4 <= payload.count else { throw .greVersion0HeaderTooBig }
            let length = Int(payload[at &+ 3])
            at &+= 4
            if length == 0 { return at }
            at &+= length
        }
    }

    /// RFC 7348, section 5: only the I flag and the identifier mean something, the rest is ignored on receipt.
    private func decodeVXLAN(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) {
        guard payload.count >= 8 &+ 14, payload[0] & 0x08 != 0 else { return }
        set(.vxlan, 8, payload, .ethernet, &packet)
    }

    /// RFC 8926, section 3.4.
    private func decodeGeneve(_ payload: Span<UInt8>, _ packet: inout DecodedPacket) {
        guard payload.count >= 8, payload[0] >> 6 == 0 else { return }
        let length = 8 &+ Int(payload[0] & 0x3f) &* 4
        guard length < payload.count else { return }
        switch payload.uint16(at: 2) {
        case EtherType.transparentBridging: set(.geneve, length, payload, .ethernet, &packet)
        case EtherType.ipv4, EtherType.ipv6: set(.geneve, length, payload, .rawIP, &packet)
        default: packet.events.insert(DecodeEventSet(.geneveUnknownPayload))
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

    private func set(
        _ kind: Tunnel.Kind, _ at: Int, _ payload: Span<UInt8>, _ link: LinkType, _ packet: inout DecodedPacket
    ) {
        guard at < payload.count else { return }
        packet.tunnel = Tunnel(kind: kind, offset: packet.payloadOffset &+ at, length: payload.count &- at, link: link)
    }
}
