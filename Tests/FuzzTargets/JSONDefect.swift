/// A strict check of one line of JSON (RFC 8259), apart from the writer that it checks; names are unique as well.
struct JSONDefect: Error, CustomStringConvertible {
    let description: String

    /// nil when `line` is one object and a line end, and nothing else.
    static func find(in line: [UInt8]) -> JSONDefect? {
        guard line.last == 0x0a, !line.dropLast().contains(0x0a) else { return JSONDefect(description: "not one line") }
        guard let text = String(validating: line.dropLast(), as: UTF8.self) else { return JSONDefect(description: "not UTF-8") }
        var checker = Checker(rest: text.utf8[...])
        do throws(JSONDefect) {
            guard checker.rest.first == UInt8(ascii: "{") else { throw JSONDefect(description: "not an object") }
            try checker.value()
            guard checker.rest.isEmpty else { throw JSONDefect(description: "something follows the object") }
        } catch {
            return error
        }
        return nil
    }

    private struct Checker {
        var rest: Substring.UTF8View

        mutating func value() throws(JSONDefect) {
            switch rest.first {
            case UInt8(ascii: "{"): try object()
            case UInt8(ascii: "["): try array()
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "t"): try word("true")
            case UInt8(ascii: "f"): try word("false")
            case UInt8(ascii: "n"): try word("null")
            default: try number()
            }
        }

        private mutating func object() throws(JSONDefect) {
            var names: Set<[UInt8]> = []
            rest.removeFirst()
            if take("}") { return }
            repeat {
                let name = try string()
                guard names.insert(name).inserted else {
                    throw JSONDefect(description: "the name \(String(decoding: name, as: UTF8.self)) twice")
                }
                guard take(":") else { throw JSONDefect(description: "no colon") }
                try value()
            } while take(",")
            guard take("}") else { throw JSONDefect(description: "an object does not end") }
        }

        private mutating func array() throws(JSONDefect) {
            rest.removeFirst()
            if take("]") { return }
            repeat { try value() } while take(",")
            guard take("]") else { throw JSONDefect(description: "an array does not end") }
        }

        private mutating func string() throws(JSONDefect) -> [UInt8] {
            guard take("\"") else { throw JSONDefect(description: "no string where one must be") }
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""): return bytes
                case UInt8(ascii: "\\"): try escape()
                case ..<0x20: throw JSONDefect(description: "a control character in a string")
                default: bytes.append(byte)
                }
            }
            throw JSONDefect(description: "a string does not end")
        }

        private mutating func escape() throws(JSONDefect) {
            guard let kind = rest.popFirst() else { throw JSONDefect(description: "a string does not end") }
            if "\"\\/bfnrt".utf8.contains(kind) { return }
            let digits = rest.prefix(4)
            guard kind == UInt8(ascii: "u"), digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
                throw JSONDefect(description: "an unknown escape")
            }
            rest.removeFirst(4)
        }

        private mutating func number() throws(JSONDefect) {
            let digits = rest.prefix { "-+.eE0123456789".utf8.contains($0) }
            let text = String(Substring(digits))
            guard !text.isEmpty, Double(text) != nil, !text.hasPrefix("+"), !text.hasPrefix("."), !text.hasSuffix(".") else {
                throw JSONDefect(description: "no value where one must be")
            }
            rest.removeFirst(digits.count)
        }

        private mutating func word(_ word: String) throws(JSONDefect) {
            guard rest.starts(with: word.utf8) else { throw JSONDefect(description: "an unknown word") }
            rest.removeFirst(word.utf8.count)
        }

        private mutating func take(_ character: Character) -> Bool {
            guard let byte = character.asciiValue, rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }
    }
}
