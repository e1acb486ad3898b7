import Containers
import Patches
import RuleLanguage
import Testing
import Wire

struct PolicyStewardTests {
    private let digest = "sha256:" + String(repeating: "ab", count: 32)

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * 1_000_000_000) }

    private func clean(_ transactions: UInt64, errors: UInt64 = 0) -> PatchEvidence {
        var evidence = PatchEvidence()
        (evidence.transactions, evidence.answers, evidence.serverErrors) = (transactions, transactions, errors)
        return evidence
    }

    private func container() -> Container {
        var container = Container(id: "1", name: "one", runtime: .docker, image: "x")
        container.digest = digest
        return container
    }

    private var text: String {
        """
        # ours
        patches:
          - patch: "class-*"   # never promoted: a pattern
            stage: shadow
          - patch: one         # of people
            stage: shadow
          - patch: two
            where: {digest: "\(digest)"}
            stage: shadow
            reason: "recommended: CVE-2024-0001 in a 1"

        """
    }

    @Test func aLineGoesThroughItsStages() throws {
        var steward = PolicySteward()
        steward.lines = .recommended
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        var ledger = PromotionLedger()
        var asked: [String] = []
        func advance(_ seen: PatchEvidence) throws -> [PolicyStep] {
            try steward.advance(&editor, &ledger, containers: nil, at: at(0)) { line in
                asked.append(line.patch.text)
                return seen
            }
        }
        #expect(try advance(clean(9_000)).isEmpty)
        let first = try advance(clean(1_000))
        #expect(first.map(\.action) == [.promote] && first.first?.from == .shadow && first.first?.to == .canary)
        #expect(
            first.first?.text
                == "patch two at {digest: \"\(digest)\"} promoted from shadow to canary: 10000 clean transactions, 0 matches, 0 excepted")
        #expect(editor.policy.lines.map(\.stage) == [.shadow, .shadow, .canary] && PolicyUpdate.isOwn(editor.policy.lines[2]))
        #expect(editor.text.hasPrefix("# ours\npatches:\n  - patch: \"class-*\"   # never promoted: a pattern\n"))
        #expect(try advance(clean(10_000)).first?.to == .enforce && editor.policy.lines[2].stage == .enforce)
        // The first answers after the step are errors.
        let back = try advance(clean(1_000, errors: 400))
        #expect(back.map(\.action) == [.stepBack] && back.first?.to == .canary && back.first?.evidence.serverErrors == 400)
        #expect(try PolicyReader.policy(file: "policy.yaml", text: editor.text).lines[2].stage == .canary)
        #expect(Set(asked) == ["two"])
    }

    @Test func allLinesWhenAsked() throws {
        var steward = PolicySteward()
        steward.lines = .all
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        var ledger = PromotionLedger()
        let seen = clean(20_000)
        let steps = try steward.advance(&editor, &ledger, containers: nil, at: at(0)) { _ in seen }
        #expect(steps.map(\.patch) == ["one", "two"] && editor.policy.lines.map(\.stage) == [.shadow, .canary, .canary])
        steward.lines = .none
        #expect(try steward.advance(&editor, &ledger, containers: nil, at: at(0)) { _ in seen }.isEmpty)
    }

    @Test(arguments: [PolicySteward.Retirement.auto, .report, .off])
    func whatProtectsNothingRetires(mode: PolicySteward.Retirement) throws {
        var steward = PolicySteward()
        steward.retirement = mode
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        var ledger = PromotionLedger()
        func advance(_ running: [Container]?, at seconds: Int64) throws -> [PolicyStep] {
            try steward.advance(&editor, &ledger, containers: running, at: at(seconds)) { _ in PatchEvidence() }
        }
        #expect(try advance([container()], at: 1_000).isEmpty)
        #expect(try advance([], at: 1_599).isEmpty)
        // What runs is not known: nothing is said.
        #expect(try advance(nil, at: 2_000).isEmpty)
        let steps = try advance([], at: 2_001)
        #expect(steps.map(\.patch) == (mode == .off ? [] : ["two"]) && steps.first?.to == (mode == .report ? .shadow : nil))
        #expect(editor.policy.lines.count == (mode == .auto ? 2 : 3))
        #expect(try advance([], at: 3_000).isEmpty, "said once")
        if mode == .report { #expect(steps.first?.text.contains("may retire: nothing that it protects has run for 600 s") == true) }
    }
}
