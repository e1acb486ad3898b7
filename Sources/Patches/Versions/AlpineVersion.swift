/// Alpine's packages (apk-package(5)): `number{.number}[letter]{_suffix[number]}[~hash][-r#]`.
struct AlpineVersion: VersionText {
    /// In the order in which a version that goes on so is the greater one.
    private enum Kind: Int { case end, revision, hash, suffixNumber, suffix, letter, number, firstNumber }

    private struct Token: Hashable {
        let kind: Kind
        var number = Decimal.zero
        var text: [UInt8] = []
        /// Of a suffix: below zero for those of pre-releases.
        var rank = 0
    }

    private let tokens: [Token]

    private static let suffixes: [(name: String, rank: Int)] = [
        ("alpha", -4), ("beta", -3), ("pre", -2), ("rc", -1), ("cvs", 1), ("svn", 2), ("git", 3), ("hg", 4), ("p", 5),
    ]

    init?(_ text: String) {
        guard var cursor = VersionCursor(text), let first = cursor.decimal() else { return nil }
        var tokens = [Token(kind: .firstNumber, number: first)]
        while cursor.skip(".") {
            let digits = cursor.take(while: \.isDigit)
            guard !digits.isEmpty else { return nil }
            tokens.append(Token(kind: .number, number: Decimal(digits), text: Array(digits)))
        }
        if let letter = cursor.next, letter.isLetter, letter == letter.lowercased {
            tokens.append(Token(kind: .letter, text: [letter]))
            cursor.skip()
        }
        while cursor.skip("_") {
            let name = String(decoding: cursor.take(while: \.isLetter), as: UTF8.self)
            guard let suffix = Self.suffixes.first(where: { $0.name == name }) else { return nil }
            tokens.append(Token(kind: .suffix, rank: suffix.rank))
            if let number = cursor.decimal() { tokens.append(Token(kind: .suffixNumber, number: number)) }
        }
        if cursor.skip("~") {
            tokens.append(Token(kind: .hash, text: Array(cursor.take { $0.isDigit || $0.isLetter })))
        }
        if cursor.skip("-") {
            guard cursor.skip("r"), let number = cursor.decimal() else { return nil }
            tokens.append(Token(kind: .revision, number: number))
        }
        guard cursor.isAtEnd else { return nil }
        self.tokens = tokens
    }

    static func < (left: AlpineVersion, right: AlpineVersion) -> Bool {
        for index in 0..<max(left.tokens.count, right.tokens.count) {
            let (first, second) = (left.token(index), right.token(index))
            guard first.kind == second.kind else {
                if first.rank < 0 { return true }
                if second.rank < 0 { return false }
                return first.kind.rawValue < second.kind.rawValue
            }
            if let order = order(first, second) { return order }
        }
        return false
    }

    static func == (left: AlpineVersion, right: AlpineVersion) -> Bool { !(left < right) && !(right < left) }

    private func token(_ index: Int) -> Token { index < tokens.count ? tokens[index] : Token(kind: .end) }

    private static func order(_ left: Token, _ right: Token) -> Bool? {
        if left.rank != right.rank { return left.rank < right.rank }
        let zero = UInt8(ascii: "0")
        // Behind the first number digits with a zero ahead are a fraction.
        if left.kind != .number || (left.text.first != zero && right.text.first != zero), left.number != right.number {
            return left.number < right.number
        }
        return left.text == right.text ? nil : left.text.lexicographicallyPrecedes(right.text)
    }
}
