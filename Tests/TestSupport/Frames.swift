import Traffic
public import Wire

/// Frames of every link type and encapsulation around one UDP datagram to port 80 with the payload 1, 2, 3.
public enum Frames {
    public struct Frame: Sendable {
        public let name: String
        public let link: LinkType
        public let bytes: [UInt8]
        /// The datagram lies in a tunnel rather than in the frame itself.
        public let isTunnel: Bool
    }

    public static let datagram = PacketBuilder.web.udp(payload: [1, 2, 3])
    public static let datagram6 = PacketBuilder.webOverIPv6.udp(payload: [1, 2, 3])
    public static let addresses = hex("0242c612 0003 0242c612 0002")

    public static func ethernet(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        addresses + [UInt8(type >> 8), UInt8(type & 0xff)] + payload
    }

    public static func gre(_ type: UInt16, _ payload: [UInt8], flags: UInt16 = 0) -> [UInt8] {
        let header = [flags, type].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        return PacketBuilder.web.ip(header + payload, IPProtocol.gre)
    }

    /// A service header of MD type 1 that says what comes next.
    public static func nsh(_ next: UInt8) -> [UInt8] { [0x0f, 0xc6, 0x01, next] + [UInt8](repeating: 0, count: 20) }

    public static var all: [Frame] { inFrames + inTunnels }

    static var inFrames: [Frame] {
        let link: [(String, LinkType, [UInt8])] = [
            ("raw IPv4", .rawIP, datagram), ("raw IPv6", .rawIP, datagram6), ("null", .null, hex("02000000") + datagram),
            ("cooked", .linuxCooked, hex("0000 0001 0006 0242c612 0002 0000 0800") + datagram),
            ("cooked 2", .linuxCooked2, hex("86dd 0000 00000001 0001 00 06 0242c612 0002 0000") + datagram6),
            ("HDLC", .ciscoHDLC, hex("0f00 0800") + datagram), ("PPP", .ppp, hex("ff03 0021") + datagram),
            ("short PPP", .ppp, hex("57") + datagram6), ("PPP with labels", .ppp, hex("0281 00000140") + datagram),
        ]
        let types: [(String, UInt16, [UInt8])] = [
            ("IPv4", 0x0800, datagram), ("IPv6", 0x86dd, datagram6), ("VLAN", 0x8100, hex("0064 0800") + datagram),
            ("three VLANs", 0x88a8, hex("0064 9100 0065 8100 0066 86dd") + datagram6),
            ("802.1ah", 0x88e7, hex("00000064") + addresses + hex("0800") + datagram),
            ("VN tag", 0x8926, hex("00000000 0800") + datagram), ("E tag", 0x893f, hex("000000000000 8100 0001 86dd") + datagram6),
            ("FabricPath", 0x8903, hex("0001") + addresses + hex("0800") + datagram),
            ("labels", 0x8847, hex("00064040 00065140") + datagram), ("explicit null", 0x8848, hex("00002140") + datagram6),
            ("pseudowire", 0x8847, hex("00065140 00000000") + addresses + hex("0800") + datagram),
            ("PPPoE", 0x8864, hex("1100 0001 0021 0021") + datagram), ("short PPPoE", 0x8864, hex("1100 0001 0021 57") + datagram6),
            ("PPPoE in a VLAN", 0x8100, hex("0064 8864 1100 0001 0021 0021") + datagram),
            ("NSH, IPv4", 0x894f, nsh(1) + datagram), ("NSH, IPv6", 0x894f, nsh(2) + datagram6),
            ("NSH, Ethernet", 0x894f, nsh(3) + addresses + hex("0800") + datagram),
        ]
        return link.map { Frame(name: $0.0, link: $0.1, bytes: $0.2, isTunnel: false) }
            + types.map { Frame(name: $0.0, link: .ethernet, bytes: ethernet($0.1, $0.2), isTunnel: false) }
    }

    static var inTunnels: [Frame] {
        let frame = ethernet(0x0800, datagram)
        let packets: [(String, [UInt8])] = [
            ("IP in IP", PacketBuilder.web.ip(datagram, IPProtocol.ipv4)),
            ("IPv6 in IPv4", PacketBuilder.web.ip(datagram6, IPProtocol.ipv6)),
            ("IPv4 in IPv6", PacketBuilder.webOverIPv6.ip(datagram, IPProtocol.ipv4)),
            ("IPv6 in IPv6", PacketBuilder.webOverIPv6.ip(datagram6, IPProtocol.ipv6)),
            ("GRE", gre(0x0800, datagram)), ("GRE, Ethernet", gre(0x6558, frame)),
            ("GRE, key and sequence", gre(0x86dd, hex("00000001 00000002") + datagram6, flags: 0x3000)),
            ("GRE, route", gre(0x0800, hex("00000000 0800 0004 c6120001 00000000") + datagram, flags: 0x4000)),
            ("PPTP", gre(0x880b, hex("00000001 00000002 ff03 0021") + datagram, flags: 0x3001)),
            ("GRE, VLAN", gre(0x8100, hex("0064 0800") + datagram)), ("GRE, labels", gre(0x8847, hex("00065140") + datagram)),
            ("GRE, NSH", gre(0x894f, nsh(3) + frame)), ("ERSPAN I", gre(0x88be, frame)),
            ("ERSPAN II", gre(0x88be, hex("00000001 10640000 00000000") + frame, flags: 0x1000)),
            ("VXLAN", PacketBuilder.to(port: 4789).udp(payload: hex("08000000 00000100") + frame)),
            ("Geneve", PacketBuilder.to(port: 6081).udp(payload: hex("01006558 00000100 ffff0000") + frame)),
            ("Geneve, IP", PacketBuilder.to(port: 6081).udp(payload: hex("00000800 00000100") + datagram)),
            ("Teredo", PacketBuilder.to(port: 3544).udp(payload: hex("0000 0102 03040506") + datagram6)),
        ]
        return packets.map { Frame(name: $0.0, link: .rawIP, bytes: $0.1, isTunnel: true) }
    }
}
