import RuleLanguage

/// Suricata's order of evaluation: action, flowbits, priority, then as loaded.
struct RuleOrder {
    let actions: [Rule.Action]

    func sorted(_ rules: [CompiledRule]) -> [CompiledRule] {
        let keys = rules.map(key)
        return rules.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.map { rules[$0] }
    }

    private func key(_ rule: CompiledRule) -> Int {
        let action = actions.firstIndex(of: rule.rule.action) ?? actions.count
        return action << 16 | flowbitRank(rule) << 8 | Int(rule.rule.priority)
    }

    /// Rules that only set come first, those that only ask last of the ones with flowbits.
    private func flowbitRank(_ rule: CompiledRule) -> Int {
        let sets = !rule.effects.isEmpty
        let asks = rule.checks.contains { check in
            switch check {
            case .flowbits, .flowint: true
            default: false
            }
        }
        return switch (sets, asks) {
        case (true, false): 0
        case (true, true): 1
        case (false, true): 2
        case (false, false): 3
        }
    }
}
