/// Versions of no ecosystem: runs of digits by value, words by letter, words of pre-releases before the release.
///
/// A number goes before a word and the end (1.1 < 1.1a < 1.1.1); zeros at the end don't count.
struct GenericVersion: VersionText {
    private enum Token: Hashable {
        case word(rank: Int, text: [UInt8])
        case number(Decimal)

        /// Pre-releases, the end, words, numbers.
        var rank: Int {
            switch self {
            case .word(let rank, _): rank
            case .number(let number): number.isZero ? 0 : 2
            }
        }
    }

    private let tokens: [Token]

    private static let preReleases = [
        "dev", "nightly", "snapshot", "alpha", "beta", "milestone", "preview", "pre", "cr", "rc",
    ]

    init?(_ text: String) {
        guard var cursor = VersionCursor(text.lowercased()) else { return nil }
        var afterV = cursor
        if afterV.skip("v"), afterV.next?.isDigit == true { cursor = afterV }
        guard cursor.rest.contains(where: \.isDigit) else { return nil }
        var tokens: [Token] = []
        while let byte = cursor.next {
            if byte.isDigit {
                tokens.append(.number(cursor.decimal() ?? .zero))
            } else if byte.isLetter {
                tokens.append(Self.word(cursor.take(while: \.isLetter)))
            } else {
                cursor.skip()
                if byte == UInt8(ascii: "~") { tokens.append(.word(rank: -Self.preReleases.count - 1, text: [])) }
            }
        }
        self.tokens = tokens
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> Token {
        let position = preReleases.firstIndex { $0.utf8.elementsEqual(bytes) }
        return position.map { .word(rank: $0 - preReleases.count, text: []) } ?? .word(rank: 1, text: Array(bytes))
    }

    static func < (left: GenericVersion, right: GenericVersion) -> Bool {
        for index in 0..<max(left.tokens.count, right.tokens.count) {
            let (first, second) = (left.token(index), right.token(index))
            if first == second { continue }
            if first.rank != second.rank { return first.rank < second.rank }
            switch (first, second) {
            case (.number(let first), .number(let second)): return first < second
            case (.word(_, let first), .word(_, let second)): return first.lexicographicallyPrecedes(second)
            default: continue
            }
        }
        return false
    }

    static func == (left: GenericVersion, right: GenericVersion) -> Bool { !(left < right) && !(right < left) }

    private func token(_ index: Int) -> Token { index < tokens.count ? tokens[index] : .number(.zero) }

    /// Whether the other one says the same and more.
    func begins(_ other: GenericVersion) -> Bool { tokens.count < other.tokens.count && other.tokens.starts(with: tokens) }
}

/// A tag of a container image: generic, without the variant that the first hyphen before a letter begins
/// (`2.4.50-alpine`).
struct ImageTag: VersionText {
    private let version: GenericVersion

    init?(_ text: String) {
        let hyphen = text.indices.first { text[$0] == "-" && text[$0...].dropFirst().first?.isLetter == true } ?? text.endIndex
        let variant = text[hyphen...].dropFirst().lowercased()
        let isPreRelease = ["alpha", "beta", "rc", "dev", "m", "pre"].contains { word in
            variant.hasPrefix(word) && variant.dropFirst(word.count).first.map { $0.isNumber || $0 == "." || $0 == "-" } ?? true
        }
        guard let version = GenericVersion(isPreRelease ? text : String(text[..<hyphen])) else { return nil }
        self.version = version
    }

    static func < (left: ImageTag, right: ImageTag) -> Bool { left.version < right.version }

    /// `2.4` stands for any 2.4.x: it can't be compared with 2.4.51.
    func isCoarser(than other: ImageTag) -> Bool { version.begins(other.version) }
}
