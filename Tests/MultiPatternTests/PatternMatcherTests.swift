@testable import MultiPattern
import TestSupport
import Testing

struct PatternMatcherTests {
    private func occurrences(
        _ matcher: PatternMatcher, _ text: [UInt8], cuts: [Int] = []
    ) -> [NaiveMatcher.Occurrence] {
        var result: [NaiveMatcher.Occurrence] = []
        var state = PatternMatcher.StreamState.start
        var start = 0
        for end in cuts + [text.count] {
            let chunk = Array(text[start..<end])
            matcher.forEachMatch(in: chunk.span, state: &state) { pattern, offset in
                result.append(.init(end: start + offset, pattern: pattern))
            }
            start = end
        }
        return result
    }

    private func found(_ matcher: PatternMatcher, _ text: [UInt8], cuts: [Int]) -> Set<UInt32> {
        var set = PatternSet(capacity: matcher.patternCount)
        var state = PatternMatcher.StreamState.start
        var start = 0
        for end in cuts + [text.count] {
            let chunk = Array(text[start..<end])
            matcher.scan(chunk.span, state: &state, into: &set)
            start = end
        }
        return Set(set.members)
    }

    @Test func suffixesAndOverlapsAreFound() {
        let patterns = ["he", "she", "his", "hers", "s", "hers"].map { Pattern(Array($0.utf8), ignoresCase: false) }
        let text = Array("ushers and his".utf8)
        #expect(occurrences(PatternMatcher(patterns), text) == NaiveMatcher(patterns: patterns).occurrences(in: text))
    }

    @Test func caseCountsOnlyWhereThePatternSaysSo() {
        let matcher = PatternMatcher([
            Pattern(Array("JNDI".utf8), ignoresCase: true), Pattern(Array("Jndi".utf8), ignoresCase: false),
            Pattern(Array("{".utf8), ignoresCase: false),
        ])
        #expect(found(matcher, Array("${jNdI:".utf8), cuts: []) == [0, 2])
        #expect(found(matcher, Array("Jndi".utf8), cuts: [1, 2, 3]) == [0, 1])
    }

    @Test func emptySetsAndEmptyPatternsFindNothing() {
        #expect(found(PatternMatcher([]), [1, 2, 3], cuts: [1]) == [])
        #expect(found(PatternMatcher([Pattern([], ignoresCase: true)]), [1, 2, 3], cuts: [1]) == [])
    }

    @Test func aForeignStateStartsAnew() {
        let matcher = PatternMatcher([Pattern([1], ignoresCase: false)])
        var state = PatternMatcher.StreamState(rawValue: .max)
        var set = PatternSet(capacity: 1)
        matcher.scan([1].span, state: &state, into: &set)
        #expect(set.members == [0])
    }

