/// How one netfilter queue is opened.
public struct NFQueueConfiguration: Sendable {
    public var queueNumber: UInt16
    /// What the kernel and this type do with packets that cannot reach the engine: when the queue
    /// or the receive buffer is full, when a packet does not fit a message, when a message cannot
    /// be read. True lets them pass (`NFQA_CFG_F_FAIL_OPEN`), false drops them.
    public var failsOpen = false
    /// Packets that may wait for a verdict in the kernel. Larger than what `receiveBufferBytes`
    /// holds of small packets, so that the receive buffer is the limit that is met first: a packet
    /// refused there leaves a gap in the packet ids, one refused by the queue length leaves no trace
    /// when it fails open. A queue that fails open is therefore opened with `lengthBehindReceiveBuffer` at least.
    public var maximumLength: UInt32 = 65_536
    /// Bytes of socket buffer to ask for; the kernel accounts twice as much.
    public var receiveBufferBytes = 32 << 20
    /// Packets per `recvmmsg`.
    public var batchSize = 64
    /// Asks for the owner of locally made packets (`NFQA_CFG_F_UID_GID`).
    public var wantsOwner = false
    /// Asks for conntrack attributes (`NFQA_CFG_F_CONNTRACK`) where the kernel has them.
    public var wantsConntrack = false

    /// A length that can't be met before the receive buffer is full: the kernel accounts at least 768 bytes
    /// for a message, and twice as much buffer as was asked for.
    var lengthBehindReceiveBuffer: UInt32 {
        UInt32(clamping: max(receiveBufferBytes, 0) / 384).addingReportingOverflow(UInt32(clamping: 2 * batchSize)).partialValue
    }

    public init(queueNumber: UInt16) { self.queueNumber = queueNumber }
}
