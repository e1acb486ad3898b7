/// A JSON value (RFC 8259). Of members with one name the last counts.
enum JSONDocument: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    /// What it is called in errors.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Reads JSON texts, strictly and within limits.
struct JSONParser {
    struct Failure: Error {
        /// From 1.
        let line: Int
        /// In bytes, from 1.
        let column: Int
        let message: String
    }

    /// Deeper nesting is refused.
    static let maximumDepth = 200

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONDocument {
        var parser = JSONParser(bytes)
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { parser.position = 3 }
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.failure("expected the end of the document") }
        return value
    }

    private func failure(_ message: String) -> Failure {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
        let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return Failure(line: line, column: before.count - start + 1, message: message)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func skip(_ character: Character) -> Bool {
        skipBlanks()
        guard let next, next == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONDocument {
        skipBlanks()
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some: return try number()
        case nil: throw failure("expected a value, found the end")
        }
    }

    private mutating func word(_ word: String, _ value: JSONDocument) throws(Failure) -> JSONDocument {
        guard bytes[position...].starts(with: word.utf8) else { throw failure("expected a JSON value") }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(Failure) -> JSONDocument {
        let text = bytes[position...].prefix { $0.isDigit || "+-.eE".utf8.contains($0) }
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard let first = digits.first, first.isDigit, first != UInt8(ascii: "0") || digits.dropFirst().first?.isDigit != true,
            text.last?.isDigit == true, let number = Double(String(decoding: text, as: UTF8.self))
        else { throw failure("expected a JSON value") }
        position = text.endIndex
        return .number(number)
    }

    private mutating func array(_ depth: Int) throws(Failure) -> JSONDocument {
        position += 1
        var elements: [JSONDocument] = []
        if skip("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while skip(",")
        guard skip("]") else { throw failure("expected ',' or ']'") }
        return .array(elements)
    }

    private mutating func object(_ depth: Int) throws(Failure) -> JSONDocument {
        position += 1
        var members: [String: JSONDocument] = [:]
        if skip("}") { return .object(members) }
        repeat {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw failure("expected a member's name in quotes") }
            let name = try string()
            guard skip(":") else { throw failure("expected ':'") }
            members[name] = try value(depth: depth + 1)
        } while skip(",")
        guard skip("}") else { throw failure("expected ',' or '}'") }
        return .object(members)
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let plain = bytes[position...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 0x20 }
        position = plain.endIndex
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(plain)
        }
        var result = Array(plain)
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(result[...])
            case UInt8(ascii: "\\"): try escape(&result)
            case ..<0x20:
                position -= 1
                throw failure("a control character in a string")
            default: result.append(byte)
            }
        }
        throw failure("a string without an end")
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(Failure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("a string that is not UTF-8") }
        return text
    }

    private mutating func escape(_ result: inout [UInt8]) throws(Failure) {
        guard let byte = next else { throw failure("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0c)
        case UInt8(ascii: "n"): result.append(0x0a)
        case UInt8(ascii: "r"): result.append(0x0d)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): result += Array(String(Character(try scalar())).utf8)
        default: throw failure("an unknown escape in a string")
        }
    }

    /// Halves of surrogate pairs without the other one become U+FFFD.
    private mutating func scalar() throws(Failure) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), bytes[position...].starts(with: "\\u".utf8) else { return "\u{fffd}" }
        let start = position
        position += 2
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else {
            position = start
            return "\u{fffd}"
        }
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(second) - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits") }
        position += 4
        return unit
    }
}
