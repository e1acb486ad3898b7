/// RubyGems' `Gem::Version`: numbers and words, a word makes a pre-release.
struct GemVersion: VersionText {
    private enum Segment: Comparable, Hashable {
        case word([UInt8])
        case number(Decimal)

        static func < (left: Segment, right: Segment) -> Bool {
            switch (left, right) {
            case (.number(let left), .number(let right)): left < right
            case (.word(let left), .word(let right)): left.lexicographicallyPrecedes(right)
            case (.word, .number): true
            case (.number, .word): false
            }
        }
    }

    /// Without zeros at the end of the numbers ahead of the first word, and at the end.
    private let segments: [Segment]

    init?(_ text: String) {
        // A hyphen is `.pre.`.
        guard var cursor = VersionCursor(text.replacing("-", with: ".pre.")), cursor.next?.isDigit == true else { return nil }
        var (numbers, rest): ([Segment], [Segment]) = ([], [])
        repeat {
            let start = cursor.rest.startIndex
            while let byte = cursor.next, byte.isDigit || byte.isLetter {
                let segment: Segment
                if byte.isDigit {
                    segment = .number(cursor.decimal() ?? .zero)
                } else {
                    segment = .word(Array(cursor.take(while: \.isLetter)))
                }
                if case .number = segment, rest.isEmpty { numbers.append(segment) } else { rest.append(segment) }
            }
            guard cursor.rest.startIndex > start else { return nil }
        } while cursor.skip(".")
        guard cursor.isAtEnd else { return nil }
        segments = Self.trimmed(numbers) + Self.trimmed(rest)
    }

    private static func trimmed(_ segments: [Segment]) -> [Segment] {
        var segments = segments
        while segments.last == .number(.zero) { segments.removeLast() }
        return segments
    }

    static func < (left: GemVersion, right: GemVersion) -> Bool {
        for index in 0..<max(left.segments.count, right.segments.count) {
            let (first, second) = (left.segment(index), right.segment(index))
            if first != second { return first < second }
        }
        return false
    }

    private func segment(_ index: Int) -> Segment { index < segments.count ? segments[index] : .number(.zero) }
}
