/// The limits of a flow table. Timeouts are seconds by protocol and state, as `flow-timeouts` in suricata.yaml.
public struct FlowTableConfiguration: Sendable {
    /// Bytes that the flows may use, `flow.memcap`.
    public var memcapBytes = 256 << 20
    /// Bytes that each flow takes beside the table's own.
    public var bytesBesideTable = 0
    /// Key of the hash. Live, it should be random; the default makes replays repeatable.
    public var hashSeed: (UInt64, UInt64) = (0x5265_6d70_6172_7420, 0x666c_6f77_2074_6162)
    public var tcp = FlowTimeouts(new: 60, established: 600, closed: 60)
    public var udp = FlowTimeouts(new: 30, established: 300, closed: 0)
    public var icmp = FlowTimeouts(new: 30, established: 300, closed: 0)
    public var other = FlowTimeouts(new: 30, established: 300, closed: 0)
    /// In force from the moment that the memcap is hit until `emergencyRecoveryPercent` of it are free.
    public var emergencyTCP = FlowTimeouts(new: 5, established: 100, closed: 10)
    public var emergencyUDP = FlowTimeouts(new: 10, established: 100, closed: 0)
    public var emergencyICMP = FlowTimeouts(new: 10, established: 100, closed: 0)
    public var emergencyOther = FlowTimeouts(new: 10, established: 100, closed: 0)
    public var emergencyRecoveryPercent = 30

    public init() {}
}

/// Seconds without a packet after which a flow ends, by its state.
public struct FlowTimeouts: Hashable, Sendable {
    public var newSeconds: Int
    public var establishedSeconds: Int
    public var closedSeconds: Int

    public init(new: Int, established: Int, closed: Int) {
        newSeconds = new
        establishedSeconds = established
        closedSeconds = closed
    }

    func nanoseconds(_ state: FlowRecord.State) -> Int64 {
        let seconds =
            switch state {
            case .new: newSeconds
            case .established: establishedSeconds
            case .closed: closedSeconds
            }
        return Int64(min(max(seconds, 0), 1 << 32)) * 1_000_000_000
    }
}
