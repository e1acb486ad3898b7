/// Maven's version order (POM reference, "Version Order Specification"; ComparableVersion).
///
/// Tokens are split at dots, hyphens and between digits and letters, the latter as if by a hyphen; trailing null
/// values are trimmed at every hyphen; what is left is compared token by token.
struct MavenVersion: VersionText {
    private enum Value: Hashable {
        case number(Decimal)
        case qualifier(String)

        /// Zero, and the qualifiers that stand for the release itself.
        var isNull: Bool {
            switch self {
            case .number(let number): number.isZero
            case .qualifier(let word): word.isEmpty
            }
        }
    }

    private struct Token: Hashable {
        /// A dot ahead; a hyphen otherwise. Qualifiers are read as behind a hyphen in any case.
        let isDotted: Bool
        let value: Value
    }

    private let tokens: [Token]

    /// In their order; unknown words come behind them, by letter.
    private static let known = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"]

    init?(_ text: String) {
        guard let cursor = VersionCursor(text.lowercased()) else { return nil }
        tokens = Self.trimmed(Self.split(cursor))
    }

    private static func split(_ start: VersionCursor) -> [Token] {
        var cursor = start
        var tokens: [Token] = []
        var isDotted = true
        var expectsToken = true
        while let byte = cursor.next {
            if byte.isDigit {
                tokens.append(Token(isDotted: isDotted, value: .number(cursor.decimal() ?? .zero)))
            } else if byte != UInt8(ascii: "."), byte != UInt8(ascii: "-") {
                let word = cursor.take { !$0.isDigit && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") }
                let isBeforeDigit = cursor.next?.isDigit ?? false
                let name = qualifier(String(decoding: word, as: UTF8.self), isBeforeDigit: isBeforeDigit)
                tokens.append(Token(isDotted: false, value: .qualifier(name)))
            } else {
                // An empty token counts as zero.
                if expectsToken { tokens.append(Token(isDotted: isDotted, value: .number(.zero))) }
                isDotted = byte == UInt8(ascii: ".")
                expectsToken = true
                cursor.skip()
                continue
            }
            isDotted = false
            expectsToken = false
        }
        return tokens
    }

    private static func qualifier(_ word: String, isBeforeDigit: Bool) -> String {
        switch word {
        case "a" where isBeforeDigit: "alpha"
        case "b" where isBeforeDigit: "beta"
        case "m" where isBeforeDigit: "milestone"
        case "cr": "rc"
        case "ga", "final", "release": ""
        default: word
        }
    }

    /// Nulls go at the end, and before each token behind a hyphen.
    private static func trimmed(_ tokens: [Token]) -> [Token] {
        var result: [Token] = []
        for token in tokens {
            if !token.isDotted { while result.last?.value.isNull == true { result.removeLast() } }
            result.append(token)
        }
        while result.last?.value.isNull == true { result.removeLast() }
        return result
    }

    static func < (left: MavenVersion, right: MavenVersion) -> Bool {
        for index in 0..<max(left.tokens.count, right.tokens.count) {
            let (first, second) = (left.token(index, besides: right), right.token(index, besides: left))
            if first != second { return key(first) < key(second) }
        }
        return false
    }

    static func == (left: MavenVersion, right: MavenVersion) -> Bool { !(left < right) && !(right < left) }

    /// Behind its end a version goes on with null values of the other's kind.
    private func token(_ index: Int, besides other: MavenVersion) -> Token {
        if index < tokens.count { return tokens[index] }
        let isDotted = other.tokens[index].isDotted
        return Token(isDotted: isDotted, value: isDotted ? .number(.zero) : .qualifier(""))
    }

    /// Qualifiers, numbers behind a hyphen, numbers behind a dot.
    private static func key(_ token: Token) -> (Int, Int, Decimal, String) {
        switch token.value {
        case .qualifier(let word): (0, known.firstIndex(of: word) ?? known.count, .zero, word)
        case .number(let number): (token.isDotted ? 2 : 1, 0, number, "")
        }
    }
}
