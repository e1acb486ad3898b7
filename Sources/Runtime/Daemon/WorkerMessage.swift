import Detection
public import Inspection
public import PacketIO

/// What the control plane asks of a worker. Each answer comes from the worker's own thread, between two packets.
enum WorkerMessage: Sendable {
    case adopt(RuleSet, reply: @Sendable () -> Void)
    case snapshot(reply: @Sendable (WorkerSnapshot) -> Void)
    case flows(limit: Int, reply: @Sendable ([FlowSummary]) -> Void)
    case decisions(reply: @Sendable ([Decision]) -> Void)
    case unblock(FlowSelector, reply: @Sendable (Int) -> Void)
    case stop
}

/// One worker's numbers at one moment.
public struct WorkerSnapshot: Sendable {
    public let queue: UInt16
    public let counters: Counters
    public let statistics: NFQueueStatistics

    /// The engine's counters and the queue's own, in a fixed order.
    public var namedValues: [(name: String, value: UInt64)] {
        counters.namedValues + [
            ("nfq.packets", statistics.packets), ("nfq.bytes", statistics.bytes), ("nfq.batches", statistics.batches),
            ("nfq.gso_packets", statistics.gsoPackets), ("nfq.unseen_fail_open", statistics.unseenByFailOpen),
            ("nfq.dropped_overrun", statistics.droppedByOverrun), ("nfq.netlink_overruns", statistics.netlinkOverruns),
            ("nfq.truncated", statistics.truncatedPackets), ("nfq.malformed", statistics.malformedMessages),
            ("nfq.refused_verdicts", statistics.refusedVerdicts), ("nfq.replaced", statistics.replacedPayloads),
        ]
    }
}
