public import Events
public import Wire

/// One judgement worth explaining: an alert, a drop, a pass or a rewrite.
public struct Decision: Sendable {
    public var time: Timestamp
    public var flowID: UInt64
    public var source: IPAddress
    public var sourcePort: UInt16
    public var destination: IPAddress
    public var destinationPort: UInt16
    public var ipProtocol: UInt8
    public var verdict: Verdict
    public var reason: DropReason?
    /// Rule that decided, with its message; nil when a policy did.
    public var sid: UInt32?
    public var message: String
    public var buffer: String
    public var matchOffset: Int
    public var matchLength: Int
    public var context: [UInt8]
    public var contextOffset: Int
    /// nil outside of flows.
    public var direction: Direction?
    /// Of the rule: generator, revision, `FILE:LINE`.
    public var gid: UInt32 = 1
    public var rev: UInt32 = 0
    public var place = ""
    /// What the policy made of the rule's match.
    public var patch: PatchRecord?
    public var patchTitle: String?
    /// The match as alerts have it; the members above are of it.
    public var match: MatchRecord?
    /// Target of the request, as it was sent.
    public var url: [UInt8]?
    public var sourceContainer = ContainerNumber.none
    public var destinationContainer = ContainerNumber.none
}

/// The last decisions of a worker, oldest first out.
struct DecisionRing {
    private var entries: [Decision] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 1) }

    mutating func append(_ decision: Decision) {
        if entries.count < capacity {
            entries.append(decision)
        } else {
            entries[next] = decision
            next = (next + 1) % capacity
        }
    }

    /// Oldest first.
    var all: [Decision] { Array(entries[next...] + entries[..<next]) }
}
