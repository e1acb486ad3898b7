import MultiPattern

/// The matcher against a search that tries every pattern everywhere.
extension FuzzTarget {
    /// Patterns, each after a byte that is odd when case does not count and ended by 0xff; then a `Talk.switchMark`
    /// and the text.
    static let patterns = FuzzTarget("patterns", maximumLength: 1024, words: [Talk.switchMark], seeds: Seeds.patterns) { input in
        guard let mark = input.firstRange(of: Talk.switchMark) else { return }
        let patterns = input[..<mark.lowerBound].split(separator: 0xff).compactMap { piece in
            piece.first.map { Pattern(Array(piece.dropFirst()), ignoresCase: $0 % 2 == 1) }
        }
        let text = Array(input[mark.upperBound...])
        let matcher = PatternMatcher(patterns)
        let expected = Set(patterns.indices.filter { occurs(patterns[$0], in: text) }.map { UInt32($0) })
        var found = PatternSet(capacity: patterns.count)
        matcher.scan(text.span, into: &found)
        try promise(Set(found.members) == expected, "whole: found \(found.members.sorted()), there are \(expected.sorted())")
        var cut = PatternSet(capacity: patterns.count)
        var state = PatternMatcher.StreamState.start
        var start = 0
        for length in Cutting.pieces(seed: input.fingerprint).lengths(of: text.count) {
            matcher.scan(text.span.extracting(start..<start + length), state: &state, into: &cut)
            start += length
        }
        try promise(Set(cut.members) == expected, "in pieces: found \(cut.members.sorted()), there are \(expected.sorted())")
    }

    private static func occurs(_ pattern: Pattern, in text: [UInt8]) -> Bool {
        guard !pattern.bytes.isEmpty, text.count >= pattern.bytes.count else { return false }
        return (0...text.count - pattern.bytes.count).contains { start in
            pattern.bytes.indices.allSatisfy { index in
                let (a, b) = (pattern.bytes[index], text[start + index])
                return a == b || pattern.ignoresCase && lower(a) == lower(b)
            }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}

extension Seeds {
    @Sendable static func patterns() -> [[UInt8]] {
        func input(_ patterns: [(UInt8, String)], _ text: String) -> [UInt8] {
            Array(patterns.map { [$0.0] + Array($0.1.utf8) }.joined(separator: [0xff])) + Talk.switchMark + Array(text.utf8)
        }
        return [
            input([(0, "he"), (1, "SHE"), (0, "hers"), (0, "a")], "ushers and Ushers"), input([(0, "aaaa"), (0, "aa"), (1, "b")], "aaaaaaaaab"),
            input([(0, "${jndi:"), (1, "select"), (0, "/etc/passwd"), (1, "union")], "x=${jndi:ldap} UNION SELECT /etc/passwd"),
        ]
    }
}
