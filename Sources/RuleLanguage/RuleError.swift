/// What is wrong at one place of the text being read; the caller turns it into a `Diagnostic`.
struct RuleError: Error {
    /// One sentence: what was found and what was expected.
    var message: String
    /// Index of the first wrong byte in the file.
    var offset: Int
    /// Index behind the last one; nil when only the place is known.
    var end: Int?
    /// nil until somebody who reads a part of the rule says what kind of part it is.
    var code: DiagnosticCode?
    /// What may stand there instead.
    var suggestion: String?
    /// The rule is left out as it asks to be, which is no fault.
    var skipsRule = false

    init(skipping reason: String, at field: Field) {
        self.init("the rule is skipped: \(reason)", at: field, code: .requirement)
        skipsRule = true
    }

    init(_ message: String, at field: Field, code: DiagnosticCode? = nil, suggestion: String? = nil) {
        self.message = message
        offset = field.startIndex
        end = field.isEmpty ? nil : field.endIndex
        self.code = code
        self.suggestion = suggestion
    }

    init(_ message: String, offset: Int, code: DiagnosticCode? = nil) {
        self.message = message
        self.offset = offset
        self.code = code
    }

    /// What goes wrong in `body` is of the kind `code`, unless it knows better.
    static func coded<Result>(_ code: DiagnosticCode, _ body: () throws(RuleError) -> Result) throws(RuleError) -> Result {
        do throws(RuleError) {
            return try body()
        } catch {
            var error = error
            error.code = error.code ?? code
            throw error
        }
    }
}

/// A piece of a file; its indices are those of the file, so that every error knows its place.
typealias Field = ArraySlice<UInt8>

extension Field {
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The standard library's search for a subsequence takes a hundred times longer, on every rule.
    func holds(bytesOf word: [UInt8]) -> Bool {
        guard let first = word.first, count >= word.count else { return false }
        for index in startIndex...(endIndex - word.count) where self[index] == first {
            if self[index..<index + word.count].elementsEqual(word) { return true }
        }
        return false
    }

    var trimmed: Field {
        var field = self
        while let first = field.first, first.isSpace { field = field.dropFirst() }
        while let last = field.last, last.isSpace { field = field.dropLast() }
        return field
    }

    /// Splits at `separator`, trims the parts and keeps empty ones.
    func parts(_ separator: Character) -> [Field] {
        split(separator: separator.asciiValue ?? 0, omittingEmptySubsequences: false).map(\.trimmed)
    }

    /// Words between blanks.
    var words: [Field] { split(whereSeparator: \.isSpace) }

    /// The field without `prefix`, trimmed; nil where it does not begin so.
    func dropping(_ prefix: String) -> Field? {
        starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count).trimmed : nil
    }

    /// The inside of a value in double quotes, or the value itself.
    func unquoted() throws(RuleError) -> Field {
        guard first == UInt8(ascii: "\"") else { return self }
        guard count >= 2, last == UInt8(ascii: "\"") else {
            throw RuleError("the quoted value has no closing '\"'", at: self)
        }
        return dropFirst().dropLast()
    }

    /// A decimal or `0x` hexadecimal number, a sign allowed.
    func integer() throws(RuleError) -> Int64 {
        var digits = text
        if digits.contains("_") { digits.removeAll { $0 == "_" } }
        var isNegative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            digits.removeFirst()
        }
        let value: Int64? =
            digits.lowercased().hasPrefix("0x") ? Int64(digits.dropFirst(2), radix: 16) : Int64(digits, radix: 10)
        guard let value, digits.first?.isNumber == true else {
            throw RuleError(isEmpty ? "expected a number" : "'\(text)' is not a number", at: self)
        }
        return isNegative ? -value : value
    }

    /// As `integer`, without a sign and up to 64 bits.
    func unsigned() throws(RuleError) -> UInt64 {
        var digits = text
        if digits.contains("_") { digits.removeAll { $0 == "_" } }
        let isHexadecimal = digits.lowercased().hasPrefix("0x")
        guard digits.utf8.first.map({ 0x30...0x39 ~= $0 }) == true,
            let value = isHexadecimal ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits, radix: 10)
        else { throw RuleError(isEmpty ? "expected a number" : "'\(text)' is not a number", at: self) }
        return value
    }

    func integer(in range: ClosedRange<Int64>, _ what: String) throws(RuleError) -> Int64 {
        let value = try integer()
        guard range.contains(value) else {
            throw RuleError("\(what) is \(value); expected \(range.lowerBound) to \(range.upperBound)", at: self)
        }
        return value
    }

    func unsigned32(_ what: String) throws(RuleError) -> UInt32 {
        UInt32(try integer(in: 0...Int64(UInt32.max), what))
    }
}

extension UInt8 {
    var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
    var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
