import Foundation
import MultiPattern

/// Patterns as text: a line for each, `i` (any case) or `c` (exact), then the bytes in hexadecimal. A blank between
/// the two is accepted.
enum PatternFile {
    static func read(_ path: String) throws -> [Pattern] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure.unusable("\(path): the file can't be read")
        }
        var patterns: [Pattern] = []
        for (number, line) in data.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            let line = line.filter { $0 != 0x0d }
            if line.isEmpty { continue }
            guard let pattern = pattern(line) else {
                throw Failure.unusable("\(path):\(number + 1): expected 'i' or 'c' and 1 to 255 bytes in hexadecimal")
            }
            patterns.append(pattern)
        }
        guard !patterns.isEmpty else { throw Failure.unusable("\(path): no pattern in it") }
        return patterns
    }

    private static func pattern(_ line: Data) -> Pattern? {
        let line = [UInt8](line)
        let digits = line.dropFirst(line.count > 1 && line[1] == 0x20 ? 2 : 1)
        guard let kind = line.first, kind == UInt8(ascii: "i") || kind == UInt8(ascii: "c"),
            !digits.isEmpty, digits.count % 2 == 0, digits.count <= 510
        else { return nil }
        var bytes: [UInt8] = []
        var at = digits.startIndex
        while at < digits.endIndex {
            guard let high = digit(digits[at]), let low = digit(digits[at + 1]) else { return nil }
            bytes.append(high << 4 | low)
            at += 2
        }
        return Pattern(bytes, ignoresCase: kind == UInt8(ascii: "i"))
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func line(_ pattern: Pattern) -> String {
        let digits = Array("0123456789abcdef")
        var line = pattern.ignoresCase ? "i" : "c"
        for byte in pattern.bytes {
            line.append(digits[Int(byte >> 4)])
            line.append(digits[Int(byte & 15)])
        }
        return line
    }
}
