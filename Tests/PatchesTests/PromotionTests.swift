import Containers
import Patches
import RuleLanguage
import TestSupport
import Testing
import Wire

struct PromotionTests {
    private let thresholds = PromotionThresholds()

    private func seen(_ transactions: UInt64, matches: UInt64 = 0, errors: UInt64 = 0, resets: UInt64 = 0, nanoseconds: UInt64 = 0) -> PatchEvidence {
        var evidence = PatchEvidence()
        evidence.transactions = transactions
        evidence.matches = matches
        evidence.answers = transactions
        evidence.serverErrors = errors
        evidence.flows = transactions
        evidence.resets = resets
        evidence.nanoseconds = nanoseconds
        return evidence
    }

    private func state(_ stage: PatchPackage.Stage, _ evidence: PatchEvidence) -> PromotionState {
        var state = PromotionState(stage: stage)
        state.add(evidence)
        return state
    }

    /// A canary that follows a shadow stage with `before`.
    private func canary(after before: PatchEvidence, _ now: PatchEvidence) -> PromotionState {
        var state = state(.shadow, before)
        state.move(to: .canary)
        state.add(now)
        return state
    }

    @Test func cleanTransactionsPromoteAndNothingElse() {
        #expect(state(.shadow, seen(9_999)).decision(thresholds) == .hold(reason: "9999 of 10000 clean transactions"))
        #expect(state(.shadow, seen(10_000, matches: 1)).decision(thresholds) == .hold(reason: "9999 of 10000 clean transactions"))
        #expect(
            state(.shadow, seen(10_001, matches: 1)).decision(thresholds)
                == .promote(to: .canary, reason: "10000 clean transactions, 1 matches, 0 excepted"))
        #expect(canary(after: seen(10_000), seen(10_000)).decision(thresholds) == .promote(to: .enforce, reason: "10000 clean transactions, 0 matches, 0 excepted"))
        #expect(state(.enforce, seen(1_000_000)).decision(thresholds) == .hold(reason: "enforced"))
        #expect(state(.off, seen(1_000_000)).decision(thresholds) == .hold(reason: "off"))
    }

    @Test func manyMatchesAreForPeople() throws {
        guard case .hold(let reason) = state(.shadow, seen(20_000, matches: 300)).decision(thresholds) else {
            Issue.record("it was promoted")
            return
        }
        #expect(reason.hasPrefix("300 of 20000 transactions matched"))
    }

    @Test func whatPeopleHoldStays() {
        var state = state(.shadow, seen(50_000))
        state.held = "the release is on Monday"
        #expect(state.decision(thresholds) == .hold(reason: "held: the release is on Monday"))
        state = canary(after: seen(10_000), seen(5_000, errors: 4_000))
        state.held = "looked at"
        #expect(state.decision(thresholds) == .hold(reason: "held: looked at"))
    }

    @Test(arguments: [
        // before: transactions and errors; after; steps back
        (10_000, 100, 1_000, 30, false), (10_000, 100, 1_000, 31, true), (10_000, 0, 1_000, 20, false), (10_000, 0, 1_000, 21, true),
        // Too few to say anything, and a rise that chance alone makes.
        (10_000, 0, 199, 199, false), (150, 0, 1_000, 900, false), (400, 20, 200, 16, false), (10_000, 5_000, 1_000, 300, false),
        // Long after the step other causes are likelier.
        (10_000, 0, 10_001, 5_000, false),
    ] as [(UInt64, UInt64, UInt64, UInt64, Bool)])
    func risesOfErrorsAndResets(before: UInt64, errors: UInt64, after: UInt64, now: UInt64, isStepBack: Bool) {
        for state in [
            canary(after: seen(before, errors: errors), seen(after, errors: now)),
            canary(after: seen(before, resets: errors), seen(after, resets: now)),
        ] {
            switch state.decision(thresholds) {
            case .stepBack(let stage, let reason): #expect(isStepBack && stage == .shadow && reason.contains(" rose from "))
            default: #expect(!isStepBack)
            }
        }
    }

    @Test func theReasonNamesTheShares() {
        let state = canary(after: seen(10_000, errors: 50), seen(2_000, errors: 100))
        #expect(state.decision(thresholds) == .stepBack(to: .shadow, reason: "answers of 500 and above rose from 0.5% to 5%"))
    }

    @Test func costSendsBackAtAnyTime() {
        var state = canary(after: seen(10_000), seen(10_000))
        state.move(to: .enforce)
        state.add(seen(1_000_000, nanoseconds: 60_000 * 1_000_000))
        #expect(state.decision(thresholds) == .stepBack(to: .canary, reason: "its rules take 60 µs a transaction, 50 are allowed"))
        // In shadow it costs the same: it does not go on.
        #expect(
            self.state(.shadow, seen(20_000, nanoseconds: 60_000 * 20_000)).decision(thresholds)
                == .hold(reason: "its rules take 60 µs a transaction, 50 are allowed"))
    }

    @Test func eachStepBackDoublesWhatIsAskedFor() {
        var state = canary(after: seen(10_000), seen(1_000, errors: 500))
        state.move(to: .shadow, isStepBack: true)
        state.add(seen(10_000))
        #expect(state.decision(thresholds) == .hold(reason: "10000 of 20000 clean transactions") && state.evidence.transactions == 10_000)
        state.add(seen(10_000))
        #expect(state.decision(thresholds) == .promote(to: .canary, reason: "20000 clean transactions, 0 matches, 0 excepted"))
        for _ in 0..<2 { state.move(to: .shadow, isStepBack: true) }
        state.add(seen(10_000_000))
        #expect(state.decision(thresholds) == .hold(reason: "stepped back 3 times: only people promote it"))
    }

    // MARK: The ledger

    private func lines(_ text: String) throws -> [PolicyLine] { try PolicyReader.policy(file: "policy.yaml", text: text).lines }

    @Test func theLedgerFollowsThePolicyAndSurvivesARestart() throws {
        let folder = try TemporaryFolder()
        let file = "\(folder.path)/state/promotion.json"
        let text = "patches:\n  - {patch: a, stage: shadow}\n  - {patch: b, where: {image: x}, stage: canary}\n"
        let lines = try lines(text)
        var ledger = try PromotionLedger.read(file)
        ledger.follow(lines)
        ledger[.init(lines[0])]?.add(seen(70, matches: 2))
        try ledger.write(file)
        ledger = try PromotionLedger.read(file)
        ledger.follow(lines)
        #expect(ledger[.init(lines[0])]?.evidence == seen(70, matches: 2) && ledger[.init(lines[1])]?.stage == .canary)
        // People changed a stage, and took a line away.
        let changed = try self.lines("patches:\n  - {patch: a, stage: enforce}\n")
        ledger.follow(changed)
        #expect(ledger[.init(changed[0])]?.stage == .enforce && ledger[.init(changed[0])]?.evidence == PatchEvidence())
        #expect(ledger[.init(changed[0])]?.baseline == seen(70, matches: 2) && ledger[.init(lines[1])] == nil)
    }

    @Test(arguments: [("{", "not a state"), ("{\"version\":2,\"states\":{},\"lastRun\":{},\"toldRetired\":[]}", "of version 2; expected 1")])
    func aBrokenLedgerIsNamed(text: String, says: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("l.json", text)
        #expect { _ = try PromotionLedger.read(file) } throws: { "\($0)".contains("l.json: ") && "\($0)".contains(says) }
    }

    @Test func aLineRetiresWhenWhatItProtectsHasStopped() throws {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let lines = try lines("patches:\n  - {patch: a, where: {digest: \"\(digest)\"}, stage: enforce}\n  - {patch: b, where: {image: never}, stage: enforce}\n")
        var container = Container(id: "1", name: "one", runtime: .docker, image: "x")
        container.digest = digest
        func at(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }
        var ledger = PromotionLedger()
        ledger.follow(lines)
        ledger.note([container], lines, at: at(1_000))
        #expect(ledger.retired(lines, running: [], at: at(1_599), after: 600).isEmpty)
        #expect(ledger.retired(lines, running: [], at: at(1_600), after: 600).map(\.location.line) == [2], "the other one was never seen")
        #expect(ledger.retired(lines, running: [container], at: at(9_000), after: 600).isEmpty)
        #expect(ledger.tell(lines[0]) && !ledger.tell(lines[0]))
        // A restart of the container takes it back.
        ledger.note([container], lines, at: at(1_700))
        #expect(ledger.retired(lines, running: [], at: at(1_800), after: 600).isEmpty && ledger.tell(lines[0]))
    }
}
