public import Detection
public import Inspection
public import PacketIO

/// What the control plane asks of a worker. Each answer comes from the worker's own thread, between two packets.
enum WorkerMessage: Sendable {
    case adoptContainers(ContainerMap)
    case adopt(RuleSet, ScopeTable)
    /// For the rule set that runs.
    case adoptScopes(ScopeTable)
    /// Is answered once everything that was posted before is done.
    case reach(reply: @Sendable () -> Void)
    case snapshot(reply: @Sendable (WorkerSnapshot) -> Void)
    case tally(reply: @Sendable (PatchTally) -> Void)
    case ruleCosts(reply: @Sendable (RuleCosts) -> Void)
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
    /// Rules that the worker leaves out now, by sid.
    public let suspensions: [RuleSuspension]
    /// The queue as the kernel sees it; nil when that can't be read.
    public internal(set) var kernel: QueueStatus?

    /// The engine's counters and the queue's own, in a fixed order.
    public var namedValues: [(name: String, value: UInt64)] {
        counters.namedValues + [
            ("nfq.packets", statistics.packets), ("nfq.bytes", statistics.bytes), ("nfq.batches", statistics.batches),
            ("nfq.gso_packets", statistics.gsoPackets), ("nfq.unseen_fail_open", statistics.unseenByFailOpen),
            ("nfq.dropped_overrun", statistics.droppedByOverrun), ("nfq.netlink_overruns", statistics.netlinkOverruns),
            ("nfq.truncated", statistics.truncatedPackets), ("nfq.malformed", statistics.malformedMessages),
            ("nfq.refused_verdicts", statistics.refusedVerdicts), ("nfq.replaced", statistics.replacedPayloads),
            ("nfq.queue_dropped", UInt64(kernel?.queueDropped ?? 0)), ("nfq.user_dropped", UInt64(kernel?.userDropped ?? 0)),
            ("nfq.waiting", UInt64(kernel?.waiting ?? 0)),
        ]
    }

    /// Packets that never reached the engine.
    public var unseen: UInt64 { statistics.unseenByFailOpen &+ statistics.passedByPolicy }
    /// Packets that the kernel dropped because the queue or its receive buffer was full, or that could not be read.
    public var lost: UInt64 {
        max(statistics.droppedByOverrun, UInt64(kernel?.userDropped ?? 0)) &+ UInt64(kernel?.queueDropped ?? 0)
            &+ statistics.droppedByPolicy
    }
}
