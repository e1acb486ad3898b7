import Wire

/// IP packets with more in their headers than they need; parts that a router or host may add and every receiver takes.
extension PacketBuilder {
    /// - Parameter options: IPv4 options, padded to a multiple of four; at most 40 bytes.
    public func adding(ipv4Options options: [UInt8], to packet: [UInt8]) -> [UInt8] {
        let padded = Array((options + [0, 0, 0]).prefix((min(options.count, 40) + 3) / 4 * 4))
        var header = Array(packet[..<20]) + padded
        header[0] = 0x40 | UInt8(truncatingIfNeeded: header.count / 4)
        header.store(UInt16(truncatingIfNeeded: packet.count + padded.count), at: 2)
        header.store(0, at: 10)
        header.store(Checksum.of(header.span), at: 10)
        return header + packet[20...]
    }

    /// Hop-by-hop and destination options of padding alone in front of the payload (RFC 8200, section 4).
    public func addingExtensionHeaders(to packet: [UInt8]) -> [UInt8] {
        let padding: [UInt8] = [1, 4, 0, 0, 0, 0]
        let headers = [IPProtocol.destinationOptions, 0] + padding + [packet[6], 0] + padding
        var result = Array(packet[..<40]) + headers + packet[40...]
        result[6] = IPProtocol.hopByHop
        result.store(UInt16(truncatingIfNeeded: result.count - 40), at: 4)
        return result
    }

    /// The packet in an Ethernet frame behind VLAN tags, the outermost first (IEEE 802.1Q).
    public func frame(_ packet: [UInt8], vlans: [UInt16]) -> [UInt8] {
        var frame: [UInt8] = [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 2]
        for (index, vlan) in vlans.enumerated() {
            frame.append(index < vlans.count - 1 ? EtherType.serviceVLAN : EtherType.vlan)
            frame.append(vlan)
        }
        frame.append(source.family == .ipv4 ? EtherType.ipv4 : EtherType.ipv6)
        return frame + packet
    }
}
