import RuleLanguage
import Wire

/// What each rule has cost one worker: one list for each number, indexed like `RuleSet.rules`.
///
/// Checks and matches are counted always. Time is taken of one check in some, so that it costs next to nothing; a
/// rule that was over its limit once is timed at every check until a window passes in which it is not.
public struct RuleCosts: Sendable {
    /// Of the rule set that the lists belong to.
    public private(set) var generation: UInt32
    public private(set) var checks: [UInt64]
    public private(set) var matches: [UInt64]
    /// Estimated for all checks from those that were timed.
    public private(set) var nanoseconds: [UInt64]
    /// The longest check that was timed.
    public private(set) var longest: [UInt64]
    /// Timed checks over the limit.
    public private(set) var overruns: [UInt32]
    /// Rules that are left out now.
    public private(set) var suspensions: [UInt32: RuleSuspension] = [:]
    public private(set) var overrunTotal: UInt64 = 0
    public private(set) var suspensionTotal: UInt64 = 0
    public private(set) var skippedTotal: UInt64 = 0

    private var marks: [Mark]
    private var watches: [UInt32: Watch] = [:]
    private var notices: [RuleNotice] = []
    private var nextEnd = Timestamp(nanoseconds: .max)
    let policy: RuleLatencyPolicy
    private let clock: CheckClock?
    private let sampleMask: UInt64

    private enum Mark: UInt8 { case none, watched, suspended }

    /// A rule that was over its limit.
    private struct Watch {
        var start: Timestamp
        var overruns: UInt32 = 0
    }

    /// A check under way.
    struct Check {
        fileprivate let weight: UInt64
        fileprivate let isWatched: Bool
        fileprivate let start: UInt64

        fileprivate static let untimed = Check(weight: 0, isWatched: false, start: 0)
    }

    /// - Parameter clock: nil times nothing and so leaves no rule out.
    init(_ ruleSet: RuleSet, policy: RuleLatencyPolicy, clock: CheckClock?) {
        let count = ruleSet.rules.count
        generation = ruleSet.generation
        checks = Array(repeating: 0, count: count)
        matches = checks
        nanoseconds = checks
        longest = checks
        overruns = Array(repeating: 0, count: count)
        marks = Array(repeating: .none, count: count)
        self.policy = policy
        self.clock = policy.sampleInterval > 0 ? clock : nil
        sampleMask = UInt64(max(policy.sampleInterval, 1)) &- 1
    }

    /// - Returns: nil when the rule is left out now.
    mutating func begin(_ rule: UInt32) -> Check? {
        let index = Int(rule)
        let mark = marks[index]
        if mark == .suspended {
            skippedTotal &+= 1
            suspensions[rule]?.skipped &+= 1
            return nil
        }
        let before = checks[index]
        checks[index] = before &+ 1
        guard mark == .watched || before & sampleMask == 0, let clock else { return .untimed }
        if mark == .watched { return Check(weight: 1, isWatched: true, start: clock.thread()) }
        return Check(weight: before == 0 ? 1 : sampleMask &+ 1, isWatched: false, start: clock.wall())
    }

    /// - Parameter now: time of the packet.
    mutating func end(_ check: Check, _ rule: UInt32, _ ruleSet: RuleSet, now: Timestamp) {
        guard check.weight > 0, let clock else { return }
        let index = Int(rule)
        let taken = (check.isWatched ? clock.thread() : clock.wall()) &- check.start
        nanoseconds[index] &+= taken &* check.weight
        if taken > longest[index] { longest[index] = taken }
        let isOver = taken > policy.limitNanoseconds
        if isOver || check.isWatched { judge(rule, taken, isOver: isOver, isWatched: check.isWatched, ruleSet, now) }
    }

    mutating func countMatch(_ rule: UInt32) { matches[Int(rule)] &+= 1 }

    /// The first check over the limit is told by the wall's clock, which may be the fault of others: it only has the
    /// rule watched.
    private mutating func judge(
        _ rule: UInt32, _ taken: UInt64, isOver: Bool, isWatched: Bool, _ ruleSet: RuleSet, _ now: Timestamp
    ) {
        guard isWatched, var watch = watches[rule] else {
            watches[rule] = Watch(start: now)
            marks[Int(rule)] = .watched
            return
        }
        if now.nanoseconds(since: watch.start) > Int64(policy.windowSeconds) * 1_000_000_000 {
            guard watch.overruns > 0 || isOver else {
                watches[rule] = nil
                marks[Int(rule)] = .none
                return
            }
            watch = Watch(start: now)
        }
        if isOver {
            overruns[Int(rule)] &+= 1
            overrunTotal &+= 1
            watch.overruns &+= 1
        }
        watches[rule] = watch
        let compiled = ruleSet.rules[Int(rule)]
        guard watch.overruns >= policy.threshold, policy.covers(compiled) else { return }
        suspend(rule, compiled.rule, taken, now)
    }

    private mutating func suspend(_ rule: UInt32, _ definition: Rule, _ taken: UInt64, _ now: Timestamp) {
        let end = now.advanced(byNanoseconds: Int64(policy.suspensionSeconds) * 1_000_000_000)
        let suspension = RuleSuspension(rule: RuleIdentity(definition), until: end, nanoseconds: taken)
        watches[rule] = nil
        marks[Int(rule)] = .suspended
        suspensions[rule] = suspension
        suspensionTotal &+= 1
        nextEnd = min(nextEnd, end)
        notices.append(RuleNotice(suspension: suspension, isBack: false))
    }

    /// Takes rules back whose time is over; they are watched at first.
    mutating func resume(now: Timestamp) {
        guard now >= nextEnd else { return }
        for (rule, suspension) in suspensions.sorted(by: { $0.key < $1.key }) where suspension.until <= now {
            suspensions[rule] = nil
            marks[Int(rule)] = .watched
            watches[rule] = Watch(start: now)
            notices.append(RuleNotice(suspension: suspension, isBack: true))
        }
        nextEnd = suspensions.values.map(\.until).min() ?? Timestamp(nanoseconds: .max)
    }

    var hasNotices: Bool { !notices.isEmpty }

    /// What happened since the last call, in order.
    mutating func takeNotices() -> [RuleNotice] {
        defer { notices = [] }
        return notices
    }

    /// The lists for a new rule set: a rule that did not change keeps its numbers and stays left out.
    mutating func adopt(_ ruleSet: RuleSet) {
        let old = self
        self = RuleCosts(ruleSet, policy: policy, clock: old.clock)
        notices = old.notices
        (overrunTotal, suspensionTotal, skippedTotal) = (old.overrunTotal, old.suspensionTotal, old.skippedTotal)
        let origins = ruleSet.previousGeneration == old.generation ? ruleSet.origins : []
        var kept: Set<UInt32> = []
        for (new, origin) in origins.enumerated() {
            guard let origin else { continue }
            let (place, number) = (Int(origin), UInt32(new))
            checks[new] = old.checks[place]
            matches[new] = old.matches[place]
            nanoseconds[new] = old.nanoseconds[place]
            longest[new] = old.longest[place]
            overruns[new] = old.overruns[place]
            marks[new] = old.marks[place]
            if let watch = old.watches[origin] { watches[number] = watch }
            guard let suspension = old.suspensions[origin] else { continue }
            suspensions[number] = suspension
            kept.insert(origin)
        }
        nextEnd = suspensions.values.map(\.until).min() ?? Timestamp(nanoseconds: .max)
        for (rule, suspension) in old.suspensions.sorted(by: { $0.key < $1.key }) where !kept.contains(rule) {
            notices.append(RuleNotice(suspension: suspension, isBack: true))
        }
    }
}
