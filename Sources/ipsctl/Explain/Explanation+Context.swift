import Foundation
import Inspection
import Patches
import RuleLanguage
import Runtime
import Wire

/// What the files of patches and policy add to an event.
struct ExplanationLibrary {
    /// Folders of patch packages.
    let folders: [String]

    func complete(_ explanation: inout Explanation) {
        if let id = explanation.patch?.id, let folder = folder(of: id) {
            if explanation.patch?.title == nil {
                explanation.patch?.title = try? PatchReader().identity(folder, name: id).title
            }
            if explanation.rule?.place == nil, let sid = explanation.rule?.sid {
                explanation.rule?.place = rules("\(folder)/patch.rules").first { $0.sid == sid }
                    .map { "\($0.location.file):\($0.location.line)" }
            }
        }
        if let sid = explanation.rule?.sid, let place = explanation.rule?.place.flatMap(Self.split) {
            explanation.rule?.text = rules(place.file).first { $0.sid == sid && $0.location.line == place.line }?.text
        }
        if let id = explanation.patch?.id, let place = explanation.policy.flatMap(Self.split),
            let policy = try? PolicyReader.read(place.file)
        {
            explanation.policy_text = policy.lines.first { $0.location.line == place.line && $0.patch.matches(id) }?.text
        }
        explanation.remedy = remedy(explanation)
    }

    private func folder(of id: String) -> String? {
        guard !id.contains("/"), !id.hasPrefix(".") else { return nil }
        return folders.lazy.map { "\($0)/\(id)" }.first { Paths.exists("\($0)/patch.yaml") }
    }

    private func rules(_ file: String) -> [Rule] {
        (try? TextFile.bytes(file)).map { RuleParser().parse(file: file, bytes: $0).rules } ?? []
    }

    /// `FILE:LINE`
    private static func split(_ place: String) -> (file: String, line: Int)? {
        guard let colon = place.lastIndex(of: ":"), let line = Int(place[place.index(after: colon)...]) else { return nil }
        return (String(place[..<colon]), line)
    }

    /// The narrowest exception that the event allows, for thirty days.
    private func remedy(_ explanation: Explanation) -> Explanation.Remedy? {
        guard let rule = explanation.rule, explanation.patch != nil || rule.gid == 1,
            let until = PolicyDay(String(CivilDate.text(Timestamp.now.nanoseconds / 1_000_000_000 + 30 * 86_400).prefix(10)))
        else { return nil }
        let subject = explanation.patch.flatMap { Glob($0.id) }.map(PolicyException.Subject.patch) ?? .sid(rule.sid)
        var exception = PolicyException(subject: subject, until: until, reason: "why")
        var words = ["ipsctl policy except"]
        switch subject {
        case .patch(let glob): words.append("--patch \(Shell.quoted(glob.text))")
        case .sid(let sid): words.append("--sid \(sid)")
        }
        if let container = explanation.decidingContainer, let name = Glob(container.name) {
            exception.selector.container = [name]
            words.append("--where \(Shell.quoted("container=\(container.name)"))")
        }
        if let path = path(explanation), let glob = Glob(path) {
            exception.path = glob
            words.append("--path \(Shell.quoted(path))")
        }
        if let source = AddressRange(text: explanation.client) {
            (exception.source, exception.sourceText) = (source, explanation.client)
            words.append("--source \(explanation.client)")
        }
        words += ["--until \(until)", "--reason why"]
        return Explanation.Remedy(policy: exception.text, command: words.joined(separator: " "))
    }

    /// nil where a path would never fit, or is not what every reader takes it for.
    private func path(_ explanation: Explanation) -> String? {
        guard let url = explanation.url, let buffer = explanation.match?.buffer,
            buffer.hasPrefix("http.") || buffer.hasPrefix("file."), let path = RequestPath.plain(Array(url.utf8)),
            path.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        return String(decoding: path, as: UTF8.self)
    }
}

enum Shell {
    /// One word to a shell, whatever is in it.
    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { byte in
            byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber || "/.:=_-@,".utf8.contains(byte))
        }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
