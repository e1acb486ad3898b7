/// What an ICMP error quotes of the datagram that it is about (RFC 792): its addresses and ports.
public struct QuotedHeader: Sendable {
    public let source: IPAddress
    public let destination: IPAddress
    public let sourcePort: UInt16
    public let destinationPort: UInt16
    public let ipProtocol: UInt8

    /// - Parameter bytes: what follows the eight bytes of the ICMP header.
    /// - Returns: nil unless it is the IPv4 header of a TCP segment or UDP datagram, with its ports.
    public init?(ipv4 bytes: Span<UInt8>) {
        guard bytes.count >= 20, bytes[0] >> 4 == 4 else { return nil }
        let headerLength = Int(bytes[0] & 0x0f) * 4
        let isFirstFragment = bytes.uint16(at: 6) & 0x1fff == 0
        guard headerLength >= 20, bytes.count >= headerLength + 4, isFirstFragment else { return nil }
        ipProtocol = bytes[9]
        guard ipProtocol == IPProtocol.tcp || ipProtocol == IPProtocol.udp else { return nil }
        source = IPAddress(ipv4: bytes.uint32(at: 12))
        destination = IPAddress(ipv4: bytes.uint32(at: 16))
        sourcePort = bytes.uint16(at: headerLength)
        destinationPort = bytes.uint16(at: headerLength + 2)
    }
}
