import Foundation

/// Whether traffic between two ports of one bridge reaches netfilter, and with it the queue
/// (`net.bridge.bridge-nf-call-*` of the calling thread's network namespace).
public struct BridgeNetfilter: Equatable, Sendable {
    /// nil while the kernel has no such setting: the module br_netfilter is not loaded.
    public let ipv4: Bool?
    public let ipv6: Bool?

    public static func current(folder: String = "/proc/sys/net/bridge") -> BridgeNetfilter {
        BridgeNetfilter(ipv4: setting("\(folder)/bridge-nf-call-iptables"), ipv6: setting("\(folder)/bridge-nf-call-ip6tables"))
    }

    /// The settings that are off and were not off in `earlier`.
    public func turnedOff(since earlier: BridgeNetfilter?) -> [String] {
        var names: [String] = []
        if ipv4 == false, earlier?.ipv4 != false { names.append("net.bridge.bridge-nf-call-iptables") }
        if ipv6 == false, earlier?.ipv6 != false { names.append("net.bridge.bridge-nf-call-ip6tables") }
        return names
    }

    private static func setting(_ path: String) -> Bool? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return data.first != UInt8(ascii: "0")
    }
}
