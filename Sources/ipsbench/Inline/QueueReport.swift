import PacketIO

/// What queues have seen, all of them together.
struct QueueReport: Codable {
    var packets: UInt64 = 0
    var batches: UInt64 = 0
    /// Packets that passed without being looked at, because the queue or its buffer was full.
    var unseen: UInt64 = 0

    mutating func add(_ statistics: NFQueueStatistics) {
        packets += statistics.packets
        batches += statistics.batches
        unseen += statistics.unseenByFailOpen + statistics.droppedByOverrun
    }
}
