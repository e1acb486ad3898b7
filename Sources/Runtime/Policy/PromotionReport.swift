import Events
public import Patches
import RuleLanguage

/// `/v1/promotions`
public struct PromotionsReport: Codable, Sendable {
    /// nil when there is no policy.
    public var policy: String?
    /// Which lines go on by themselves: `none`, `recommended` or `all`.
    public var lines: String
    public var patches: [PromotionReport]
}

/// One line of the policy.
public struct PromotionReport: Codable, Sendable {
    public var patch: String
    public var `where`: String?
    public var stage: String
    /// `policy.yaml:12`
    public var policy: String
    /// Whether it goes on by itself.
    public var automatic: Bool
    /// `promote`, `step_back` or `hold`: what is due; nil where it does not go on by itself.
    public var next: String?
    public var because: String?
    public var clean: UInt64
    public var needed: UInt64
    public var steps_back: Int
    public var evidence: PatchEvidence

    init(_ line: PolicyLine, _ state: PromotionState, _ decision: PromotionDecision?, _ needed: UInt64) {
        patch = line.patch.text
        `where` = line.selector.isEverywhere ? nil : line.selector.text
        stage = line.stage.rawValue
        policy = "\(line.location.file):\(line.location.line)"
        automatic = decision != nil
        switch decision {
        case .promote(_, let reason): (next, because) = ("promote", reason)
        case .stepBack(_, let reason): (next, because) = ("step_back", reason)
        case .hold(let reason): (next, because) = ("hold", reason)
        case nil: break
        }
        clean = state.evidence.clean
        self.needed = needed
        steps_back = state.stepsBack
        evidence = state.evidence
    }
}

extension PolicyStep {
    var record: PatchStepRecord {
        var record = PatchStepRecord(
            id: patch, action: action.rawValue, selector: selector, from: from.rawValue, to: to?.rawValue, reason: reason)
        record.evidence = [
            ("transactions", evidence.transactions), ("matches", evidence.matches), ("excepted", evidence.excepted),
            ("answers", evidence.answers), ("server_errors", evidence.serverErrors), ("flows", evidence.flows),
            ("resets", evidence.resets), ("nanoseconds", evidence.nanoseconds),
        ]
        return record
    }
}

/// What was done, of `POST /v1/promotions`.
public struct PolicyStepReport: Codable, Sendable {
    public var patch: String
    public var `where`: String?
    public var action: String
    public var from: String
    public var to: String?
    public var reason: String
    public var text: String

    public init(_ step: PolicyStep) {
        (patch, `where`, action) = (step.patch, step.selector, step.action.rawValue)
        (from, to, reason, text) = (step.from.rawValue, step.to?.rawValue, step.reason, step.text)
    }
}
