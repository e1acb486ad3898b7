import TestSupport
import Testing
import Wire

@testable import Containers

/// Messages as the kernel writes them, on a little-endian machine.
@Suite struct RouteMessageTests {
    private static let port = hex("""
        50000000 1000 0200 02000000 00000000  # nlmsghdr: RTM_NEWLINK, seq 2
        00 00 0100 08000000 43100100 00000000 # ifinfomsg: AF_UNSPEC, index 8
        1000 0300 766574683432383832643400    # IFLA_IFNAME veth42882d4
        0800 0a00 02000000                    # IFLA_MASTER 2
        1000 1280                             # IFLA_LINKINFO, nested
          0900 0100 7665746800000000          #   IFLA_INFO_KIND veth
        0800 2500 00000000                    # IFLA_LINK_NETNSID 0
        """)
    private static let address = hex("""
        4c000000 1400 0200 03000000 00000000  # nlmsghdr: RTM_NEWADDR, seq 3
        02 18 80 00 07000000                  # ifaddrmsg: AF_INET, /24, index 7
        0800 0a00 00000000                    # IFA_TARGET_NETNSID 0
        0800 0100 c6120a02                    # IFA_ADDRESS 198.18.10.2
        0800 0200 c6120a02                    # IFA_LOCAL 198.18.10.2
        0800 0400 c6120aff                    # IFA_BROADCAST
        0900 0300 65746830 00000000           # IFA_LABEL eth0
        0800 0800 80000000                    # IFA_FLAGS
        """)
    private static let done = hex("14000000 0300 0200 03000000 00000000 00000000")

    @Test("A veth whose other end is in another namespace")
    func link() {
        guard case .link(let index, let link) = RouteMessage.read(Self.port).first?.message else {
            Issue.record("no link")
            return
        }
        #expect(index == 8)
        #expect(link == .init(name: "veth42882d4", bridge: 2, peerNamespace: 0, kind: "veth"))
        #expect(link.leadsToNamespace)
    }

    @Test("The bridge's own family tells nothing of the port's other end, and is passed over")
    func bridgeFamily() {
        var message = Self.port
        message[16] = 7
        #expect(RouteMessage.read(message).map(\.message) == [.other])
    }

    @Test("Addresses, several messages in a datagram, and its end")
    func addresses() {
        let messages = RouteMessage.read(Self.address + Self.done)
        #expect(messages.map(\.message) == [.address(IPAddress(ipv4: 0xc612_0a02)), .done])
        #expect(messages.map(\.sequence) == [3, 3])
    }

    @Test("Numbers of namespaces; without one, and of a process that has gone")
    func namespaces() {
        let head = "1c000000 5800 0000 04000000 00000000 00000000"
        #expect(RouteMessage.read(hex(head + "0800 0100 05000000")).map(\.message) == [.namespace(5)])
        #expect(RouteMessage.read(hex(head + "0800 0100 ffffffff")).map(\.message) == [.namespace(nil)])
        let gone = hex("24000000 0200 0000 04000000 00000000 fdffffff 1c000000 5a000100 04000000 00000000")
        #expect(RouteMessage.read(gone).map(\.message) == [.failed(errno: 3)])
    }

    @Test("What is cut short or lies about its lengths ends the reading, whatever its place")
    func cutShort() {
        let whole = Self.port + Self.address
        for count in 0..<whole.count { _ = RouteMessage.read(Array(whole.prefix(count))) }
        for place in whole.indices {
            for value: UInt8 in [0, 1, 3, 0x7f, 0xff] {
                var broken = whole
                broken[place] = value
                _ = RouteMessage.read(broken)
            }
        }
        #expect(RouteMessage.read(Array(Self.port.prefix(40))).isEmpty)
        #expect(RouteMessage.read(hex("00000000 0000 0000 00000000 00000000")).isEmpty)
    }

    @Test("Requests have their own length, type and sequence number")
    func requests() {
        #expect(RouteRequest.links(sequence: 2) == hex("20000000 1200 0103 02000000 00000000") + [UInt8](repeating: 0, count: 16))
        #expect(
            RouteRequest.namespace(ofProcess: 0x1234, sequence: 4)
                == hex("1c000000 5a00 0100 04000000 00000000 00000000 0800 0200 34120000"))
        #expect(
            RouteRequest.addresses(namespace: 7, sequence: 3)
                == hex("20000000 1600 0103 03000000 00000000 0000000000000000 0800 0a00 07000000"))
    }
}
