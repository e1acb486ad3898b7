public import RuleLanguage

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
}
