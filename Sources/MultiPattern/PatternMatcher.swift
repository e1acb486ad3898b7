/// Finds every occurrence of many patterns in a stream of byte chunks. Immutable once built, shared
/// by all workers.
///
/// Most of a text is passed by a filter on rare windows of the patterns, and what it finds is compared. Two automata,
/// one for the patterns that ignore case, over folded bytes, and one for the exact ones, carry what is cut by the end
/// of a chunk into the next one, and read a text that was crafted to keep the filter busy.
public final class PatternMatcher: Sendable {
    public let patternCount: Int
    private let folded: AhoCorasick
    private let exact: AhoCorasick
    /// nil when it would not be faster.
    private let filter: WindowFilter?

    /// Texts shorter than this are read byte by byte, and chunks, whose beginning and end are read so anyway.
    private static let shortestFilteredText = 8
    private static let shortestFilteredChunk = 48
    /// Longer ones are read in pieces: a piece and its folded copy stay in the processor's cache.
    private static let longestPiece = 16_384

    /// - Parameters:
    ///   - patterns: empty ones never match.
    ///   - memoryBudget: bytes for state rows with a column for every byte class. A larger set keeps
    ///     complete rows for its shallow states and short ones for the rest: slower, the same matches.
    public convenience init(_ patterns: [Pattern], memoryBudget: Int = 1 << 19) {
        self.init(patterns, memoryBudget: memoryBudget, usesVectors: true)
    }

    /// - Parameter usesVectors: where the processor has what that takes.
    init(_ patterns: [Pattern], memoryBudget: Int, usesVectors: Bool) {
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
        filter = WindowFilter(
            patterns.enumerated().filter { !$0.element.bytes.isEmpty }.map { ($0.offset, $0.element) },
            usesVectors: usesVectors)
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

    /// Adds to `found` each pattern that occurs in `text`.
    public func scan(_ text: Span<UInt8>, into found: inout PatternSet) {
        guard let filter, text.count <= Self.longestPiece, text.count >= Self.shortestFilteredText else {
            var state = StreamState.start
            return scan(text, state: &state, into: &found)
        }
        guard filter.scan(text, into: &found) == nil else { return }
        var (folded, exact) = (AhoCorasick.Cursor(), AhoCorasick.Cursor())
        self.folded.follow(text, &folded, &found)
        self.exact.follow(text, &exact, &found)
    }

    /// Adds to `found` each pattern that ends in `chunk`, occurrences cut by earlier chunks included.
    public func scan(_ chunk: Span<UInt8>, state: inout StreamState, into found: inout PatternSet) {
        var start = 0
        repeat {
            let end = min(start + Self.longestPiece, chunk.count)
            scan(piece: chunk.extracting(start..<end), state: &state, into: &found)
            start = end
        } while start < chunk.count
    }

    private func scan(piece: Span<UInt8>, state: inout StreamState, into found: inout PatternSet) {
        let start = checked(state)
        var (folded, exact) = (AhoCorasick.Cursor(state: start.folded), AhoCorasick.Cursor(state: start.exact))
        if let filter, piece.count >= Self.shortestFilteredChunk {
            // What began in earlier chunks.
            self.folded.follow(piece, through: -1, &folded, &found)
            self.exact.follow(piece, through: -1, &exact, &found)
            if let tail = filter.scan(piece, into: &found) {
                if folded.place < piece.count { folded = AhoCorasick.Cursor(place: tail) }
                if exact.place < piece.count { exact = AhoCorasick.Cursor(place: tail) }
            }
        }
        self.folded.follow(piece, &folded, &found)
        self.exact.follow(piece, &exact, &found)
        state = StreamState(folded: folded.state, exact: exact.state)
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
