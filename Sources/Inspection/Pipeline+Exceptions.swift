import RuleLanguage
import Wire

extension Pipeline {
    /// Applies the policy of `target` to the packet in hand and, where it says so, to its flow.
    func apply(_ target: ExceptionTarget, reason: DropReason, _ judgement: inout Judgement) {
        let policy = configuration.exceptions[target]
        counters.note(target, policy)
        judgement.state?.note(target, policy)
        switch policy {
        case .ignore:
            break
        case .passPacket:
            judgement.skipsRules = true
        case .dropPacket:
            judgement.drop(reason)
            judgement.skipsRules = true
        case .dropFlow:
            judgement.drop(reason)
            judgement.skipsRules = true
            block(judgement.state, .exceptionPolicyFlowDrop)
        case .reject, .rejectBoth:
            judgement.drop(reason)
            judgement.skipsRules = true
            block(judgement.state, .exceptionPolicyFlowDrop)
            judgement.reject = policy == .reject ? .source : .both
        case .passFlow:
            judgement.state?.isPassed = true
        case .bypass:
            judgement.state?.isPassed = true
            judgement.state?.isBypassed = true
            judgement.wantsBypass = true
        }
    }

    /// Detect mode only notes that the flow would be blocked.
    func block(_ state: FlowState?, _ reason: DropReason) {
        if configuration.mode == .prevent {
            state?.block = reason
        } else {
            state?.wouldBlock = true
        }
    }

    func applyAppLayerFailure(_ state: FlowState, _ judgement: inout Judgement) {
        guard !state.exceptions.contains(where: { $0.target == .appLayerError }) else { return }
        apply(.appLayerError, reason: .appLayerError, &judgement)
    }
}

extension FlowState {
    /// Each target is noted once.
    fileprivate func note(_ target: ExceptionTarget, _ policy: ExceptionPolicy) {
        guard !exceptions.contains(where: { $0.target == target }) else { return }
        exceptions.append((target, policy))
    }
}
