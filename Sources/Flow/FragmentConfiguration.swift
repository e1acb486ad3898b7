/// Limits of `FragmentReassembler` (suricata.yaml `defrag`).
public struct FragmentConfiguration: Sendable {
    /// Bytes of fragments held for all datagrams together.
    public var memcapBytes = 4 << 20
    /// A datagram that is not whole by then is forgotten (Linux: net.ipv4.ipfrag_time).
    public var timeoutSeconds = 30
    public init() {}
}
