/// EtherTypes that the engine tells apart.
public enum EtherType {
    public static let ipv4: UInt16 = 0x0800
    public static let ipv6: UInt16 = 0x86dd
    public static let vlan: UInt16 = 0x8100
    public static let serviceVLAN: UInt16 = 0x88a8
    public static let oldServiceVLAN: UInt16 = 0x9100
    public static let transparentBridging: UInt16 = 0x6558
    public static let ppp: UInt16 = 0x880b
}

extension PacketDecoder {
    /// Finds the network layer: sets `linkLength`, `ipOffset`, `etherType` and the VLAN tags.
    func decodeLink(_ frame: Span<UInt8>, _ link: LinkType, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        switch link {
        case .ethernet:
            guard frame.count >= 14 else { throw .ethernetPacketTooSmall }
            packet.etherType = frame.uint16(at: 12)
            packet.ipOffset = 14
            try decodeVLAN(frame, &packet)
        case .rawIP:
            guard frame.count > 0 else { throw .ipv4PacketTooSmall }
            switch frame[0] >> 4 {
            case 4: packet.etherType = EtherType.ipv4
            case 6: packet.etherType = EtherType.ipv6
            default: throw .rawInvalidVersion
            }
        case .ppp: try decodePPP(frame, &packet)
        case .linuxCooked:
            guard frame.count >= 16 else { throw .linuxCookedPacketTooSmall }
            packet.etherType = frame.uint16(at: 14)
            packet.ipOffset = 16
            try decodeVLAN(frame, &packet)
        case .linuxCooked2:
            guard frame.count >= 20 else { throw .linuxCooked2PacketTooSmall }
            packet.etherType = frame.uint16(at: 0)
            packet.ipOffset = 20
            try decodeVLAN(frame, &packet)
        case .null:
            guard frame.count >= 4 else { throw .nullPacketTooSmall }
            packet.ipOffset = 4
            // The address family is in the capturing host's byte order; only its small values are assigned.
            switch max(frame[0], frame[3]) {
            case 2: packet.etherType = EtherType.ipv4
            case 10, 24, 28, 30: packet.etherType = EtherType.ipv6
            default: throw .nullUnsupportedType
            }
        }
        packet.linkLength = packet.ipOffset
    }

    /// PPP (RFC 1661, section 2; RFC 1662, section 3.1): address and control may be left out, and so may the
    /// first byte of the protocol number.
    private func decodePPP(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        var at = 0
        if frame.count >= 2, frame[0] == 0xff, frame[1] == 0x03 { at = 2 }
        guard at &+ 2 <= frame.count else { throw .pppPacketTooSmall }
        let isShort = frame[at] & 1 != 0
        let number = isShort ? UInt16(frame[at]) : frame.uint16(at: at)
        packet.ipOffset = at &+ (isShort ? 1 : 2)
        switch number {
        case 0x0021: packet.etherType = EtherType.ipv4
        case 0x0057: packet.etherType = EtherType.ipv6
        case 0x8000...0xffff: break
        default: throw .pppUnsupportedProtocol
        }
    }

    private func decodeVLAN(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        var tags = 0
        while packet.etherType == EtherType.vlan || packet.etherType == EtherType.serviceVLAN
            || packet.etherType == EtherType.oldServiceVLAN
        {
            guard packet.ipOffset &+ 4 <= frame.count else { throw .vlanHeaderTooSmall }
            guard tags < 3 else { throw .vlanTooManyLayers }
            let id = frame.uint16(at: packet.ipOffset) & 0x0fff
            packet.vlans.append(id)
            packet.etherType = frame.uint16(at: packet.ipOffset &+ 2)
            packet.ipOffset &+= 4
            tags &+= 1
        }
    }
}
