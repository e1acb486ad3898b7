public import Wire

/// One request and its response (or one query, one handshake). The parser of the protocol fills it;
/// detection reads its buffers and keeps its own progress in `inspection`.
///
/// A class, because parser, detection and event writer of one worker share it; never crosses threads.
open class Transaction {
    /// Counts from 0 within the flow (EVE `tx_id`).
    public let id: UInt64
    public let appProtocol: AppProtocol
    /// Anomalies in this transaction, in order (`app-layer-event` in rules). Bounded by the parser's limits.
    public internal(set) var events: [AppLayerEvent] = []
    /// True once something changed since the last `AppLayerSession.finishInspection()`.
    public internal(set) var hasProgressed = true
    /// Rises when buffers that were settled have grown after all (trailers).
    public internal(set) var revision: UInt32 = 0
    /// What detection remembers of this transaction between packets; opaque here.
    public var inspection: InspectionNotes?
    /// Owned by the event log: which of the transaction's records have been written.
    public var logged: (toServer: Bool, toClient: Bool) = (false, false)

    public init(id: UInt64, appProtocol: AppProtocol) {
        self.id = id
        self.appProtocol = appProtocol
    }

    /// The id of the transaction that an alert on this one tells of; nil for none.
    open var alertID: UInt64? { id }

    /// How far the side has come. Compare only with values of the same protocol
    /// (`HTTPTransaction.Progress` …); `UInt8.max` is complete for every protocol.
    open func progress(_ direction: Direction) -> UInt8 { .max }

    /// The direction that all of the transaction travels in, nil where there are a request and an answer.
    open var onlyDirection: Direction? { nil }

    public func isComplete(_ direction: Direction) -> Bool { progress(direction) == .max }

    /// The bytes of a buffer, or nil where the buffer does not exist (yet: see `isSettled`).
    /// `index` counts the instances of a multi-buffer (`dns.query`, `tls.certs`, …).
    open func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? { nil }

    /// True when `buffer` will not change any more: complete, or known to be absent.
    open func isSettled(_ buffer: Buffer, direction: Direction) -> Bool { true }

    /// Files that travel in `direction`, in the order in which they began.
    open func files(_ direction: Direction) -> [TransferredFile] { [] }

    /// Detection has seen all that is held: bodies may let go of what lies before their window.
    func discardInspected() {}

    /// Bytes that are held for it, about; detection's memory of it is counted in.
    open var heldBytes: Int { 768 }

    /// A number that rules compare, nil when it is not there (yet). `index` counts the instances of one
    /// that a transaction has several of (`dns.rrtype`).
    open func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? { nil }
}

/// The bytes of one buffer as known now.
public struct BufferView: Sendable {
    /// For a streamed buffer (a body) the window that is still held.
    public var bytes: [UInt8]
    /// Offset of `bytes[0]` in the whole buffer; 0 unless a window has moved on.
    public var offset: UInt64
    public var isComplete: Bool

    public init(bytes: [UInt8], offset: UInt64 = 0, isComplete: Bool = true) {
        self.bytes = bytes
        self.offset = offset
        self.isComplete = isComplete
    }
}

/// An anomaly that a parser found. `name` is the one that `app-layer-event:` rules use, without the
/// protocol (`invalid_request_line`, …); see Suricata's `http-events.rules` and its siblings.
public struct AppLayerEvent: Hashable, Sendable {
    public let appProtocol: AppProtocol
    public let name: StaticName
    public let direction: Direction

    public init(appProtocol: AppProtocol, name: StaticName, direction: Direction) {
        self.appProtocol = appProtocol
        self.name = name
        self.direction = direction
    }
}
