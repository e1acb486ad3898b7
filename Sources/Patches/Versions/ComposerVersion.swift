/// Composer's versions: up to four numbers, a stability and `-dev`, in the order of PHP's version_compare.
struct ComposerVersion: VersionText {
    private enum Part: Hashable {
        case number(Decimal)
        case word(Int)

        /// Where a number stands among the words of version_compare.
        private static let numberRank = 4

        var rank: Int {
            switch self {
            case .number: Self.numberRank
            case .word(let rank): rank
            }
        }

        static func precedes(_ left: Part?, _ right: Part?) -> Bool? {
            if case .number(let left) = left, case .number(let right) = right { return left == right ? nil : left < right }
            // Where one ends the other's number is more, and a word is compared with a number.
            guard let left else { return right.map { $0.rank >= numberRank } }
            guard let right else { return left.rank < numberRank }
            return left.rank == right.rank ? nil : left.rank < right.rank
        }
    }

    private let parts: [Part]

    /// dev < alpha < beta < RC < a number < patch.
    private static let words: [(name: String, rank: Int?)] = [
        ("stable", nil), ("alpha", 1), ("beta", 2), ("patch", 5), ("rc", 3), ("pl", 5), ("a", 1), ("b", 2), ("p", 5),
    ]
    /// What `x` and `*` stand for in the versions of branches.
    private static let branch = Decimal("9999999".utf8)

    init?(_ text: String) {
        // Build metadata has no part in the order.
        let text = String(text.lowercased().prefix { $0 != "+" })
        guard var cursor = VersionCursor(text) else { return nil }
        _ = cursor.skip("v")
        var numbers: [Decimal] = []
        var isBranch = false
        repeat {
            if cursor.next == UInt8(ascii: "x") || cursor.next == UInt8(ascii: "*"), !numbers.isEmpty {
                cursor.skip()
                isBranch = true
            } else if let number = cursor.decimal(), !isBranch {
                numbers.append(number)
            } else {
                return nil
            }
        } while numbers.count < 4 && cursor.rest.starts(with: ".".utf8)
            && cursor.rest.dropFirst().first.map { !$0.isLetter || $0 == UInt8(ascii: "x") } == true && cursor.skip(".")
        let padding = isBranch ? Self.branch : .zero
        var parts = (numbers + Array(repeating: padding, count: 4 - numbers.count)).map(Part.number)
        guard Self.modifiers(&cursor, &parts) else { return nil }
        self.parts = parts
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { "._-".utf8.contains(byte) }

    private static func modifiers(_ cursor: inout VersionCursor, _ parts: inout [Part]) -> Bool {
        var ahead = cursor
        _ = ahead.take(while: isSeparator)
        for word in words where ahead.skip(word: word.name) {
            if let rank = word.rank { parts.append(.word(rank)) }
            cursor = ahead
            while true {
                var number = cursor
                _ = number.take(while: isSeparator)
                guard let value = number.decimal() else { break }
                if word.rank != nil { parts.append(.number(value)) }
                cursor = number
            }
            break
        }
        if !cursor.isAtEnd {
            _ = cursor.take(while: isSeparator)
            guard cursor.skip(word: "dev") else { return false }
            parts.append(.word(0))
        }
        return cursor.isAtEnd
    }

    static func < (left: ComposerVersion, right: ComposerVersion) -> Bool {
        for index in 0..<max(left.parts.count, right.parts.count) {
            if let order = Part.precedes(left.part(index), right.part(index)) { return order }
        }
        return false
    }

    static func == (left: ComposerVersion, right: ComposerVersion) -> Bool { !(left < right) && !(right < left) }

    private func part(_ index: Int) -> Part? { index < parts.count ? parts[index] : nil }
}
