public import Detection
import RuleLanguage

/// What one rule has cost all workers together.
public struct RuleCost: Sendable {
    public let rule: RuleIdentity
    /// `FILE:LINE`.
    public let place: String
    public var checks: UInt64 = 0
    public var matches: UInt64 = 0
    /// Estimated from the checks that were timed.
    public var nanoseconds: UInt64 = 0
    /// Of the longest check that was timed.
    public var longest: UInt64 = 0
    /// Checks over the limit of `latency.rule`.
    public var overruns: UInt64 = 0
    /// Workers that leave the rule out now.
    public var suspendedBy = 0

    /// Of one check, in nanoseconds.
    public var average: UInt64 { checks == 0 ? 0 : nanoseconds / checks }

    public enum Order: String, Sendable, CaseIterable {
        case cost, checks, matches, average, longest

        fileprivate func key(_ cost: RuleCost) -> UInt64 {
            switch self {
            case .cost: cost.nanoseconds
            case .checks: cost.checks
            case .matches: cost.matches
            case .average: cost.average
            case .longest: cost.longest
            }
        }
    }

    /// The rules that were looked at, the largest by `order` first; of equal ones the first in the rule set.
    /// - Parameter costs: of workers; those that run another rule set are left out.
    public static func top(_ costs: [RuleCosts], of ruleSet: RuleSet, by order: Order, limit: Int) -> [RuleCost] {
        let costs = costs.filter { $0.generation == ruleSet.generation }
        var result: [(index: Int, cost: RuleCost)] = []
        for (index, compiled) in ruleSet.rules.enumerated() {
            guard costs.contains(where: { $0.checks[index] > 0 || $0.suspensions[UInt32(index)] != nil }) else { continue }
            let rule = compiled.rule
            var cost = RuleCost(rule: RuleIdentity(rule), place: "\(rule.location.file):\(rule.location.line)")
            for worker in costs { cost.add(worker, index) }
            result.append((index, cost))
        }
        result.sort { (order.key($1.cost), $0.index) < (order.key($0.cost), $1.index) }
        return result.prefix(max(limit, 0)).map(\.cost)
    }

    private mutating func add(_ worker: RuleCosts, _ index: Int) {
        checks &+= worker.checks[index]
        matches &+= worker.matches[index]
        nanoseconds &+= worker.nanoseconds[index]
        longest = max(longest, worker.longest[index])
        overruns &+= UInt64(worker.overruns[index])
        if worker.suspensions[UInt32(index)] != nil { suspendedBy += 1 }
    }
}
