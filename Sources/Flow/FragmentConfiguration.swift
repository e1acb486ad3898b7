/// Limits of `FragmentReassembler` (suricata.yaml `defrag`).
public struct FragmentConfiguration: Sendable {
    /// Bytes of fragments held for all datagrams together.
    public var memcapBytes = 4 << 20
    /// A datagram that is not whole by then is forgotten: later than by any receiver (Linux: net.ipv4.ipfrag_time is 30,
    /// net.ipv6.ip6frag_time 60), which would else complete one that was not inspected.
    public var timeoutSeconds = 61
    public init() {}
}
