/// EtherTypes that the engine tells apart.
public enum EtherType {
    public static let ipv4: UInt16 = 0x0800
    public static let ipv6: UInt16 = 0x86dd
    public static let vlan: UInt16 = 0x8100
    public static let serviceVLAN: UInt16 = 0x88a8
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
            packet.etherType = frame[0] >> 4 == 6 ? EtherType.ipv6 : EtherType.ipv4
        case .linuxCooked:
            guard frame.count >= 16 else { throw .linuxCookedPacketTooSmall }
            packet.etherType = frame.uint16(at: 14)
            packet.ipOffset = 16
            try decodeVLAN(frame, &packet)
        case .linuxCooked2:
            guard frame.count >= 20 else { throw .linuxCookedPacketTooSmall }
            packet.etherType = frame.uint16(at: 0)
            packet.ipOffset = 20
        case .null:
            guard frame.count >= 4 else { throw .nullPacketTooSmall }
            packet.ipOffset = 4
            // The address family is in the capturing host's byte order; only its small values are assigned.
            switch max(frame[0], frame[3]) {
            case 2: packet.etherType = EtherType.ipv4
            case 10, 24, 28, 30: packet.etherType = EtherType.ipv6
            default: break
            }
        }
        packet.linkLength = packet.ipOffset
    }

    private func decodeVLAN(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        var tags = 0
        while packet.etherType == EtherType.vlan || packet.etherType == EtherType.serviceVLAN {
            guard packet.ipOffset &+ 4 <= frame.count else { throw .vlanHeaderTooSmall }
            guard tags < 2 else { throw .vlanTooManyLayers }
            let id = frame.uint16(at: packet.ipOffset) & 0x0fff
            packet.vlanIDs = tags == 0 ? (id, 0) : (packet.vlanIDs?.outer ?? 0, id)
            packet.etherType = frame.uint16(at: packet.ipOffset &+ 2)
            packet.ipOffset &+= 4
            tags &+= 1
        }
    }
}
