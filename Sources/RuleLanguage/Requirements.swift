/// `requires`: what a rule needs of the engine; a rule that asks for more than there is is skipped
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/meta.html#requires).
enum Requirements {
    /// The release of Suricata whose language this is.
    static let languageVersion = [8, 0, 7]

    /// Names after `feature`, as Suricata has them.
    private static let features: Set<String> = ["ja3", "ja4", "hassh", "geoip"]

    /// - Returns: why the requirement isn't met, nil when it is.
    static func unmet(_ value: Field) throws(RuleError) -> String? {
        var versionWasAsked = false
        for part in value.parts(",") {
            let words = part.words
            guard let kind = words.first?.text else { throw RuleError("expected a requirement", at: part) }
            switch kind {
            case "version":
                guard !versionWasAsked else { throw RuleError("'requires' asks for a version twice", at: part) }
                versionWasAsked = true
                let rest = part.dropFirst("version".utf8.count).trimmed
                if try !isVersionMet(rest) { return "it requires version \(rest.text), but this is the language of version \(text)" }
            case "feature", "keyword":
                guard words.count == 2 else { throw RuleError("expected '\(kind) NAME'", at: part) }
                let name = words[1].text
                let isThere = kind == "feature" ? features.contains(name) : Keywords.isSupported(name)
                if !isThere { return "it requires the \(kind) '\(name)', which the engine does not have" }
            default: return "it requires '\(part.text)', which the engine does not know"
            }
        }
        return nil
    }

    private static var text: String { languageVersion.map(String.init).joined(separator: ".") }

    /// `>= 7.0.3 < 8 | >= 8.0.1`: any of the alternatives, each with all its comparisons.
    private static func isVersionMet(_ field: Field) throws(RuleError) -> Bool {
        var isMet = false
        for alternative in field.parts("|") {
            var holds = true
            var rest = alternative
            guard !rest.isEmpty else { throw RuleError("expected 'version >= NUMBER'", at: field) }
            while !rest.isEmpty {
                let operation = rest.prefix { "<>=".utf8.contains($0) }
                rest = rest.dropFirst(operation.count).trimmed
                let number = rest.prefix { !$0.isSpace && !"<>=".utf8.contains($0) }
                rest = rest.dropFirst(number.count).trimmed
                if try !compare(operation, try version(number)) { holds = false }
            }
            if holds { isMet = true }
        }
        return isMet
    }

    private static func version(_ field: Field) throws(RuleError) -> [Int] {
        let digits = field.prefix { $0 != UInt8(ascii: "-") }
        let parts = digits.parts(".").map { Int($0.text) }
        guard (1...3).contains(parts.count), !parts.contains(nil) else {
            throw RuleError("'\(field.text)' is not a version: expected one as in 8.0.1", at: field)
        }
        let numbers = parts.compactMap { $0 }
        return numbers + [Int](repeating: 0, count: 3 - numbers.count)
    }

    private static func compare(_ operation: Field, _ version: [Int]) throws(RuleError) -> Bool {
        let isLess = languageVersion.lexicographicallyPrecedes(version)
        let isGreater = version.lexicographicallyPrecedes(languageVersion)
        switch operation.text {
        case ">=": return !isLess
        case ">": return isGreater
        case "<=": return !isGreater
        case "<": return isLess
        case "=", "==": return !isLess && !isGreater
        default: throw RuleError("expected a comparison as in '>= 8'", at: operation)
        }
    }
}
