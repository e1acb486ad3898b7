import Wire

/// Writes rule files in one canonical form: a rule on one line, one blank between its parts, names in lower case, the
/// options in their order. What a rule means does not change, and formatting again changes nothing.
///
/// Comments stay, rules behind a `#` are formatted as well, and a line that is no rule stays as it is.
public struct RuleFormatter: Sendable {
    /// Write sticky buffers in place of the old modifiers (`http_uri` after a content, `/U` at an expression,
    /// `uricontent`), and today's names of buffers.
    public let isModern: Bool

    public struct Result: Sendable {
        public var bytes: [UInt8] = []
        /// Lines that were left as they are, and rules that could not be made modern.
        public var diagnostics: [Diagnostic] = []
    }

    public init(isModern: Bool = false) { self.isModern = isModern }

    public func format(file: String, bytes: [UInt8]) -> Result {
        let text = RuleText(file: file, bytes: bytes)
        var result = Result()
        var blankIsDue = false
        for line in text.allLines() {
            guard !line.field.isEmpty else {
                blankIsDue = !result.bytes.isEmpty
                continue
            }
            if blankIsDue { result.bytes.append(UInt8(ascii: "\n")) }
            blankIsDue = false
            result.bytes += self.line(line, text, &result.diagnostics)
            // A backslash at the end of the file would have the line go on.
            let isOpen = line.range.upperBound == bytes.count && result.bytes.last == UInt8(ascii: "\\") && !line.isComment
            if !isOpen { result.bytes.append(UInt8(ascii: "\n")) }
        }
        return result
    }

    private func line(_ line: RuleText.LogicalLine, _ text: RuleText, _ diagnostics: inout [Diagnostic]) -> [UInt8] {
        if line.isComment {
            let body = line.field.dropFirst().trimmed
            guard let parts = try? RuleParts(body) else { return Array(line.field) }
            return Array("# ".utf8) + written(parts, body, text, &diagnostics)
        }
        do throws(RuleError) {
            return written(try RuleParts(line.field), line.field, text, &diagnostics)
        } catch {
            diagnostics.append(text.diagnostic(.warning, error, sid: nil))
            return Array(text.bytes[line.range].droppingByteOrderMark)
        }
    }

    private func written(
        _ parts: RuleParts, _ line: Field, _ text: RuleText, _ diagnostics: inout [Diagnostic]
    ) -> [UInt8] {
        guard isModern else { return parts.canonical }
        do throws(RuleError) {
            return try ModernForm(parts, text).rule.canonical
        } catch {
            diagnostics.append(text.diagnostic(.warning, error, sid: nil))
            return parts.canonical
        }
    }
}

extension Field {
    fileprivate var droppingByteOrderMark: Field { starts(with: [0xef, 0xbb, 0xbf]) ? dropFirst(3) : self }
}

/// A rule as its parts, none of them understood.
struct RuleParts {
    struct Option {
        /// In lower case.
        var keyword: [UInt8]
        /// nil when there is no colon.
        var value: [UInt8]?
        /// Index of the keyword in the file.
        var offset: Int

        var name: String { String(decoding: keyword, as: UTF8.self) }
    }

    /// Action, protocol, source, port, direction, destination, port.
    var header: [[UInt8]] = []
    var options: [Option] = []
    /// From '(' to the end.
    var optionField: Field

    /// - Throws: where the line isn't a rule by its form.
    init(_ line: Field) throws(RuleError) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")) else {
            throw RuleError("not a rule: expected '(' with its options after the header", at: line, code: .syntax)
        }
        optionField = line[open...]
        try readHeader(line[line.startIndex..<open])
        guard line.last == UInt8(ascii: ")") else {
            throw RuleError("the rule does not end with ')'", offset: line.endIndex - 1, code: .syntax)
        }
        var rest = optionField.dropFirst().dropLast().trimmed
        while !rest.isEmpty {
            let (keyword, value) = try OptionReader.nextOption(&rest)
            options.append(
                Option(keyword: keyword.map(\.lowercasedASCII), value: value.map { Array($0) }, offset: keyword.startIndex))
        }
    }

    private mutating func readHeader(_ field: Field) throws(RuleError) {
        var rest = field.trimmed
        let start = rest
        while !rest.isEmpty { header.append(try RuleParser.token(&rest).filter { !$0.isSpace }) }
        guard header.count == 7, RuleParser.actions.contains(String(decoding: header[0].map(\.lowercasedASCII), as: UTF8.self)),
            ["->", "<>", "=>"].contains(String(decoding: header[4], as: UTF8.self))
        else {
            throw RuleError(
                "not a rule: expected 'action protocol source port -> destination port'", at: start, code: .header)
        }
        header[0] = header[0].map(\.lowercasedASCII)
        header[1] = header[1].map(\.lowercasedASCII)
    }

    var canonical: [UInt8] {
        var result = Array(header.joined(separator: [UInt8(ascii: " ")]))
        result += " (".utf8
        for (index, option) in options.enumerated() {
            if index > 0 { result.append(UInt8(ascii: " ")) }
            result += option.keyword
            if let value = option.value {
                result.append(UInt8(ascii: ":"))
                result += OptionSpacing.canonical(value, of: option.name)
            }
            // A backslash that took the meaning from a blank must not take it from the semicolon.
            if result.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count % 2 == 1 { result.append(UInt8(ascii: " ")) }
            result.append(UInt8(ascii: ";"))
        }
        result.append(UInt8(ascii: ")"))
        return result
    }
}

/// Blanks around the commas of a value, where they mean nothing.
enum OptionSpacing {
    private static let tight: Set<String> = [
        "flow", "flowbits", "flowint", "xbits", "hostbits", "byte_test", "byte_jump", "byte_extract", "isdataat",
        "stream_size", "tag", "urilen", "app-layer-protocol",
    ]
    private static let spaced: Set<String> = ["metadata", "byte_math", "base64_decode", "requires"]
    /// Their parts are words, and blanks between them mean nothing either.
    private static let worded: Set<String> = ["threshold", "detection_filter", "dataset", "datarep"]

    static func canonical(_ value: [UInt8], of keyword: String) -> [UInt8] {
        if value.first == UInt8(ascii: "!"), let rest = value[...].dropping("!"), rest.first == UInt8(ascii: "\"") {
            return [UInt8(ascii: "!")] + rest
        }
        let separator: [UInt8]
        if tight.contains(keyword) {
            separator = Array(",".utf8)
        } else if spaced.contains(keyword) || worded.contains(keyword) {
            separator = Array(", ".utf8)
        } else if keyword == "reference" {
            guard let comma = value.firstIndex(of: UInt8(ascii: ",")), !value.contains(UInt8(ascii: "\"")) else { return value }
            return value[..<comma].trimmed + [UInt8(ascii: ",")] + value[(comma + 1)...].trimmed
        } else {
            return value
        }
        guard !value.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else { return value }
        let parts = value[...].parts(",").map { part in
            if worded.contains(keyword) { return Array(part.words.joined(separator: [0x20])) }
            guard keyword == "metadata", let blank = part.firstIndex(where: \.isSpace) else { return Array(part) }
            return part[..<blank] + [0x20] + part[blank...].trimmed
        }
        return Array(parts.joined(separator: separator))
    }
}
