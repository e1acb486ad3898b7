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

    /// Lines that hold something, comments left out. A line that ends in a backslash goes on in the
    /// next one; the backslash and the line end then read as blanks.
    func logicalLines() -> [Field] {
        var joined = bytes
        var lines: [Field] = []
        var ranges: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            var end = start
            while let stop = lineEnd(from: end), isContinued(stop, from: start) {
                for index in continuation(before: stop)...stop { joined[index] = UInt8(ascii: " ") }
                end = stop + 1
            }
            let stop = lineEnd(from: end) ?? bytes.count
            ranges.append(start..<stop)
            start = stop + 1
        }
        for range in ranges {
            let line = joined[range].trimmed
            if let first = line.first, first != UInt8(ascii: "#") { lines.append(line) }
        }
        return lines
    }

    private func lineEnd(from index: Int) -> Int? {
        index < bytes.count ? bytes[index...].firstIndex(of: UInt8(ascii: "\n")) : nil
    }

    private func continuation(before stop: Int) -> Int {
        stop > 0 && bytes[stop - 1] == UInt8(ascii: "\r") ? stop - 2 : stop - 1
    }

    private func isContinued(_ stop: Int, from start: Int) -> Bool {
        let last = continuation(before: stop)
        guard last >= start, bytes[last] == UInt8(ascii: "\\") else { return false }
        return bytes[start...last].trimmed.first != UInt8(ascii: "#")
    }

    func location(_ offset: Int) -> SourceLocation {
        let line = lineNumber(offset)
        return SourceLocation(file: file, line: line, column: offset - lineStarts[line - 1] + 1)
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

    func diagnostic(_ severity: Diagnostic.Severity, _ message: String, offset: Int, sid: UInt32?) -> Diagnostic {
        let location = location(min(offset, max(bytes.count - 1, 0)))
        return Diagnostic(
            severity: severity, location: location, sid: sid, message: message, excerpt: excerpt(location))
    }

    /// The line, or the part of a long one around the column, with a caret below it.
    func excerpt(_ location: SourceLocation) -> String? {
        guard location.line >= 1, location.line <= lineStarts.count else { return nil }
        let start = lineStarts[location.line - 1]
        let end = lineEnd(from: start) ?? bytes.count
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
