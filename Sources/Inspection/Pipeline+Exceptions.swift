import RuleLanguage
import Wire

extension Pipeline {
    /// Applies the policy of `target` to the packet in hand and, where it says so, to its flow.
    func apply(_ target: ExceptionTarget, reason: DropReason, _ judgement: inout Judgement) {
        let policy = configuration.exceptions[target]
        counters.exceptions[target.index] &+= 1
        if policy != .ignore { judgement.state?.exceptions.append((target, policy)) }
        switch policy {
        case .ignore, .passPacket:
            break
        case .dropPacket:
            judgement.drop(reason)
        case .dropFlow:
            judgement.drop(reason)
            judgement.state?.block = .exceptionPolicyFlowDrop
        case .reject, .rejectBoth:
            judgement.drop(reason)
            judgement.state?.block = .exceptionPolicyFlowDrop
            judgement.reject = policy == .reject ? .source : .both
        case .passFlow:
            judgement.state?.isPassed = true
        case .bypass:
            judgement.state?.isPassed = true
            judgement.wantsBypass = true
        }
    }

    func applyAppLayerFailure(_ state: FlowState, _ judgement: inout Judgement) {
        guard !state.exceptions.contains(where: { $0.target == .appLayerError }) else { return }
        apply(.appLayerError, reason: .appLayerError, &judgement)
    }
}
