import RuleLanguage

/// `entropy:[bytes N, offset N,] value operator number`: Shannon's entropy of the bytes, 0 to 8 bits a byte.
struct EntropyTest: Sendable {
    private enum Comparison: String { case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "=", notEqual = "!=" }
    private var offset = 0
    private var count: Int?
    private var comparison = Comparison.equal
    private var value = 0.0

    init(_ arguments: String, at location: SourceLocation) throws(CompileError) {
        var hasValue = false
        for part in arguments.split(separator: ",") {
            let words = part.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("bytes", 2): count = Int(words[1]).flatMap { $0 > 0 ? $0 : nil }
            case ("offset", 2): offset = max(0, Int(words[1]) ?? 0)
            case ("value", 2), ("value", 3):
                guard let number = Double(words[words.count - 1]), (0...8).contains(number),
                    let comparison = Comparison(rawValue: words.count == 3 ? words[1] : "=")
                else { throw CompileError(message: "expected 'value operator number' with a number from 0 to 8", location: location) }
                (value, self.comparison, hasValue) = (number, comparison, true)
            default: throw CompileError(message: "expected 'entropy:bytes N, offset N, value >= N'", location: location)
            }
        }
        guard hasValue else { throw CompileError(message: "entropy needs 'value operator number'", location: location) }
    }

    func holds(_ bytes: Span<UInt8>) -> Bool {
        guard offset < bytes.count else { return false }
        let end = count.map { min(bytes.count, offset + $0) } ?? bytes.count
        let entropy = Self.entropy(bytes.extracting(offset..<end))
        return switch comparison {
        case .less: entropy < value
        case .lessOrEqual: entropy <= value
        case .greater: entropy > value
        case .greaterOrEqual: entropy >= value
        case .equal: entropy == value
        case .notEqual: entropy != value
        }
    }

    private static func entropy(_ bytes: Span<UInt8>) -> Double {
        var counts = [Int](repeating: 0, count: 256)
        for index in bytes.indices { counts[Int(bytes[index])] += 1 }
        let total = Double(bytes.count)
        return counts.reduce(0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / total
            return sum - share * BinaryLogarithm.of(share)
        }
    }
}

/// The logarithm to base 2 without a mathematics library: exponent, then squaring for each bit behind the point.
enum BinaryLogarithm {
    static func of(_ number: Double) -> Double {
        guard number > 0, number.isFinite else { return 0 }
        var result = Double(number.exponent)
        var rest = number.significand
        var bit = 0.5
        for _ in 0..<52 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                result += bit
            }
            bit /= 2
        }
        return result
    }
}
