/// PEP 440, with the other spellings that its appendix B reads.
struct PythonVersion: VersionText {
    /// Of a local version; words go before numbers.
    private enum LocalPart: Comparable, Hashable {
        case word([UInt8])
        case number(Decimal)

        static func < (left: LocalPart, right: LocalPart) -> Bool {
            switch (left, right) {
            case (.number(let left), .number(let right)): left < right
            case (.word(let left), .word(let right)): left.lexicographicallyPrecedes(right)
            case (.word, .number): true
            case (.number, .word): false
            }
        }
    }

    /// Where a version stands before or after its release; a development release of nothing else is the first.
    private enum Phase: Int { case development, alpha, beta, candidate, final }

    private let epoch: Decimal
    /// Without zeros at the end: 1.0 is 1.
    private let release: [Decimal]
    private let phase: Phase
    private let phaseNumber: Decimal
    private let post: Decimal?
    private let development: Decimal?
    private let local: [LocalPart]

    private static let phases: [(String, Phase)] = [
        ("alpha", .alpha), ("a", .alpha), ("beta", .beta), ("b", .beta), ("preview", .candidate), ("pre", .candidate),
        ("c", .candidate), ("rc", .candidate),
    ]

    init?(_ text: String) {
        guard var cursor = VersionCursor(text.lowercased()) else { return nil }
        _ = cursor.skip("v")
        guard var number = cursor.decimal() else { return nil }
        if cursor.skip("!") {
            epoch = number
            guard let first = cursor.decimal() else { return nil }
            number = first
        } else {
            epoch = .zero
        }
        release = Self.release(&cursor, first: number)
        let pre = Self.pre(&cursor)
        post = Self.post(&cursor)
        development = Self.marked(&cursor, by: ["dev"])
        phase = pre?.phase ?? (development != nil && post == nil ? .development : .final)
        phaseNumber = pre?.number ?? .zero
        guard let local = Self.local(&cursor), cursor.isAtEnd else { return nil }
        self.local = local
    }

    private static func release(_ cursor: inout VersionCursor, first: Decimal) -> [Decimal] {
        var release = [first]
        while cursor.next == UInt8(ascii: ".") {
            var ahead = cursor
            ahead.skip()
            guard let number = ahead.decimal() else { break }
            release.append(number)
            cursor = ahead
        }
        while release.last?.isZero == true { release.removeLast() }
        return release
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { ".-_".utf8.contains(byte) }

    private static func skipSeparator(_ cursor: inout VersionCursor) {
        if let byte = cursor.next, isSeparator(byte) { cursor.skip() }
    }

    private static func pre(_ cursor: inout VersionCursor) -> (phase: Phase, number: Decimal)? {
        for (word, phase) in phases {
            if let number = marked(&cursor, by: [word]) { return (phase, number) }
        }
        return nil
    }

    /// `.post1`, `-r1`, and `-1` alone.
    private static func post(_ cursor: inout VersionCursor) -> Decimal? {
        var ahead = cursor
        if ahead.skip("-"), let number = ahead.decimal() {
            cursor = ahead
            return number
        }
        return marked(&cursor, by: ["post", "rev", "r"])
    }

    /// The number behind one of the words; zero when there is none.
    private static func marked(_ cursor: inout VersionCursor, by words: [String]) -> Decimal? {
        var ahead = cursor
        skipSeparator(&ahead)
        for word in words where ahead.skip(word: word) {
            var number = ahead
            skipSeparator(&number)
            if let value = number.decimal() {
                cursor = number
                return value
            }
            // `rc` begins with `r`: what follows a word is a digit, a separator or the end.
            guard ahead.next.map({ !$0.isLetter }) ?? true else { return nil }
            cursor = ahead
            return .zero
        }
        return nil
    }

    /// nil when what stands behind the plus sign is not a local version.
    private static func local(_ cursor: inout VersionCursor) -> [LocalPart]? {
        guard cursor.skip("+") else { return [] }
        var parts: [LocalPart] = []
        repeat {
            let part = cursor.take { $0.isDigit || $0.isLetter }
            guard !part.isEmpty else { return nil }
            parts.append(part.allSatisfy(\.isDigit) ? .number(Decimal(part)) : .word(Array(part)))
            guard let byte = cursor.next, isSeparator(byte) else { return parts }
            cursor.skip()
        } while true
    }

    static func < (left: PythonVersion, right: PythonVersion) -> Bool {
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        if left.release != right.release { return left.release.lexicographicallyPrecedes(right.release) }
        if left.phase != right.phase { return left.phase.rawValue < right.phase.rawValue }
        if left.phaseNumber != right.phaseNumber { return left.phaseNumber < right.phaseNumber }
        if left.post != right.post { return precedes(left.post, right.post, absentIsFirst: true) }
        if left.development != right.development {
            return precedes(left.development, right.development, absentIsFirst: false)
        }
        return left.local.lexicographicallyPrecedes(right.local)
    }

    private static func precedes(_ left: Decimal?, _ right: Decimal?, absentIsFirst: Bool) -> Bool {
        guard let left else { return right != nil && absentIsFirst }
        guard let right else { return !absentIsFirst }
        return left < right
    }
}
