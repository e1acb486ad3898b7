public import RuleLanguage
public import Wire

/// When a rule that takes too long is left out for a while (`latency.rule` of the configuration; the like in Snort 3
/// is https://docs.snort.org, module `latency`).
public struct RuleLatencyPolicy: Sendable {
    /// Which rules may be left out at all.
    public enum Scope: String, Sendable, CaseIterable {
        /// No rule; checks over the limit are counted all the same.
        case none
        /// Rules that only alert and that no other rule builds upon.
        case alerts
        /// Those that drop, reject or pass, and those that set bits and numbers, as well.
        case all
    }

    public var scope = Scope.alerts
    /// Of one check, in time of the worker's thread.
    public var limitNanoseconds: UInt64 = 5_000_000
    /// Checks over the limit within `windowSeconds` after which the rule is left out.
    public var threshold: UInt32 = 5
    public var windowSeconds: UInt32 = 10
    public var suspensionSeconds: UInt32 = 30
    /// One check in so many of each rule is timed: a power of two. 0 times none, and so suspends none.
    public var sampleInterval: UInt32 = 16

    public init() {}

    /// Whether a rule may be left out.
    func covers(_ rule: CompiledRule) -> Bool {
        switch scope {
        case .none: false
        case .alerts: rule.rule.action == .alert && rule.effects.isEmpty
        case .all: true
        }
    }
}

/// What rules are timed with; the engine itself has no clock.
public struct CheckClock: Sendable {
    /// Nanoseconds from any point on; cheap, since it is read around one check in some.
    public let wall: @Sendable () -> UInt64
    /// Nanoseconds that the calling thread has run: what else the machine does is no rule's fault. Read only around
    /// the checks of a rule that was over its limit before.
    public let thread: @Sendable () -> UInt64

    public init(wall: @escaping @Sendable () -> UInt64, thread: @escaping @Sendable () -> UInt64) {
        self.wall = wall
        self.thread = thread
    }
}

/// A rule that is left out.
public struct RuleSuspension: Sendable {
    public let rule: RuleIdentity
    public let until: Timestamp
    /// Of the check that made it so, in nanoseconds.
    public let nanoseconds: UInt64
    /// Checks that were not made so far.
    public internal(set) var skipped: UInt64 = 0
}

/// What tells a rule from the others, for reports.
public struct RuleIdentity: Sendable, Hashable {
    public let gid, sid, rev: UInt32
    public let message: String
    public let action: Rule.Action

    public init(_ rule: Rule) {
        (gid, sid, rev) = (rule.gid, rule.sid, rule.rev)
        message = rule.message
        action = rule.action
    }
}

/// A rule was left out, or is back.
public struct RuleNotice: Sendable {
    public let suspension: RuleSuspension
    public let isBack: Bool
}
