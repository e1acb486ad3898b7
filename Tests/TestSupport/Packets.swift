public import Traffic
public import Wire

extension PacketBuilder {
    /// A client at 198.18.0.2 that speaks to port 80 of a server at 198.18.0.3.
    public static var web: PacketBuilder { to(port: 80) }

    public static func to(port: UInt16, from clientPort: UInt16 = 40_000) -> PacketBuilder {
        PacketBuilder(
            source: IPAddress(ipv4: 0xc612_0002), sourcePort: clientPort, destination: IPAddress(ipv4: 0xc612_0003),
            destinationPort: port)
    }

    /// The same over IPv6, between fd00:198:18::2 and fd00:198:18::3.
    public static var webOverIPv6: PacketBuilder {
        PacketBuilder(
            source: IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 2), sourcePort: 40_000,
            destination: IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 3), destinationPort: 80)
    }
}

extension DecodedPacket {
    /// A raw IP packet decoded with its checksums verified.
    public init(raw bytes: [UInt8]) {
        self = PacketDecoder().decode(bytes.span, link: .rawIP, checksums: .verify)
    }
}
