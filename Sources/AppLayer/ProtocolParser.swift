public import Wire

/// Reads one flow's application protocol and makes its transactions. Each protocol subclasses it.
///
/// Fed in order, each byte once, cut anywhere. After each feeding the transactions that changed say
/// `hasProgressed`, until `finishInspection()`.
open class ProtocolParser {
    public let appProtocol: AppProtocol
    /// Open transactions, oldest first.
    open var transactions: [Transaction] { [] }
    /// Transactions that the flow has had.
    open var transactionCount: UInt64 { 0 }
    /// What the parser met keeps it from going on: the exception policy `app-layer.error-policy` applies.
    open var hasFailed: Bool { false }
    /// No later byte of the flow can change anything here (encrypted, or given up).
    open var isFinished: Bool { false }
    /// Both sides have changed to encryption, and data has come since.
    open var carriesCiphertext: Bool { false }
    /// The protocol that the flow goes on with from here (after an upgrade or STARTTLS), nil for this one.
    open var successor: ProtocolParser? { nil }

    /// What the flow turned out to carry within its protocol, nil for nothing of its own.
    open var refinedProtocol: AppProtocol? { nil }

    /// The flow goes on with a protocol that has to be recognised first (after CONNECT).
    open var handsOver: Bool { false }

    /// The flow hands over to TLS, as was said (STARTTLS).
    open var announcesTLS: Bool { false }

    /// Bytes of `direction` that came after the hand-over and belong to the next protocol.
    open func takeHandedOver(_ direction: Direction) -> [UInt8] { [] }

    /// What followed the hand-over is no protocol that is known.
    open func handOverFailed() {}

    /// Where the parser says what lies in the bytes; nil when no rule asks.
    var frames: FrameTracker?

    /// Where ranges of files go; nil when nobody asks for files.
    var ranges: RangeStore?

    /// Connections that were announced since the last call.
    open func takeExpectedFlows() -> [ExpectedFlow] { [] }

    public init(appProtocol: AppProtocol) { self.appProtocol = appProtocol }

    /// The next bytes of a TCP direction.
    open func consume(_ chunk: Span<UInt8>, direction: Direction) {}

    /// One UDP datagram's payload.
    open func consumeDatagram(_ payload: Span<UInt8>, direction: Direction) {}

    /// `length` bytes of `direction` will never come.
    open func skipGap(length: UInt64, direction: Direction) {}

    /// `direction` ended (FIN, reset, timeout, end of capture).
    open func finish(_ direction: Direction) {}

    /// Bytes that are held beside the transactions, about.
    open var heldBytes: Int { 512 }

    final var heldBytesWithTransactions: Int {
        var sum = heldBytes
        for transaction in transactions { sum += transaction.heldBytes + (transaction.inspection?.heldBytes ?? 0) }
        return sum
    }

    /// Clears progress marks and forgets the transactions that are complete in both directions.
    open func finishInspection() {}
}
