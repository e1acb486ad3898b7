extension PacketDecoder {
    /// Finds the network layer: sets `linkLength`, `ipOffset`, `etherType` and the VLAN tags.
    func decodeLink(_ frame: Span<UInt8>, _ link: LinkType, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        switch link {
        case .ethernet:
            guard frame.count >= 14 else { throw .ethernetPacketTooSmall }
            packet.etherType = frame.uint16(at: 12)
            packet.ipOffset = 14
        case .rawIP:
            guard frame.count > 0 else { throw .ipv4PacketTooSmall }
            switch frame[0] >> 4 {
            case 4: packet.etherType = EtherType.ipv4
            case 6: packet.etherType = EtherType.ipv6
            default: throw .rawInvalidVersion
            }
        default: try decodeOtherLink(frame, link, &packet)
        }
        if packet.etherType != EtherType.ipv4, packet.etherType != EtherType.ipv6 {
            try decodeLayers(frame, &packet)
        }
        packet.linkLength = packet.ipOffset
    }

    @inline(never)
    private func decodeOtherLink(
        _ frame: Span<UInt8>, _ link: LinkType, _ packet: inout DecodedPacket
    ) throws(DecodeEvent) {
        switch link {
        case .ethernet, .rawIP: break
        case .linuxCooked:
            guard frame.count >= 16 else { throw .linuxCookedPacketTooSmall }
            packet.etherType = frame.uint16(at: 14)
            packet.ipOffset = 16
        case .linuxCooked2:
            guard frame.count >= 20 else { throw .linuxCooked2PacketTooSmall }
            packet.etherType = frame.uint16(at: 0)
            packet.ipOffset = 20
        case .ciscoHDLC:
            guard frame.count >= 4 else { throw .ciscoHDLCPacketTooSmall }
            packet.etherType = frame.uint16(at: 2)
            packet.ipOffset = 4
        case .null:
            guard frame.count >= 4 else { throw .nullPacketTooSmall }
            packet.ipOffset = 4
            // The address family is in the capturing host's byte order; only its small values are assigned.
            switch max(frame[0], frame[3]) {
            case 2: packet.etherType = EtherType.ipv4
            case 10, 24, 28, 30: packet.etherType = EtherType.ipv6
            default: throw .nullUnsupportedType
            }
        case .ppp:
            // RFC 1662, section 3.1: address and control may be left out.
            if frame.count >= 2, frame[0] == 0xff, frame[1] == 0x03 { packet.ipOffset = 2 }
            guard packet.ipOffset &+ 2 <= frame.count else { throw .pppPacketTooSmall }
            packet.etherType = EtherType.ppp
        case .vlan: packet.etherType = EtherType.vlan
        case .mpls: packet.etherType = EtherType.mpls
        case .nsh: packet.etherType = EtherType.nsh
        case .erspan: try decodeERSPAN(frame, &packet)
        }
    }

    /// Type II (draft-foschiano-erspan, section 4.2): version 1, a VLAN, then the mirrored frame.
    private func decodeERSPAN(_ frame: Span<UInt8>, _ packet: inout DecodedPacket) throws(DecodeEvent) {
        packet.layers.insert(.erspan)
        guard frame.count >= 8 else { throw .erspanHeaderTooSmall }
        guard frame[0] >> 4 == 1 else { throw .erspanUnsupportedVersion }
        let vlan = frame.uint16(at: 0) & 0x0fff
        if vlan > 0 {
            guard packet.vlans.count < VLANTags.capacity else { throw .erspanTooManyVLANLayers }
            packet.vlans.append(vlan)
        }
        guard frame.count >= 8 &+ 14 else { throw .ethernetPacketTooSmall }
        packet.etherType = frame.uint16(at: 8 &+ 12)
        packet.ipOffset = 8 &+ 14
    }
}
