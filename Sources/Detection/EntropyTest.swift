import Glibc
import RuleLanguage

/// `entropy:[bytes N, offset N,] value TEST`: Shannon's entropy of the bytes, 0 to 8 bits a byte. TEST is a number, or
/// one behind `=`, `!`, `!=`, `<`, `<=`, `>` or `>=`, or a range `x-y` or `!x-y` without its ends
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html#entropy).
struct EntropyTest: Sendable {
    private enum Comparison {
        case less(Double), lessOrEqual(Double), greater(Double), greaterOrEqual(Double), equal(Double), notEqual(Double)
        case between(Double, Double), notBetween(Double, Double)
    }
    private var offset = 0
    private var count: Int?
    private var comparison = Comparison.equal(0)
    /// Of what the entropy is, in EVE's `metadata.entropy`.
    let name: String

    init(_ arguments: String, name: String, at location: SourceLocation) throws(CompileError) {
        self.name = name
        var seen: Set<String> = []
        for part in arguments.split(separator: ",", omittingEmptySubsequences: false).map({ $0.trimming(" ") }) {
            let word = part.prefix { $0.isLetter }
            let rest = part.dropFirst(word.count).trimming(" ")
            // A bare number or comparison is the value.
            guard seen.insert(word.isEmpty ? "value" : String(word)).inserted else {
                throw CompileError(message: "'\(word)' stands in entropy twice", location: location)
            }
            switch word {
            case "bytes":
                guard let number = Int32(rest), number >= 0 else { throw Self.expected("'bytes' and a number", location) }
                count = number == 0 ? nil : Int(number)
            case "offset":
                guard let number = Int32(rest), 0...65_535 ~= number else { throw Self.expected("'offset' and 0 to 65535", location) }
                offset = Int(number)
            case "value", "":
                guard let comparison = Self.comparison(rest) else {
                    throw Self.expected("'value' and a number from 0 to 8, a comparison with one, or a range", location)
                }
                self.comparison = comparison
            default: throw Self.expected("'bytes N', 'offset N' or 'value TEST'", location)
            }
        }
        guard seen.contains("value") else { throw CompileError(message: "entropy needs 'value TEST'", location: location) }
    }

    private static func expected(_ what: String, _ location: SourceLocation) -> CompileError {
        CompileError(message: "entropy: expected \(what)", location: location)
    }

    private static func comparison(_ text: some StringProtocol) -> Comparison? {
        func number(_ text: some StringProtocol) -> Double? {
            Double(text.trimming(" ")).flatMap { (0...8).contains($0) ? $0 : nil }
        }
        let operators: [(String, (Double) -> Comparison)] = [
            ("<=", Comparison.lessOrEqual), (">=", Comparison.greaterOrEqual), ("!=", Comparison.notEqual),
            ("<", Comparison.less), (">", Comparison.greater), ("=", Comparison.equal),
        ]
        for (symbol, make) in operators where text.hasPrefix(symbol) { return number(text.dropFirst(symbol.count)).map(make) }
        let isNegated = text.hasPrefix("!")
        let ends = text.dropFirst(isNegated ? 1 : 0).split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
        switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
        case (1, let value?, _): return isNegated ? .notEqual(value) : .equal(value)
        case (2, let low?, let high?) where low < high: return isNegated ? .notBetween(low, high) : .between(low, high)
        default: return nil
        }
    }

    /// nil where the bytes do not reach that far.
    func entropy(of bytes: Span<UInt8>) -> Double? {
        guard offset <= bytes.count, count ?? 0 <= bytes.count - offset else { return nil }
        return Self.entropy(bytes.extracting(offset..<(count.map { offset + $0 } ?? bytes.count)))
    }

    func holds(_ entropy: Double) -> Bool {
        switch comparison {
        case .less(let value): entropy < value
        case .lessOrEqual(let value): entropy <= value
        case .greater(let value): entropy > value
        case .greaterOrEqual(let value): entropy >= value
        case .equal(let value): entropy == value
        case .notEqual(let value): entropy != value
        case .between(let low, let high): entropy > low && entropy < high
        case .notBetween(let low, let high): entropy <= low || entropy >= high
        }
    }

    private static func entropy(_ bytes: Span<UInt8>) -> Double {
        var counts = [Int](repeating: 0, count: 256)
        for index in bytes.indices { counts[Int(bytes[index])] += 1 }
        let total = Double(bytes.count)
        return counts.reduce(0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / total
            return sum - share * log2(share)
        }
    }
}
