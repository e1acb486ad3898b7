public import Wire

/// The last day on which something holds, UTC.
public struct PolicyDay: Hashable, Sendable, CustomStringConvertible {
    /// `2026-12-31`
    public let description: String
    /// The first moment at which it does not hold any more.
    public let end: Timestamp

    /// nil for anything that is not a day as `YYYY-MM-DD`, 1970 to 2261.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2d || 0x30...0x39 ~= $0 }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1970...2261).contains(year)
        else { return nil }
        let seconds = CivilDate.seconds(year: year, month: month, day: day)
        // Days that a month does not have come out as others.
        guard month >= 1, month <= 12, day >= 1, CivilDate.text(seconds).hasPrefix(text) else { return nil }
        description = text
        end = Timestamp(nanoseconds: (seconds + 86_400) * 1_000_000_000)
    }
}
