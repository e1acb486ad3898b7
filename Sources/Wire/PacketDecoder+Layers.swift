/// What may stand between the link layer and IP: tags, label stacks, PPP. Rare, and kept out of the ordinary path.
extension PacketDecoder {
    /// Layers of one frame, as Suricata's `decoder.max-layers`.
    private static let maximumLayers = 16

    private enum Step { case next, end }

    /// Goes from header to header until `etherType` is IP's or something that carries none.
    @inline(never)
    func decodeLayers(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        var unknown = DecodeEvent.ethernetUnknownType
        for _ in 0..<Self.maximumLayers {
            let step: Step
            switch packet.etherType {
            case EtherType.ipv4, EtherType.ipv6: return
            case EtherType.arp: return decodeARP(frame, &packet)
            case EtherType.vlan, EtherType.serviceVLAN, EtherType.oldServiceVLAN:
                step = try decodeVLAN(frame, &packet)
                unknown = .vlanUnknownType
            case EtherType.backboneServiceTag:
                packet.layers.insert(.ieee8021ah)
                step = try skip(18, .ieee8021ahHeaderTooSmall, frame, &packet)
                unknown = .ethernetUnknownType
            case EtherType.vnTag:
                packet.layers.insert(.vnTag)
                step = try skip(6, .vnTagHeaderTooSmall, frame, &packet)
                unknown = .vnTagUnknownType
            case EtherType.eTag:
                packet.layers.insert(.eTag)
                step = try skip(8, .eTagHeaderTooSmall, frame, &packet)
                unknown = .eTagUnknownType
            case EtherType.fabricPath:
                step = try skip(16, .fabricPathPacketTooSmall, frame, &packet)
                unknown = .ethernetUnknownType
            case EtherType.mpls, EtherType.mplsMulticast:
                step = try decodeMPLS(frame, &packet)
                unknown = .ethernetUnknownType
            case EtherType.nsh:
                step = try decodeNSH(frame, &packet)
                unknown = .ethernetUnknownType
            case EtherType.pppoeSession: step = try decodePPPoESession(frame, &packet)
            case EtherType.pppoeDiscovery: return try decodePPPoEDiscovery(frame, &packet)
            case EtherType.ppp: step = try decodePPP(frame, &packet)
            default:
                packet.layers.insert(.unknownEtherType)
                return packet.events.note(unknown)
            }
            if step == .end {
                packet.etherType = 0
                return
            }
        }
        guard packet.etherType == EtherType.ipv4 || packet.etherType == EtherType.ipv6 else { throw .tooManyLayers }
    }

    /// A header of `length` bytes whose last two are the next EtherType.
    private func skip(
        _ length: Int, _ tooSmall: DecodeEvent, _ frame: Span<UInt8>, _ packet: inout DecodedPacket
    ) throws(DecodeEvent) -> Step {
        guard packet.ipOffset &+ length <= frame.count else { throw tooSmall }
        packet.ipOffset &+= length
        packet.etherType = frame.uint16(at: packet.ipOffset &- 2)
        return .next
    }

    private func decodeVLAN(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) -> Step {
        guard packet.ipOffset &+ 4 <= frame.count else { throw .vlanHeaderTooSmall }
        guard packet.vlans.count < VLANTags.capacity else { throw .vlanTooManyLayers }
        packet.layers.insert(packet.vlans.count == 0 ? .vlan : .stackedVLAN)
        packet.vlans.append(frame.uint16(at: packet.ipOffset) & 0x0fff)
        return try skip(4, .vlanHeaderTooSmall, frame, &packet)
    }

    /// RFC 3032, section 2.1. What the bottom label does not say is guessed from the first half byte, as routers do
    /// (RFC 4928, section 3): 0 is a pseudowire's control word (RFC 4385, section 3).
    private func decodeMPLS(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) -> Step {
        packet.layers.insert(.mpls)
        var entry: UInt32
        repeat {
            guard packet.ipOffset &+ 4 <= frame.count else { throw .mplsHeaderTooSmall }
            entry = frame.uint32(at: packet.ipOffset)
            packet.ipOffset &+= 4
        } while entry & 0x100 == 0
        guard packet.ipOffset &+ 4 <= frame.count else { throw .mplsPacketTooSmall }
        let first = frame[packet.ipOffset] >> 4
        switch (entry >> 12, first) {
        case (0, _): packet.etherType = EtherType.ipv4
        case (1, _): return end(.mplsBadRouterAlert, &packet)
        case (2, _): packet.etherType = EtherType.ipv6
        case (3, _): return end(.mplsBadImplicitNull, &packet)
        case (4...15, _): return end(.mplsReservedLabel, &packet)
        case (_, 4): packet.etherType = EtherType.ipv4
        case (_, 6): packet.etherType = EtherType.ipv6
        case (_, 0): return try skip(4 &+ 14, .ethernetPacketTooSmall, frame, &packet)
        default: return end(.mplsUnknownPayload, &packet)
        }
        return .next
    }

