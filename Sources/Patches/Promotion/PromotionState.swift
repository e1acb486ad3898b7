/// What to do with a patch now.
public enum PromotionDecision: Sendable, Equatable {
    case promote(to: PatchPackage.Stage, reason: String)
    case stepBack(to: PatchPackage.Stage, reason: String)
    case hold(reason: String)
}

/// Where a patch stands at one line of a policy, and what speaks for and against the next stage.
///
/// Shadow goes on to canary and canary to enforce by evidence, never by time. A rise of server errors or resets is looked
/// for in the first transactions after a step only: later it has other causes, and an attacker could bring it about.
public struct PromotionState: Codable, Sendable, Equatable {
    public private(set) var stage: PatchPackage.Stage
    public private(set) var evidence = PatchEvidence()
    /// What was usual before the patch did anything.
    public private(set) var baseline: PatchEvidence?
    public private(set) var stepsBack = 0
    /// Why people want it to stay where it is.
    public var held: String?

    public init(stage: PatchPackage.Stage) { self.stage = stage }

    public mutating func add(_ evidence: PatchEvidence) { self.evidence.add(evidence) }

    /// Begins another stage.
    public mutating func move(to stage: PatchPackage.Stage, isStepBack: Bool = false) {
        if isStepBack { stepsBack += 1 }
        if !self.stage.acts, stage.acts { baseline = evidence }
        if !stage.acts { baseline = nil }
        self.stage = stage
        evidence = PatchEvidence()
    }

    public func decision(_ thresholds: PromotionThresholds) -> PromotionDecision {
        if let held { return .hold(reason: "held: \(held)") }
        if stage.acts, let lower = stage.lower, let reason = complaint(thresholds) { return .stepBack(to: lower, reason: reason) }
        guard let next = stage.next else { return .hold(reason: stage == .off ? "off" : "enforced") }
        if stepsBack >= thresholds.stepsBack { return .hold(reason: "stepped back \(stepsBack) times: only people promote it") }
        let needed = needed(thresholds)
        guard evidence.clean >= needed else { return .hold(reason: "\(evidence.clean) of \(needed) clean transactions") }
        guard evidence.averageNanoseconds <= thresholds.costNanoseconds else {
            return .hold(reason: costs(thresholds))
        }
        guard evidence.matchShare <= thresholds.matchShare else {
            return .hold(
                reason: "\(evidence.matches) of \(evidence.transactions) transactions matched: if they are attacks promote the "
                    + "patch, else except them")
        }
        return .promote(
            to: next, reason: "\(evidence.clean) clean transactions, \(evidence.matches) matches, \(evidence.excepted) excepted")
    }

    /// Clean transactions for the next stage.
    public func needed(_ thresholds: PromotionThresholds) -> UInt64 {
        thresholds.cleanTransactions.multipliedReportingOverflow(by: 1 << UInt64(min(stepsBack, 16))).partialValue
    }

    private func costs(_ thresholds: PromotionThresholds) -> String {
        "its rules take \(evidence.averageNanoseconds / 1000) µs a transaction, \(thresholds.costNanoseconds / 1000) are allowed"
    }

    /// Why the patch must do less.
    private func complaint(_ thresholds: PromotionThresholds) -> String? {
        if evidence.transactions >= PromotionThresholds.leastSample, evidence.averageNanoseconds > thresholds.costNanoseconds {
            return costs(thresholds)
        }
        guard let baseline, evidence.transactions <= needed(thresholds) else { return nil }
        if let rise = Self.rise(
            from: (baseline.serverErrors, baseline.answers), to: (evidence.serverErrors, evidence.answers), by: thresholds.serverErrorRise)
        {
            return "answers of 500 and above rose \(rise)"
        }
        if let rise = Self.rise(from: (baseline.resets, baseline.flows), to: (evidence.resets, evidence.flows), by: thresholds.resetRise) {
            return "resets rose \(rise)"
        }
        return nil
    }

    /// Whether a share is above another by more than `limit` (in 10,000), and by more than chance does: three standard
    /// deviations of the difference of two shares.
    private static func rise(from before: (UInt64, UInt64), to after: (UInt64, UInt64), by limit: UInt64) -> String? {
        guard before.1 >= PromotionThresholds.leastSample, after.1 >= PromotionThresholds.leastSample else { return nil }
        let (old, new) = (PatchEvidence.share(before.0, of: before.1), PatchEvidence.share(after.0, of: after.1))
        guard new > old, new - old > limit else { return nil }
        let (first, second) = (Double(before.1), Double(after.1))
        let pooled = Double(before.0 &+ after.0) / (first + second)
        let deviation = (pooled * (1 - pooled) * (1 / first + 1 / second)).squareRoot()
        guard Double(new - old) / 10_000 > 3 * deviation else { return nil }
        return "from \(PolicyCanary.percent(UInt16(clamping: old))) to \(PolicyCanary.percent(UInt16(clamping: new)))"
    }
}

extension PatchPackage.Stage {
    /// Drops something.
    public var acts: Bool { self == .canary || self == .enforce }

    /// What promotion leads to.
    public var next: PatchPackage.Stage? {
        switch self {
        case .shadow: .canary
        case .canary: .enforce
        case .off, .enforce: nil
        }
    }

    public var lower: PatchPackage.Stage? {
        switch self {
        case .enforce: .canary
        case .canary: .shadow
        case .shadow: .off
        case .off: nil
        }
    }
}

extension PatchPackage.Stage: Codable {}
