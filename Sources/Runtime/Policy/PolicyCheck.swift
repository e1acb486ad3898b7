public import Detection
import Patches
public import RuleLanguage

/// What is odd about a policy that can be read: entries that do nothing.
public enum PolicyCheck {
    /// In the order of the file.
    /// - Parameter ruleSet: of the patches that the policy is for, and of other rules that it may name.
    public static func warnings(_ compiler: PolicyCompiler, _ ruleSet: RuleSet) -> [Diagnostic] {
        let policy = compiler.policy
        var found = policy.expired(at: .now)
        let ids = Set((compiler.patches + compiler.leftOut).map(\.id))
        for (index, line) in policy.lines.enumerated() {
            if let message = unknown(line.patch, ids) {
                found.append((line.location, message))
            } else if let other = policy.lines[(index + 1)...].first(where: { $0.hides(line) }) {
                found.append((line.location, "never counts: line \(other.location.line) fits whatever this one does, and comes later"))
            }
        }
        for exception in policy.exceptions {
            if let message = problem(exception, compiler, ids, ruleSet) { found.append((exception.location, message)) }
        }
        return found.sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }.map { entry in
            Diagnostic(severity: .warning, code: .file, location: entry.location, sid: nil, message: entry.message, excerpt: nil)
        }
    }

    private static func unknown(_ patch: Glob, _ ids: Set<String>) -> String? {
        guard !ids.contains(where: { patch.matches($0) }) else { return nil }
        let guess = patch.isLiteral ? Spelling.nearest(to: patch.text, among: ids.sorted()).map { "; did you mean \($0)?" } : nil
        return "no patch is called \(patch.text)\(guess ?? "")"
    }

    private static func problem(
        _ exception: PolicyException, _ compiler: PolicyCompiler, _ ids: Set<String>, _ ruleSet: RuleSet
    ) -> String? {
        let rules: [CompiledRule]
        switch exception.subject {
        case .patch(let glob):
            if let message = unknown(glob, ids) { return message }
            let numbers = Set(compiler.patches.indices.filter { glob.matches(compiler.patches[$0].id) }.map { UInt16($0 + 1) })
            rules = ruleSet.rules.filter { numbers.contains($0.rule.patch) }
        case .sid(let sid):
            rules = ruleSet.rules.filter { $0.rule.sid == sid && $0.rule.gid == 1 }
            if rules.isEmpty { return "no rule that is loaded has sid \(sid)" }
        }
        guard exception.path != nil, !rules.isEmpty else { return nil }
        let pathless = rules.filter { $0.type != .appLayerTransaction }.map(\.rule.sid).sorted()
        guard !pathless.isEmpty else { return nil }
        let sids = pathless.prefix(5).map(String.init).joined(separator: ", ") + (pathless.count > 5 ? ", …" : "")
        return "path: never fits sid \(sids), which look\(pathless.count == 1 ? "s" : "") at packets or streams, not at requests"
    }
}

extension PolicyLine {
    /// Whatever the other line fits is this one's for ever.
    fileprivate func hides(_ other: PolicyLine) -> Bool {
        until == nil && (selector.isEverywhere || selector == other.selector)
            && (patch == other.patch || patch.isEverything || other.patch.isLiteral && patch.matches(other.patch.text))
    }
}
