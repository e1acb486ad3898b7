import Wire

/// `ipv4-csum`, `tcpv4-csum` and their like: whether one layer's checksum is right.
struct ChecksumOption: Sendable {
    enum Layer: String, Sendable {
        case ipv4 = "ipv4-csum"
        case tcpv4 = "tcpv4-csum"
        case tcpv6 = "tcpv6-csum"
        case udpv4 = "udpv4-csum"
        case udpv6 = "udpv6-csum"
        case icmpv4 = "icmpv4-csum"
        case icmpv6 = "icmpv6-csum"
    }

    let layer: Layer
    let wantsValid: Bool

    /// - Returns: nil unless `value` is `valid` or `invalid`.
    init?(_ layer: Layer, _ value: String) {
        self.layer = layer
        switch value.lowercased() {
        case "valid": wantsValid = true
        case "invalid": wantsValid = false
        default: return nil
        }
    }

    /// Where checksums are not verified, all of them count as right.
    func holds(_ packet: DecodedPacket) -> Bool {
        let (family, transport): (IPAddress.Family, DecodedPacket.Transport?) =
            switch layer {
            case .ipv4: (.ipv4, nil)
            case .tcpv4: (.ipv4, .tcp)
            case .tcpv6: (.ipv6, .tcp)
            case .udpv4: (.ipv4, .udp)
            case .udpv6: (.ipv6, .udp)
            case .icmpv4: (.ipv4, .icmp)
            case .icmpv6: (.ipv6, .icmpv6)
            }
        guard packet.addressFamily == family, transport == nil || packet.transport == transport else { return false }
        let bad: DecodedPacket.ChecksumState = transport == nil ? .invalidIP : .invalidTransport
        return (packet.checksum == bad) != wantsValid
    }
}
