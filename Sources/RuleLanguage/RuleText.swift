/// The bytes of a rule or configuration file with their places.
struct RuleText {
    let file: String
    let bytes: [UInt8]
    private let lineStarts: [Int]

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
        lineStarts = starts
    }

    /// A line of the language, which may go over several of the file.
    struct LogicalLine {
        /// The bytes as they are read: without blanks at the ends, continued lines joined.
        var field: Field
        /// Of the file, the line end left out.
        var range: Range<Int>
        var isComment: Bool { field.first == UInt8(ascii: "#") }
    }

    /// Lines that hold something, comments left out. A line that ends in a backslash goes on in the
    /// next one; the backslash and the line end then read as blanks.
    func logicalLines() -> [Field] {
        allLines().filter { !$0.field.isEmpty && !$0.isComment }.map(\.field)
    }

    /// Every line, comments and empty ones included. A comment is not continued. Linear in the file's length.
    func allLines() -> [LogicalLine] {
        var joined = bytes
        if bytes.starts(with: Self.byteOrderMark) { joined.replaceSubrange(0..<3, with: [0x20, 0x20, 0x20]) }
        var ranges: [Range<Int>] = []
        var line = 0
        while line < lineStarts.count {
            let start = lineStarts[line]
            guard start < bytes.count else { break }
            var end = lineEnd(line)
            if !Self.isComment(joined[start..<end]) {
                while line + 1 < lineStarts.count, let mark = continuation(of: line) {
                    for index in mark...end { joined[index] = UInt8(ascii: " ") }
                    line += 1
                    end = lineEnd(line)
                }
            }
            ranges.append(start..<end)
            line += 1
        }
        return ranges.map { LogicalLine(field: joined[$0].trimmed, range: $0) }
    }

    /// Index of the line's end, which is the file's for the last one.
    private func lineEnd(_ line: Int) -> Int {
        line + 1 < lineStarts.count ? lineStarts[line + 1] - 1 : bytes.count
    }

    private static func isComment(_ line: Field) -> Bool { line.first { !$0.isSpace } == UInt8(ascii: "#") }

    /// Editors of another system put it before the text.
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Index of the backslash that has the line go on in the next one.
    private func continuation(of line: Int) -> Int? {
        var last = lineEnd(line) - 1
        if last >= lineStarts[line], bytes[last] == UInt8(ascii: "\r") { last -= 1 }
        return last >= lineStarts[line] && bytes[last] == UInt8(ascii: "\\") ? last : nil
    }

    func location(_ offset: Int) -> SourceLocation {
        let line = lineNumber(offset)
        return SourceLocation(file: file, line: line, column: offset - lineStarts[line - 1] + 1)
    }

    /// Where the file's lines begin within `field`, counted from its start.
    func lineStarts(in field: Field) -> [Int] {
        let first = lineNumber(field.startIndex)
        let last = lineNumber(max(field.startIndex, field.endIndex - 1))
        return first == last ? [] : lineStarts[first..<last].map { $0 - field.startIndex }
    }

    private func lineNumber(_ offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    func diagnostic(_ severity: Diagnostic.Severity, _ error: RuleError, sid: UInt32?) -> Diagnostic {
        let offset = min(error.offset, max(bytes.count - 1, 0))
        let location = location(offset)
        return Diagnostic(
            severity: severity, code: error.code ?? .line, location: location, end: self.location(end(of: error, from: offset)),
            sid: sid, message: Self.shortened(error.message), suggestion: error.suggestion, excerpt: excerpt(location))
    }

    /// Behind what the error is about: as it says, or else the word that begins there, within the line.
    private func end(of error: RuleError, from offset: Int) -> Int {
        let limit = lineEnd(lineNumber(offset) - 1)
        if let end = error.end { return max(offset, min(end, limit)) }
        return Self.wordEnd(bytes[...], from: offset, limit: limit)
    }

    static func wordEnd(_ bytes: Field, from offset: Int, limit: Int) -> Int {
        var end = offset
        while end < limit, bytes[end].isNameByte { end += 1 }
        return end > offset ? end : min(offset + 1, limit)
    }

    /// A message may quote the rule, which may be as long as its writer likes.
    private static func shortened(_ message: String) -> String {
        guard message.utf8.count > 600 else { return message }
        return "\(String(decoding: message.utf8.prefix(400), as: UTF8.self)) … \(String(decoding: message.utf8.suffix(150), as: UTF8.self))"
    }

    /// The line, or the part of a long one around the column, with a caret below it.
    func excerpt(_ location: SourceLocation) -> String? {
        guard location.line >= 1, location.line <= lineStarts.count else { return nil }
        let start = lineStarts[location.line - 1]
        let end = lineEnd(location.line - 1)
        let column = location.column - 1
        let first = max(0, column - 60)
        let last = min(end - start, max(column + 40, 100))
        guard first <= last else { return nil }
        let shown = bytes[(start + first)..<(start + last)].map { $0 < 0x20 || $0 > 0x7e ? UInt8(ascii: " ") : $0 }
        let dots = first > 0 ? "…" : ""
        return dots + String(decoding: shown, as: UTF8.self) + "\n"
            + String(repeating: " ", count: column - first + dots.count) + "^"
    }
}
