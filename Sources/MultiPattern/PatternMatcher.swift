/// Finds every occurrence of many patterns in a stream of byte chunks. Immutable once built, shared
/// by all workers.
///
/// Two automata: one for the patterns that ignore case, over folded bytes, and one for the exact ones.
/// Either may be empty and then costs nothing.
public final class PatternMatcher: Sendable {
    public let patternCount: Int
    private let folded: AhoCorasick
    private let exact: AhoCorasick

    /// - Parameters:
    ///   - patterns: empty ones never match.
    ///   - memoryBudget: bytes for state rows with a column for every byte class. A larger set keeps
    ///     complete rows for its shallow states and short ones for the rest: slower, the same matches.
    public init(_ patterns: [Pattern], memoryBudget: Int = 64 << 20) {
        patternCount = patterns.count
        var ignoringCase: [(index: Int, bytes: [UInt8])] = []
        var caseSensitive: [(index: Int, bytes: [UInt8])] = []
        for (index, pattern) in patterns.enumerated() where !pattern.bytes.isEmpty {
            let hasLetters = pattern.bytes.contains { $0 != $0.lowercasedASCII || ($0 &- UInt8(ascii: "a")) < 26 }
            if pattern.ignoresCase || !hasLetters {
                ignoringCase.append((index, pattern.bytes))
            } else {
                caseSensitive.append((index, pattern.bytes))
            }
        }
        folded = AhoCorasick(ignoringCase, foldsCase: true, memoryBudget: memoryBudget / 2)
        exact = AhoCorasick(caseSensitive, foldsCase: false, memoryBudget: memoryBudget / 2)
    }

    /// Where a scan goes on with the next chunk of the same stream. One word, so that a flow can
    /// keep it cheaply.
    public struct StreamState: Hashable, Sendable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
        public static let start = StreamState(rawValue: 0)

        init(folded: UInt32, exact: UInt32) { rawValue = UInt64(exact) << 32 | UInt64(folded) }
        var folded: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
        var exact: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    }

    /// Adds to `found` each pattern that ends in `chunk`, occurrences cut by earlier chunks included.
    public func scan(_ chunk: Span<UInt8>, state: inout StreamState, into found: inout PatternSet) {
        var (folded, exact) = checked(state)
        if !self.folded.isEmpty { folded = self.folded.scan(chunk, from: folded, into: &found) }
        if !self.exact.isEmpty { exact = self.exact.scan(chunk, from: exact, into: &found) }
        state = StreamState(folded: folded, exact: exact)
    }

    /// Calls `body` with the pattern's index and the offset behind its last byte in `chunk`, for every
    /// occurrence; several patterns ending at one offset come in rising index order.
    public func forEachMatch(
        in chunk: Span<UInt8>, state: inout StreamState, _ body: (_ pattern: Int, _ end: Int) -> Void
    ) {
        var (folded, exact) = checked(state)
        for index in chunk.indices {
            let foldedTarget = self.folded.next(folded, chunk[index])
            let exactTarget = self.exact.next(exact, chunk[index])
            folded = foldedTarget & AhoCorasick.stateMask
            exact = exactTarget & AhoCorasick.stateMask
            guard (foldedTarget | exactTarget) & AhoCorasick.endsPattern != 0 else { continue }
            let endings = self.folded.endings(in: folded) + self.exact.endings(in: exact)
            for pattern in endings.sorted() { body(Int(pattern), index + 1) }
        }
        state = StreamState(folded: folded, exact: exact)
    }

    /// A state that another matcher made starts anew instead of reaching outside the tables.
    private func checked(_ state: StreamState) -> (folded: UInt32, exact: UInt32) {
        let isKnown = Int(state.folded) < folded.stateCount && Int(state.exact) < exact.stateCount
        return isKnown ? (state.folded, state.exact) : (0, 0)
    }
}
