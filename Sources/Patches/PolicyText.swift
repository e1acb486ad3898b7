import RuleLanguage

/// Entries of a policy as they stand in a file.
enum PolicyText {
    /// In double quotes, as YAML and JSON read it.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// As it is where every reader takes that for text, else quoted.
    static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.first.map { (0x61...0x7a).contains($0) } ?? false
            && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text)
        return isPlain ? text : quoted(text)
    }
}

extension PolicyLine {
    /// `key: value` in the order of the documentation.
    var members: [String] {
        var members = ["patch: \(PolicyText.scalar(patch.text))"]
        if !selector.isEverywhere { members.append("where: \(selector.text)") }
        members.append("stage: \(stage.rawValue)")
        if stage == .canary { members.append("canary: \(canary.text)") }
        if let reason { members.append("reason: \(PolicyText.quoted(reason))") }
        if let until { members.append("until: \(until)") }
        return members
    }

    /// As it would stand in a file.
    public var text: String { members.entry(indentation: 2) }
}

extension PolicyException {
    var members: [String] {
        var members: [String] = []
        switch subject {
        case .patch(let glob): members.append("patch: \(PolicyText.scalar(glob.text))")
        case .sid(let sid): members.append("sid: \(sid)")
        }
        if !selector.isEverywhere { members.append("where: \(selector.text)") }
        if let path { members.append("path: \(PolicyText.quoted(path.text))") }
        if let sourceText { members.append("source: \(PolicyText.quoted(sourceText))") }
        members.append("until: \(until)")
        members.append("reason: \(PolicyText.quoted(reason))")
        return members
    }

    /// As it would stand in a file.
    public var text: String { members.entry(indentation: 2) }
}

extension [String] {
    /// An element of a block sequence.
    func entry(indentation: Int) -> String {
        let margin = String(repeating: " ", count: indentation)
        return enumerated().map { "\(margin)\($0.offset == 0 ? "- " : "  ")\($0.element)" }.joined(separator: "\n")
    }
}
