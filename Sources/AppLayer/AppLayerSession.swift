public import Wire

/// The application layer of one flow: recognises the protocol, then feeds its parser.
///
/// The caller hands it each direction's bytes exactly once and in order, inspects the transactions
/// that progressed, then calls `finishInspection()`.
public final class AppLayerSession {
    public private(set) var appProtocol = AppProtocol.unknown
    /// Open transactions, oldest first.
    public private(set) var transactions: [Transaction] = []
    /// Anomalies outside any transaction since the last `finishInspection()`.
    public private(set) var events: [AppLayerEvent] = []
    /// A parser met what it cannot go on from: the exception policy `app-layer.error-policy` applies.
    public private(set) var hasFailed = false
    /// No later byte of the flow can change anything here (encrypted, or given up).
    public private(set) var isFinished = false

    public init(limits: AppLayerLimits) {}

    /// The next bytes of `direction`. `offset` is the stream offset of the first.
    public func consume(_ chunk: Span<UInt8>, direction: Direction, offset: UInt64) {}

    /// `length` bytes of `direction` will never come.
    public func skipGap(length: UInt64, direction: Direction) {}

    /// `direction` ended (FIN, reset, timeout, end of capture).
    public func finish(_ direction: Direction) {}

    /// Clears progress marks and events, and forgets the transactions that are complete in both directions.
    public func finishInspection() {}
}
