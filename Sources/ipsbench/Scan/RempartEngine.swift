import MultiPattern

/// Rempart's own matcher. Timed is what detection calls for each chunk: every match is entered in a set, which is
/// then read and emptied.
struct RempartEngine: ScanEngine {
    private let matcher: PatternMatcher
    private var found: PatternSet
    /// Keeps the compiler from leaving out what nobody reads.
    private(set) var distinctInChunks = 0

    init(_ patterns: [Pattern]) {
        matcher = PatternMatcher(patterns)
        found = PatternSet(capacity: patterns.count)
    }

    mutating func scan(_ input: ScanInput) {
        var state = PatternMatcher.StreamState.start
        let text = input.text.span
        input.forEachChunk { range in
            if input.isStreaming {
                matcher.scan(text.extracting(range), state: &state, into: &found)
            } else {
                matcher.scan(text.extracting(range), into: &found)
            }
            distinctInChunks &+= found.members.count
            found.removeAll()
        }
    }

    mutating func countMatches(_ input: ScanInput) -> Int {
        var state = PatternMatcher.StreamState.start
        var count = 0
        let text = input.text.span
        input.forEachChunk { range in
            if !input.isStreaming { state = .start }
            matcher.forEachMatch(in: text.extracting(range), state: &state) { _, _ in count += 1 }
        }
        return count
    }
}
