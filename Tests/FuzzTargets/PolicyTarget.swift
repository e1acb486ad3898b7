import Patches
import RuleLanguage

/// Policies from their text, and what programs change in them.
extension FuzzTarget {
    static let policy = FuzzTarget(
        "policy", words: ["patches:", "exceptions:", "\n  - ", "patch: ", "stage: ", "where: ", "until: 2026-12-31", "#", "{", "}", "&a ", "*a", "|\n"].map { Array($0.utf8) },
        seeds: { policySeeds.map { Array($0.utf8) } }
    ) { input in
        guard let text = String(validating: input, as: UTF8.self) else { return }
        let editor: PolicyEditor
        do throws(PatchError) {
            editor = try PolicyEditor(file: "policy.yaml", text: text)
        } catch {
            return try promise(error.description.hasPrefix("policy.yaml") && !error.message.isEmpty, "an error without a place: \(error)")
        }
        let before = gist(editor.policy)
        guard let patch = Glob("added") else { return }
        try changed(editor, { try $0.append(PolicyLine(patch: patch, stage: .shadow)) }) { after in
            after.lines.count == before.lines.count + 1 && after.lines.starts(with: before.lines) && after.exceptions == before.exceptions
        }
        guard var line = editor.policy.lines.first else { return }
        try changed(editor, { try $0.removeLine(0) }) { $0.lines == Array(before.lines.dropFirst()) && $0.exceptions == before.exceptions }
        line.stage = line.stage == .enforce ? .off : .enforce
        try changed(editor, { try $0.replace(0, with: line) }) { after in
            after.lines.count == before.lines.count && after.lines.first == line.text && after.lines.dropFirst() == before.lines.dropFirst()
                && after.exceptions == before.exceptions
        }
    }

    private static func gist(_ policy: Policy) -> (lines: [String], exceptions: [String]) {
        (policy.lines.map(\.text), policy.exceptions.map(\.text))
    }

    /// A change does what it says, by what its text reads as again, or is refused.
    private static func changed(
        _ editor: PolicyEditor, _ change: (inout PolicyEditor) throws -> Void,
        _ holds: ((lines: [String], exceptions: [String])) -> Bool
    ) throws {
        var copy = editor
        do { try change(&copy) } catch is PatchError {
            return try promise(copy.text == editor.text, "a change that was refused has changed the text")
        }
        let again = try PolicyReader.policy(file: "policy.yaml", text: copy.text)
        try promise(holds(gist(again)), "\(editor.text) became \(copy.text)")
    }

    private static let policySeeds = [
        "", "patches:\n  - patch: a\n    stage: off\n",
        """
        # ours
        patches:
          # first
          - patch: "class-*"   # broad
            where: {image: "docker.io/shop/*", label: {app: [shop, cart]}}
            stage: canary
            canary: {share: 2.5%}
            reason: |
              # not a comment
              text
            until: 2026-12-31

          - patch: log4shell
            stage: enforce
        # last
        exceptions:
          - sid: 7
            path: "/search*"
            source: 198.18.0.0/15
            until: 2026-12-31
            reason: 'it''s ours'
        """,
        "patches: [{patch: a, stage: off}]\nexceptions: []\n", "patches:\n-\n  patch: a\n  stage: &s off\n- {patch: b, stage: *s}\n",
    ]
}
