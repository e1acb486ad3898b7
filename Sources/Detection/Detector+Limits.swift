public import RuleLanguage
public import Wire

/// Regular expressions that were given up at their limit: an attacker can cause that, so it is never silent.
extension Detector {
    func limitCountsAsMatch(_ rule: CompiledRule) -> Bool {
        dropsAtExpressionLimit && (rule.rule.action == .drop || rule.rule.action == .reject)
    }

    /// One entry for each evaluation, at most `limitedRulesCapacity` for one packet.
    func noteLimit(_ rule: CompiledRule, since hits: Int) {
        guard scratch.limitHits != hits, limitedRules.count < Self.limitedRulesCapacity else { return }
        limitedRules.append(rule.rule)
    }

    static var limitedRulesCapacity: Int { 64 }

    /// The rules whose expressions were given up since the last call.
    public func takeLimitedRules() -> [Rule] {
        guard !limitedRules.isEmpty else { return [] }
        defer { limitedRules.removeAll(keepingCapacity: true) }
        return limitedRules
    }

    /// Takes rules back that were left out long enough.
    public func resumeRules(now: Timestamp) { costs.resume(now: now) }

    /// Checks over the limit, rules left out, checks not made: so far; and the rules that are left out now.
    public var latencyTotals: (overruns: UInt64, suspensions: UInt64, skipped: UInt64, suspended: UInt64) {
        (costs.overrunTotal, costs.suspensionTotal, costs.skippedTotal, UInt64(costs.suspensions.count))
    }

    /// Rules that were left out or taken back since the last call.
    public func takeRuleNotices() -> [RuleNotice] { costs.hasNotices ? costs.takeNotices() : [] }
}
