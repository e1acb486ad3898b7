/// Options on the frames of WebSocket (https://docs.suricata.io/en/suricata-8.0.4/rules/websocket-keywords.html).
extension OptionReader {
    mutating func readWebSocketOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        let test: NumberTest
        switch name {
        case "websocket.opcode": test = try Self.opcode(try required(value, keyword).unquoted().trimmed)
        case "websocket.flags": test = try Self.flags(try required(value, keyword).unquoted().trimmed)
        case "websocket.mask": test = try NumberTest(try required(value, keyword).unquoted(), bits: 32)
        default: return false
        }
        rule.options.append(.number(keyword: name, test: test))
        return true
    }

    /// RFC 6455, section 5.2.
    private static let opcodes: [(word: String, number: UInt64)] = [
        ("continuation", 0), ("text", 1), ("binary", 2), ("close", 8), ("ping", 9), ("pong", 10),
    ]

    /// FIN, and the bit that RFC 7692 uses.
    private static let bits: [(word: String, mask: UInt64)] = [("fin", 0x80), ("comp", 0x40)]

    private static func opcode(_ value: Field) throws(RuleError) -> NumberTest {
        let word = (value.dropping("!") ?? value).trimmed
        guard isWord(word) else { return try NumberTest(value, bits: 8) }
        guard let known = opcodes.first(where: { $0.word == word.text.lowercased() }) else {
            let expected = opcodes.map(\.word).joined(separator: ", ")
            throw RuleError("'\(word.text)' is no opcode: expected a number or one of \(expected)", at: word)
        }
        return word.startIndex == value.startIndex ? .equal(known.number) : .notEqual(known.number)
    }

    private static func isWord(_ field: Field) -> Bool {
        field.first.map { UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 } ?? false
    }

    private static func flags(_ value: Field) throws(RuleError) -> NumberTest {
        guard isWord((value.dropping("!") ?? value).trimmed) else { return try NumberTest(value, bits: 8) }
        var (mask, set): (UInt64, UInt64) = (0, 0)
        for part in value.parts(",") {
            let word = (part.dropping("!") ?? part).trimmed
            guard let bit = bits.first(where: { $0.word == word.text.lowercased() }) else {
                throw RuleError("'\(word.text)' is no flag: expected a number, or fin and comp, each with or without '!'", at: word)
            }
            guard mask & bit.mask == 0 else { throw RuleError("'\(word.text)' is there twice", at: word) }
            mask |= bit.mask
            if word.startIndex == part.startIndex { set |= bit.mask }
        }
        return .bitmask(mask: mask, value: set, isNegated: false)
    }
}
