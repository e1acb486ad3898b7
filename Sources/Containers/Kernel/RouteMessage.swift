internal import CRouteNetlink
import Wire

/// One message of the kernel's routing socket (rtnetlink(7)), as far as it is about links, addresses and namespaces.
enum RouteMessage: Equatable {
    case link(index: UInt32, Link)
    case linkGone(index: UInt32)
    case address(IPAddress)
    case addressGone
    /// The answer to RTM_GETNSID; nil: the kernel has given no number.
    case namespace(Int32?)
    case namespaceGone(Int32)
    case done
    /// The error that a request met; 0 for none.
    case failed(errno: Int32)
    /// Anything else.
    case other

    struct Link: Equatable {
        var name = ""
        /// IFLA_MASTER: the bridge that it is a port of, or 0.
        var bridge: UInt32 = 0
        /// IFLA_LINK_NETNSID: where the other end is, when that is in another namespace.
        var peerNamespace: Int32?
        /// `veth`, `bridge`, …
        var kind = ""

        /// What is at its other end is one network namespace, and nothing else.
        var leadsToNamespace: Bool { peerNamespace != nil && (kind == "veth" || kind == "netkit") }
    }

    /// The messages in a datagram; what does not fit its own lengths ends the list.
    static func read(_ bytes: [UInt8]) -> [(sequence: UInt32, message: RouteMessage)] {
        var result: [(sequence: UInt32, message: RouteMessage)] = []
        let bytes = bytes.span
        var offset = 0
        while bytes.count - offset >= headerBytes {
            let length = Int(bytes.hostUInt32(at: offset))
            guard length >= headerBytes, length <= bytes.count - offset else { break }
            let type = Int(bytes.hostUInt16(at: offset + 4))
            let body = bytes.extracting(offset + headerBytes..<offset + length)
            result.append((bytes.hostUInt32(at: offset + 8), read(type, body)))
            offset += aligned(length)
        }
        return result
    }

    static let headerBytes = 16
    static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }

    private static func read(_ type: Int, _ body: Span<UInt8>) -> RouteMessage {
        switch type {
        case Int(NLMSG_DONE): return .done
        case Int(NLMSG_ERROR):
            guard body.count >= 4 else { return .other }
            return .failed(errno: 0 &- Int32(bitPattern: body.hostUInt32(at: 0)))
        case Int(RTM_NEWLINK), Int(RTM_DELLINK):
            // Those of the bridge's own family tell a part only.
            guard body.count >= 16, body[0] == UInt8(AF_UNSPEC) else { return .other }
            let index = body.hostUInt32(at: 4)
            return type == Int(RTM_DELLINK) ? .linkGone(index: index) : .link(index: index, link(body))
        case Int(RTM_NEWADDR): return address(body).map { .address($0) } ?? .other
        case Int(RTM_DELADDR): return .addressGone
        case Int(RTM_NEWNSID): return .namespace(namespace(body))
        case Int(RTM_DELNSID): return namespace(body).map { .namespaceGone($0) } ?? .other
        default: return .other
        }
    }

    private static func link(_ body: Span<UInt8>) -> Link {
        var link = Link()
        forEachAttribute(body, from: 16) { type, start, count in
            switch type {
            case Int(IFLA_IFNAME): link.name = text(body, start, count)
            case Int(IFLA_MASTER) where count >= 4: link.bridge = body.hostUInt32(at: start)
            case Int(IFLA_LINK_NETNSID) where count >= 4: link.peerNamespace = Int32(bitPattern: body.hostUInt32(at: start))
            case Int(IFLA_LINKINFO):
                let info = body.extracting(start..<start + count)
                forEachAttribute(info, from: 0) { type, start, count in
                    if type == Int(IFLA_INFO_KIND) { link.kind = text(info, start, count) }
                }
            default: break
            }
        }
        return link
    }

    /// `struct ifaddrmsg`; IFA_LOCAL is the interface's own where IFA_ADDRESS is the other end's.
    private static func address(_ body: Span<UInt8>) -> IPAddress? {
        guard body.count >= 8 else { return nil }
        let wanted = body[0] == UInt8(AF_INET) ? 4 : body[0] == UInt8(AF_INET6) ? 16 : 0
        var (local, other): (IPAddress?, IPAddress?) = (nil, nil)
        forEachAttribute(body, from: 8) { type, start, count in
            guard count == wanted else { return }
            let address =
                count == 4
                ? IPAddress(ipv4: body.networkUInt32(at: start))
                : IPAddress(ipv6High: body.networkUInt64(at: start), low: body.networkUInt64(at: start + 8))
            if type == Int(IFA_LOCAL) { local = address }
            if type == Int(IFA_ADDRESS) { other = address }
        }
        return local ?? other
    }

    /// `struct rtgenmsg` and the attributes after it.
    private static func namespace(_ body: Span<UInt8>) -> Int32? {
        var number: Int32?
        forEachAttribute(body, from: 4) { type, start, count in
            if type == Int(NETNSA_NSID), count >= 4 { number = Int32(bitPattern: body.hostUInt32(at: start)) }
        }
        return number.flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func forEachAttribute(_ body: Span<UInt8>, from first: Int, _ use: (Int, Int, Int) -> Void) {
        var offset = first
        while body.count - offset >= 4 {
            let length = Int(body.hostUInt16(at: offset))
            guard length >= 4, length <= body.count - offset else { return }
            // The two top bits say "nested" and "network byte order".
            use(Int(body.hostUInt16(at: offset + 2) & 0x3fff), offset + 4, length - 4)
            offset += aligned(length)
        }
    }

    private static func text(_ body: Span<UInt8>, _ start: Int, _ count: Int) -> String {
        var bytes: [UInt8] = []
        for offset in start..<start + count where body[offset] != 0 { bytes.append(body[offset]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Span<UInt8> {
    func networkUInt32(at offset: Int) -> UInt32 {
        UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8 | UInt32(self[offset + 3])
    }

    func networkUInt64(at offset: Int) -> UInt64 {
        UInt64(networkUInt32(at: offset)) << 32 | UInt64(networkUInt32(at: offset + 4))
    }

    /// Netlink is in the machine's byte order.
    func hostUInt16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: UInt16(self[offset]) << 8 | UInt16(self[offset + 1]))
    }

    func hostUInt32(at offset: Int) -> UInt32 { UInt32(bigEndian: networkUInt32(at: offset)) }
}
