public import Containers
import RuleLanguage
public import Wire

/// Something that was done to a policy, or that people should look at.
public struct PolicyStep: Sendable, Equatable {
    public enum Action: String, Sendable, Codable { case promote, demote, stepBack = "step_back", hold, retire }

    public let action: Action
    public let patch: String
    /// As it stands in the policy; nil for everywhere.
    public let selector: String?
    public let from: PatchPackage.Stage
    /// The same stage where nothing changed; nil when the line went away.
    public let to: PatchPackage.Stage?
    public let reason: String
    public let evidence: PatchEvidence

    public init(
        _ action: Action, _ line: PolicyLine, to stage: PatchPackage.Stage?, reason: String, evidence: PatchEvidence
    ) {
        self.action = action
        patch = line.patch.text
        selector = line.selector.isEverywhere ? nil : line.selector.text
        from = line.stage
        to = stage
        self.reason = reason
        self.evidence = evidence
    }

    public var text: String {
        let place = selector.map { " at \($0)" } ?? ""
        let change =
            switch action {
            case .promote: "promoted from \(from.rawValue) to \(to?.rawValue ?? "")"
            case .demote: "taken back from \(from.rawValue) to \(to?.rawValue ?? "")"
            case .stepBack: "stepped back from \(from.rawValue) to \(to?.rawValue ?? "")"
            case .hold: "stays in \(from.rawValue)"
            case .retire: to == nil ? "retired" : "may retire"
            }
        return "patch \(patch)\(place) \(change): \(reason)"
    }
}

/// Carries a policy on: lines go through their stages by evidence, and retire when what they protect has stopped.
/// Changes the policy's text; bringing it into force is for others.
public struct PolicySteward: Sendable {
    /// Which lines are promoted and sent back.
    public enum Lines: String, Sendable, CaseIterable { case none, recommended, all }
    /// What becomes of recommended lines that protect nothing that runs any more.
    public enum Retirement: String, Sendable, CaseIterable { case off, report, auto }

    public var lines = Lines.none
    public var retirement = Retirement.report
    /// So long nothing that a line protects may have run.
    public var retireAfterSeconds: Int64 = 600
    public var thresholds = PromotionThresholds()

    public init() {}

    public func promotes(_ line: PolicyLine) -> Bool {
        guard line.patch.isLiteral, line.stage != .off else { return false }
        return switch lines {
        case .none: false
        case .recommended: PolicyUpdate.isOwn(line)
        case .all: true
        }
    }

    private func retires(_ line: PolicyLine) -> Bool { retirement != .off && PolicyUpdate.isOwn(line) }

    /// Lines of which something is remembered.
    public func kept(_ policy: Policy) -> [PolicyLine] { policy.lines.filter { promotes($0) || retires($0) } }

    /// - Parameters:
    ///   - evidence: what was seen of a line since it was asked for last.
    ///   - containers: those that run; nil when that is not known, and then nothing retires.
    /// - Returns: what was done; steps that changed `editor`'s text name another stage, or none.
    /// - Throws: when the policy is written so that a program can't change it.
    public func advance(
        _ editor: inout PolicyEditor, _ ledger: inout PromotionLedger, containers: [Container]?, at time: Timestamp,
        evidence: (PolicyLine) -> PatchEvidence
    ) throws(PatchError) -> [PolicyStep] {
        let kept = kept(editor.policy)
        ledger.follow(kept)
        for line in kept where promotes(line) { ledger[.init(line)]?.add(evidence(line)) }
        var steps: [PolicyStep] = []
        if let containers {
            ledger.note(containers, kept.filter(retires), at: time)
            try retire(&editor, &ledger, running: containers, at: time, &steps)
        }
        var moves: [PolicyStep] = []
        // From the end, so that a change leaves the places of those before as they are.
        for line in editor.policy.lines.reversed() where promotes(line) {
            guard let state = ledger[.init(line)] else { continue }
            switch state.decision(thresholds) {
            case .hold: continue
            case .promote(let stage, let reason):
                moves.append(try move(line, to: stage, .promote, reason, &editor, &ledger))
            case .stepBack(let stage, let reason):
                moves.append(try move(line, to: stage, .stepBack, reason, &editor, &ledger))
            }
        }
        return steps + moves.reversed()
    }

    /// Gives a line another stage, its other keys stay.
    public func move(
        _ line: PolicyLine, to stage: PatchPackage.Stage, _ action: PolicyStep.Action, _ reason: String, _ editor: inout PolicyEditor,
        _ ledger: inout PromotionLedger
    ) throws(PatchError) -> PolicyStep {
        let key = PromotionLedger.Key(line)
        let evidence = ledger[key]?.evidence ?? PatchEvidence()
        if let index = editor.policy.lines.firstIndex(where: { $0.location == line.location }) {
            var changed = line
            changed.stage = stage
            try editor.replace(index, with: changed)
        }
        ledger[key]?.move(to: stage, isStepBack: action == .stepBack)
        return PolicyStep(action, line, to: stage, reason: reason, evidence: evidence)
    }

    private func retire(
        _ editor: inout PolicyEditor, _ ledger: inout PromotionLedger, running: [Container], at time: Timestamp,
        _ steps: inout [PolicyStep]
    ) throws(PatchError) {
        let due = ledger.retired(
            editor.policy.lines.filter(retires), running: running, at: time, after: retireAfterSeconds)
        for line in due.reversed() {
            let isRemoved = retirement == .auto
            if isRemoved, let index = editor.policy.lines.firstIndex(where: { $0.location == line.location }) {
                try editor.removeLine(index)
            } else if !ledger.tell(line) {
                continue
            }
            steps.append(
                PolicyStep(
                    .retire, line, to: isRemoved ? nil : line.stage,
                    reason: "nothing that it protects has run for \(retireAfterSeconds) s",
                    evidence: ledger[.init(line)]?.evidence ?? PatchEvidence()))
        }
    }
}
