/// Finds every occurrence of many patterns in a stream of byte chunks. Immutable once built, shared
/// by all workers.
public final class PatternMatcher: Sendable {
    public let patternCount: Int

    /// - Parameter patterns: empty ones never match.
    public init(_ patterns: [Pattern]) { patternCount = patterns.count }

    /// Where a scan goes on with the next chunk of the same stream. One word, so that a flow can
    /// keep it cheaply.
    public struct StreamState: Hashable, Sendable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
        public static let start = StreamState(rawValue: 0)
    }

    /// Adds to `found` each pattern that ends in `chunk`, occurrences cut by earlier chunks included.
    public func scan(_ chunk: Span<UInt8>, state: inout StreamState, into found: inout PatternSet) {}

    /// Calls `body` with the pattern's index and the offset behind its last byte in `chunk`, for every
    /// occurrence; several patterns ending at one offset come in rising index order.
    public func forEachMatch(
        in chunk: Span<UInt8>, state: inout StreamState, _ body: (_ pattern: Int, _ end: Int) -> Void
    ) {}
}
