/// A pattern for names and paths: `*` stands for any bytes, `/` among them, `?` for one byte; all else for itself.
public struct Glob: Hashable, Sendable {
    /// As it was written.
    public let text: String
    private let pattern: [UInt8]

    /// Longer patterns are refused.
    public static let limitBytes = 512

    /// nil for an empty pattern or one that is too long.
    public init?(_ text: String) {
        let pattern = Array(text.utf8)
        guard !pattern.isEmpty, pattern.count <= Self.limitBytes else { return nil }
        self.text = text
        self.pattern = pattern
    }

    /// Stands for one name only.
    public var isLiteral: Bool { !pattern.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }
    /// Stands for every name.
    public var isEverything: Bool { pattern.allSatisfy { $0 == UInt8(ascii: "*") } }

    public func matches(_ text: String) -> Bool { matches(Array(text.utf8)) }

    /// Takes at most pattern times text steps: only the last `*` is ever tried anew.
    public func matches(_ text: [UInt8]) -> Bool {
        var (place, at) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                place = last.pattern + 1
                at = last.text + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
