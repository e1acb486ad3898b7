/// What one queue has seen since it was opened.
public struct NFQueueStatistics: Equatable, Sendable {
    public var batches: UInt64 = 0
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    public var gsoPackets: UInt64 = 0
    /// Packets that fail-open let pass without an inspection, from the gaps in the packet ids.
    public var unseenByFailOpen: UInt64 = 0
    /// Packets that the kernel dropped because the receive buffer was full, from the same gaps
    /// when the queue fails closed.
    public var droppedByOverrun: UInt64 = 0
    /// Times the kernel found the receive buffer full (`SK_MEMINFO_DROPS`), or said so (ENOBUFS).
    public var netlinkOverruns: UInt64 = 0
    /// Packets of which the message holds only a part; judged by `failsOpen`.
    public var truncatedPackets: UInt64 = 0
    /// Messages that are not what the kernel's headers say; judged by `failsOpen` when the packet
    /// id could be read.
    public var malformedMessages: UInt64 = 0
    /// Packets that were dropped here because they are counted in one of the two above.
    public var droppedByPolicy: UInt64 = 0
    public var passedByPolicy: UInt64 = 0
    /// Verdicts that the kernel refused, for one because the packet's interface had gone.
    public var refusedVerdicts: UInt64 = 0
    public var replacedPayloads: UInt64 = 0

    public init() {}
}