    /// RFC 8300, section 2.2.
    private func decodeNSH(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) -> Step {
        packet.layers.insert(.nsh)
        let start = packet.ipOffset
        guard start &+ 8 <= frame.count else { throw .nshHeaderTooSmall }
        guard frame[start] >> 6 == 0 else { return end(.nshUnsupportedVersion, &packet) }
        let length = Int(frame[start &+ 1] & 0x3f) &* 4
        guard length >= 8, start &+ length < frame.count else { return end(.nshBadHeaderLength, &packet) }
        guard frame[start &+ 2] & 0x0f != 0 else { return end(.nshReservedType, &packet) }
        packet.ipOffset = start &+ length
        switch frame[start &+ 3] {
        case 1: packet.etherType = EtherType.ipv4
        case 2: packet.etherType = EtherType.ipv6
        case 3: return try skip(14, .ethernetPacketTooSmall, frame, &packet)
        case 4, 5, 0xfe, 0xff: return end(.nshUnsupportedType, &packet)
        default: return end(.nshUnknownPayload, &packet)
        }
        return .next
    }

    /// RFC 2516, sections 4 and 6.
    private func decodePPPoESession(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) -> Step {
        packet.layers.insert(.pppoe)
        guard packet.ipOffset &+ 8 <= frame.count else { throw .pppoePacketTooSmall }
        guard frame[packet.ipOffset &+ 1] == 0 else { return end(.pppoeWrongCode, &packet) }
        packet.ipOffset &+= 6
        packet.etherType = EtherType.ppp
        return .next
    }

    /// RFC 2516, section 5 and appendix A.
    private func decodePPPoEDiscovery(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        packet.layers.insert(.pppoe)
        let start = packet.ipOffset
        guard start &+ 6 <= frame.count else { throw .pppoePacketTooSmall }
        switch frame[start &+ 1] {
        case 0x07, 0x09, 0x19, 0x65, 0xa7: break
        default: packet.events.note(.pppoeWrongCode)
        }
        var at = start &+ 6
        let end = at &+ Int(frame.uint16(at: start &+ 4))
        guard end <= frame.count else { return packet.events.note(.pppoeMalformedTags) }
        while at < end {
            guard at &+ 4 <= end else { return packet.events.note(.pppoeMalformedTags) }
            if frame.uint16(at: at) == 0 { return }
            at &+= 4 &+ Int(frame.uint16(at: at &+ 2))
        }
        if at > end { packet.events.note(.pppoeMalformedTags) }
    }

    /// RFC 1661, section 2: the first byte of a protocol number may be left out when it is 0.
    private func decodePPP(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) -> Step {
        packet.layers.insert(.ppp)
        let at = packet.ipOffset
        guard at &+ 2 <= frame.count else { throw .pppPacketTooSmall }
        let isShort = frame[at] & 1 != 0
        let number = isShort ? UInt16(frame[at]) : frame.uint16(at: at)
        packet.ipOffset = at &+ (isShort ? 1 : 2)
        let left = frame.count &- packet.ipOffset
        switch number {
        case 0x0021:
            guard left >= 20 else { throw .pppIPv4TooSmall }
            packet.etherType = EtherType.ipv4
        case 0x0057:
            guard left >= 40 else { throw .pppIPv6TooSmall }
            packet.etherType = EtherType.ipv6
        case 0x002f:
            guard left >= 20 else { throw .pppCompressedTCPTooSmall }
            guard frame[packet.ipOffset] >> 4 == 4 else { return .end }
            packet.etherType = EtherType.ipv4
        case 0x0281, 0x0283: packet.etherType = EtherType.mpls
        case _ where Self.isAssignedPPP(number): return end(.pppUnsupportedProtocol, &packet)
        default: return end(.pppWrongType, &packet)
        }
        return .next
    }

    /// The network and control protocols in use (IANA, PPP numbers).
    private static func isAssignedPPP(_ number: UInt16) -> Bool {
        switch number {
        case 0x0001, 0x0003, 0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031, 0x0033, 0x0035, 0x0037, 0x0039,
            0x003b, 0x003d, 0x003f, 0x0041, 0x0043, 0x0045, 0x0047, 0x0049, 0x004b, 0x004d, 0x004f, 0x0053, 0x0055,
            0x0059, 0x005b, 0x0061, 0x0063, 0x0065, 0x0067, 0x0069, 0x00fb, 0x00fd, 0x0201, 0x0203, 0x0205,
            0x8001...0x80ff, 0x8281, 0x8283, 0xc021, 0xc023, 0xc025, 0xc027, 0xc029, 0xc02b, 0xc02d, 0xc081, 0xc223,
            0xc227:
            true
        default: false
        }
    }

    /// RFC 826, for IPv4 on Ethernet.
    private func decodeARP(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) {
        packet.layers.insert(.arp)
        let at = packet.ipOffset
        guard at &+ 28 <= frame.count else { return packet.events.note(.arpPacketTooSmall) }
        if frame.uint16(at: at) != 1 { packet.events.note(.arpUnsupportedHardware) }
        if frame.uint16(at: at &+ 2) != EtherType.ipv4 { packet.events.note(.arpUnsupportedProtocol) }
        if frame[at &+ 4] != 6 { packet.events.note(.arpInvalidHardwareSize) }
        if frame[at &+ 5] != 4 { packet.events.note(.arpInvalidProtocolSize) }
        if !(1...10).contains(frame.uint16(at: at &+ 6)) { packet.events.note(.arpUnsupportedOpcode) }
    }

    /// There is no IP here that could be judged.
    private func end(_ event: DecodeEvent, _ packet: inout DecodedPacket) -> Step {
        packet.events.note(event)
        return .end
    }
}
