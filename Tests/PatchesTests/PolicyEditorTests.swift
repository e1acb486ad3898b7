import Patches
import RuleLanguage
import TestSupport
import Testing

/// What programs change in a policy, and what they leave as it was written.
struct PolicyEditorTests {
    private static let text = """
        # Who asks: security@shop.example
        patches:
          # All of the class.
          - patch: "class-*"   # broad
            stage: shadow      # for now

          # The search service.
          - patch: log4shell
            where: {image: "shop/*"}
            stage: canary
            canary: {share: 10%}
            # twice a week
            reason: "try it"
        # The end of the patches.

        exceptions:
          - {sid: 5, until: 2026-12-31, reason: "x"}

        """

    private func edit(_ text: String, _ change: (inout PolicyEditor) throws -> Void) throws -> String {
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        try change(&editor)
        return editor.text
    }

    private func line(_ patch: String, _ stage: PatchPackage.Stage) throws -> PolicyLine {
        PolicyLine(patch: try #require(Glob(patch)), stage: stage)
    }

    @Test func aLineIsAddedBehindTheOthers() throws {
        let added = try edit(Self.text) { try $0.append(try line("new", .enforce)) }
        #expect(added == Self.text.replacing("    reason: \"try it\"\n", with: "    reason: \"try it\"\n  - patch: new\n    stage: enforce\n"))
    }

    @Test func aStageIsChangedInPlace() throws {
        let changed = try edit(Self.text) { editor in
            var line = editor.policy.lines[0]
            line.stage = .enforce
            try editor.replace(0, with: line)
        }
        #expect(changed == Self.text.replacing("stage: shadow      # for now", with: "stage: enforce      # for now"))
        let promoted = try edit(Self.text) { editor in
            var line = editor.policy.lines[1]
            line.stage = .enforce
            line.reason = "1,000 clean requests"
            try editor.replace(1, with: line)
        }
        #expect(promoted.contains("    stage: enforce\n    reason: \"1,000 clean requests\"\n    # twice a week\n# The end"))
        #expect(!promoted.contains("canary:") && promoted.contains("  # The search service.\n  - patch: log4shell\n"))
    }

    @Test func entriesAreTakenOut() throws {
        let less = try edit(Self.text) { try $0.removeLine(0) }
        #expect(!less.contains("class-*") && less.contains("# The search service.\n  - patch: log4shell"))
        let none = try edit("patches:  # ours\n  - patch: a\n    stage: off\n") { try $0.removeLine(0) }
        #expect(none == "patches: []  # ours\n")
        #expect(try edit(Self.text) { try $0.removeException(0) }.hasSuffix("exceptions: []\n"))
    }

    @Test(arguments: ["", "# nothing yet\n", "patches: []\n", "patches:\n", "version: 1\n"])
    func theFirstLineMakesItsSection(text: String) throws {
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        try editor.append(try line("a", .shadow))
        try editor.append(PolicyException(subject: .sid(7), until: try #require(PolicyDay("2026-12-31")), reason: "say \"why\""))
        #expect(editor.policy.lines.map(\.patch.text) == ["a"] && editor.policy.exceptions.map(\.reason) == ["say \"why\""])
        #expect(text.isEmpty || text.hasPrefix("patches") || editor.text.hasPrefix(text))
    }

    @Test func whatIsOnOneLineIsNotChanged() {
        #expect {
            _ = try edit("patches: [{patch: a, stage: off}]\n") { try $0.append(try line("b", .off)) }
        } throws: { "\($0)".hasPrefix("policy.yaml:1:10: can't be changed by a program") }
    }

    @Test func entriesWithTextOfAnyKindComeBack() throws {
        var line = try line("class-*", .canary)
        line.canary = .share(25)
        line.reason = "tab\t, quote \", \\ and ünicode: # no comment"
        line.selector.image = [try #require(Glob("a/*")), try #require(Glob("b: {c}"))]
        line.selector.labels = [.init(key: "x/y", values: [try #require(Glob("1"))])]
        line.until = PolicyDay("2026-12-31")
        let policy = try PolicyEditor(file: "p", text: try edit("") { try $0.append(line) }).policy
        #expect(policy.lines.count == 1 && policy.lines[0].reason == line.reason && policy.lines[0].canary == .share(25))
        #expect(policy.lines[0].selector == line.selector && policy.lines[0].until == line.until)
    }

    @Test func theFileIsPutInPlaceWhole() throws {
        let folder = try TemporaryFolder()
        var editor = try PolicyEditor(file: "\(folder.path)/policy.yaml")
        try editor.append(try line("a", .shadow))
        try editor.write()
        #expect(try PolicyReader.read("\(folder.path)/policy.yaml").lines.map(\.stage) == [.shadow])
        let nowhere = try PolicyEditor(file: "\(folder.path)/none/policy.yaml")
        #expect { try nowhere.write() } throws: { "\($0)".contains("can't be written") }
    }
}
