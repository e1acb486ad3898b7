/// What of the hook is in place.
public struct HookStatus: Equatable, Codable, Sendable {
    public enum State: String, Codable, Sendable {
        case absent
        case installed
        /// Chains or jumps are missing or doubled: install or remove again.
        case partial
    }

    public struct Entry: Equatable, Codable, Sendable {
        public var backend: HookOptions.Backend
        /// nil for the native table, which holds both.
        public var family: HookOptions.Family?
        public var state: State
        /// The rules that decide what is queued, in the tool's own words.
        public var rules: [String]
    }

    public var entries: [Entry]
    /// `net.bridge.bridge-nf-call-iptables` and `-ip6tables`; nil where the kernel has no such
    /// setting (module br_netfilter).
    public var bridgeNetfilterIPv4: Bool?
    public var bridgeNetfilterIPv6: Bool?

    public var isInstalled: Bool { entries.contains { $0.state == .installed } }
}
