import AppLayer
import Wire

extension DecodedPacket {
    /// The bytes of a header buffer (`ipv4.hdr`, `tcp.hdr`, `ip.src`, …), nil when the packet has no such header.
    func bytes(of buffer: Buffer, in frame: Span<UInt8>) -> [UInt8]? {
        switch buffer {
        case .ipSource: addressFamily == nil ? nil : source.networkBytes
        case .ipDestination: addressFamily == nil ? nil : destination.networkBytes
        case .ipv4Header: addressFamily == .ipv4 ? copy(ipOffset..<transportOffset, of: frame) : nil
        case .ipv6Header: addressFamily == .ipv6 ? copy(ipOffset..<transportOffset, of: frame) : nil
        case .tcpHeader: header(.tcp, length: Int(tcp.headerLength), frame)
        case .udpHeader: header(.udp, length: 8, frame)
        case .icmpv4Header: header(.icmp, length: icmpv4HeaderLength(frame), frame)
        case .icmpv6Header: header(.icmpv6, length: 8, frame)
        default: nil
        }
    }

    /// What is fixed of the message's form (RFC 792; RFC 1256, section 3; RFC 950, appendix I); 8 bytes where that is cut.
    private func icmpv4HeaderLength(_ frame: Span<UInt8>) -> Int {
        guard transport == .icmp, transportOffset + 8 <= frame.count else { return 8 }
        let length =
            switch icmpType {
            // A router advertisement: the number of addresses, and the words of each.
            case 9: 8 + 4 * Int(frame[transportOffset + 4]) * Int(frame[transportOffset + 5])
            case 13, 14: 20
            case 17, 18: 12
            default: 8
            }
        return length <= ipOffset + ipLength - transportOffset ? length : 8
    }

    private func header(_ wanted: Transport, length: Int, _ frame: Span<UInt8>) -> [UInt8]? {
        transport == wanted ? copy(transportOffset..<transportOffset + length, of: frame) : nil
    }

    private func copy(_ range: Range<Int>, of frame: Span<UInt8>) -> [UInt8]? {
        guard range.upperBound <= frame.count else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for index in range { bytes.append(frame[index]) }
        return bytes
    }
}

extension IPAddress {
    /// 4 or 16 bytes in network order.
    var networkBytes: [UInt8] {
        let words = family == .ipv4 ? [low << 32] : [high, low]
        let count = family == .ipv4 ? 4 : 8
        return words.flatMap { word in (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }
}