    /// Small alphabets make overlaps; all byte values make every class; a tiny budget forces the sparse states.
    @Test(arguments: [(2, 1 << 20), (2, 0), (4, 1 << 20), (4, 256), (60, 1 << 20), (256, 1 << 24), (256, 4096)])
    func randomInputMatchesTheReference(alphabet: Int, budget: Int) {
        var random = SeededRandom(seed: UInt64(alphabet * 31 + budget))
        for _ in 0..<40 {
            let patterns = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                Pattern(
                    (0..<Int.random(in: 1...12, using: &random)).map { _ in
                        letter(Int.random(in: 0..<alphabet, using: &random), alphabet)
                    },
                    ignoresCase: Bool.random(using: &random))
            }
            let text = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                letter(Int.random(in: 0..<alphabet, using: &random), alphabet)
            }
            let cuts = (0..<Int.random(in: 0...8, using: &random))
                .map { _ in Int.random(in: 0...text.count, using: &random) }.sorted()
            let expected = NaiveMatcher(patterns: patterns).occurrences(in: text)
            for usesVectors in [true, false] {
                let matcher = PatternMatcher(patterns, memoryBudget: budget, usesVectors: usesVectors)
                #expect(occurrences(matcher, text, cuts: cuts) == expected)
                #expect(found(matcher, text, cuts: cuts) == Set(expected.map { UInt32($0.pattern) }))
            }
        }
    }

    /// Long texts with few occurrences: the filter skips most of them, and cuts fall into occurrences, windows and
    /// the bytes between.
    @Test(arguments: [(1, 6), (2, 4), (3, 8), (4, 12), (5, 9), (6, 20), (7, 40), (12, 200)])
    func plantedPatternsAreFoundWhereverTheTextIsCut(shortest: Int, longest: Int) {
        var random = SeededRandom(seed: UInt64(shortest * 1000 + longest))
        for round in 0..<60 {
            let patterns = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Pattern(
                    (0..<Int.random(in: shortest...longest, using: &random)).map { _ in
                        letter(Int.random(in: 0..<(round % 2 == 0 ? 256 : 60), using: &random), round % 2 == 0 ? 256 : 60)
                    },
                    ignoresCase: Bool.random(using: &random))
            }
            var text = (0..<Int.random(in: 200...3000, using: &random)).map { _ in
                letter(Int.random(in: 0..<256, using: &random), 256)
            }
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let bytes = patterns.randomElement(using: &random)?.bytes ?? []
                let start = Int.random(in: 0...text.count - min(text.count, bytes.count), using: &random)
                for (offset, byte) in bytes.enumerated() where start + offset < text.count {
                    text[start + offset] = Bool.random(using: &random) ? byte : swappedCase(byte)
                }
            }
            let cuts = (0..<Int.random(in: 0...12, using: &random))
                .map { _ in Int.random(in: 0...text.count, using: &random) }.sorted()
            let expected = Set(NaiveMatcher(patterns: patterns).occurrences(in: text).map { UInt32($0.pattern) })
            for usesVectors in [true, false] {
                let matcher = PatternMatcher(
                    patterns, memoryBudget: round % 3 == 0 ? 512 : 1 << 20, usesVectors: usesVectors)
                #expect(found(matcher, text, cuts: cuts) == expected)
                var set = PatternSet(capacity: patterns.count)
                matcher.scan(text.span, into: &set)
                #expect(Set(set.members) == expected)
            }
        }
    }

    /// A pattern that is found in one chunk, and begins again at its end.
    @Test(arguments: [true, false])
    func aPatternIsReportedForEveryChunkThatItEndsIn(usesVectors: Bool) {
        let pattern = Array("/etc/passwd".utf8)
        let matcher = PatternMatcher([Pattern(pattern, ignoresCase: true)], memoryBudget: 1 << 20, usesVectors: usesVectors)
        for cut in 1..<pattern.count {
            var state = PatternMatcher.StreamState.start
            var set = PatternSet(capacity: 1)
            let blank = [UInt8](repeating: 0x20, count: 100)
            let (whole, rest) = (blank + pattern + blank + pattern.prefix(cut), Array(pattern.dropFirst(cut)) + blank)
            matcher.scan(whole.span, state: &state, into: &set)
            #expect(set.members == [0])
            set.removeAll()
            matcher.scan(rest.span, state: &state, into: &set)
            #expect(set.members == [0])
        }
    }

    /// More windows than the filters can tell apart, and texts of every length around a vector's.
    @Test(arguments: [2, 3, 4])
    func everyPlaceOfATextIsProbed(length: Int) {
        var random = SeededRandom(seed: UInt64(length))
        let patterns = (0..<3000).map { _ in
            Pattern((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, ignoresCase: false)
        }
        for usesVectors in [true, false] {
            let matcher = PatternMatcher(patterns, memoryBudget: 1 << 20, usesVectors: usesVectors)
            for count in 48...200 {
                let place = Int.random(in: 0...count - length, using: &random)
                let number = Int.random(in: patterns.indices, using: &random)
                var text = [UInt8](repeating: 0, count: count)
                text.replaceSubrange(place..<place + length, with: patterns[number].bytes)
                var set = PatternSet(capacity: patterns.count)
                matcher.scan(text.span, into: &set)
                #expect(set.contains(number))
            }
        }
    }

    private func swappedCase(_ byte: UInt8) -> UInt8 {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 ? byte ^ 0x20 : byte
    }

    /// Letters of both cases first, so that small alphabets exercise folding.
    private func letter(_ value: Int, _ alphabet: Int) -> UInt8 {
        alphabet == 256 ? UInt8(value) : Array("aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ01234567".utf8)[value]
    }
}

struct PatternSetTests {
    @Test func membersKeepTheirOrderAndClearingForgetsThem() {
        var set = PatternSet(capacity: 200)
        for pattern in [199, 3, 64, 3] { set.insert(pattern) }
        #expect(set.members == [199, 3, 64])
        #expect(set.contains(64) && !set.contains(65))
        set.removeAll()
        #expect(set.members.isEmpty && !set.contains(199))
    }
}
