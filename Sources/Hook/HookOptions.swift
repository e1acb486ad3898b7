/// What the hook sends to the daemon, and where.
public struct HookOptions: Equatable, Sendable {
    public enum Backend: String, CaseIterable, Codable, Sendable {
        /// iptables-legacy (x_tables).
        case legacy
        /// iptables-nft.
        case nft
        /// A table of its own made by `nft`, where the kernel has the queue expression.
        case native
    }

    public enum Family: String, CaseIterable, Codable, Sendable { case ipv4, ipv6 }

    public struct Mark: Equatable, Sendable {
        public var value: UInt32
        public var mask: UInt32

        public init(value: UInt32, mask: UInt32) {
            self.value = value
            self.mask = mask
        }
    }

    /// The kernel balances flows over the queues, both directions of a flow to the same one.
    public var queues: ClosedRange<UInt16>
    /// Whether packets pass when no daemon has the queue; false drops them.
    public var failsOpen = false
    /// nil: what fits the host, see `HookInstaller.chooseBackend()`.
    public var backend: Backend? = nil
    public var families = Family.allCases
    /// Interfaces whose traffic from and to the host itself is inspected; a `+` at the end stands
    /// for any rest. Forwarded traffic is inspected whatever its interfaces are.
    public var interfaces = HookOptions.containerInterfaces
    /// Packets with this mark are spared: those that the daemon sends itself (its resets). A
    /// container cannot set it, for a packet loses its mark when it leaves its namespace.
    public var ownPacketsMark: Mark? = Mark(value: 0x0800_0000, mask: 0x0800_0000)
    /// A packet that comes back with this mark on a REPEAT verdict puts it on its connection, and
    /// the connection's later packets are spared. nil: nothing is ever spared.
    public var offloadMark: Mark? = nil
    /// Turns on `net.bridge.bridge-nf-call-iptables` (and `-ip6tables`), without which the traffic
    /// between containers on one bridge never reaches the hook.
    public var setsBridgeNetfilter = true

    public init(queues: ClosedRange<UInt16>) { self.queues = queues }

    /// Docker, user-defined Docker and nerdctl networks, Podman, CNI and kubenet bridges; Calico,
    /// Cilium and other routed veths.
    public static let containerInterfaces = ["docker+", "br-+", "podman+", "cni+", "cbr+", "cali+", "lxc+", "veth+"]

    /// IFNAMSIZ leaves 15 bytes for a name.
    public static func isInterfacePattern(_ text: String) -> Bool {
        let name = text.hasSuffix("+") ? text.dropLast() : Substring(text)
        return text.utf8.count <= 15 && !text.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "@"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
            && !text.hasPrefix("-")
    }
}
