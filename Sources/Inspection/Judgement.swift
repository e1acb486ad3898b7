import Events
import Flow
import RuleLanguage
import Wire

/// What is decided about the packet in hand, step by step; the first reason stays.
struct Judgement {
    var flow: FlowIndex?
    var state: FlowState?
    var direction = Direction.toServer
    var drop: DropReason?
    var reject: Rule.RejectTarget?
    /// A rule drops the packet, whatever dropped it before: a `pass` that comes later does not take that back.
    var isDroppedByRule = false
    var isRewritten = false
    /// A rule that matched before follows this packet (`tag`).
    var isTagged = false
    /// The packet was put together from fragments.
    var isReassembled = false
    /// No packet: what the flow still held is judged at its end.
    var isFlowEnd = false
    /// Of a TCP segment whose record is wanted: the session's state before it, and what is odd about it.
    var segment: (before: TCPSession.State, events: StreamEventSet)?
    var isPassed = false
    var wantsBypass = false
    /// An exception policy has spoken: no rule is asked any more.
    var skipsRules = false
    /// Records of the rules that matched, in order; their action is settled when the verdict is.
    var alerts: [(record: AlertRecord, transactionID: UInt64?)] = []
    /// The first alert of a rule that drops, for the `drop` record.
    var droppingAlert: AlertRecord?

    mutating func drop(_ reason: DropReason) {
        if drop == nil { drop = reason }
    }
}
