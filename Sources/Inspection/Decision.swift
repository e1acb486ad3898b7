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
