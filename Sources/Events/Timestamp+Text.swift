public import Wire

extension Timestamp {
    /// As EVE writes it: `2026-11-23T20:47:57.123456+0000`, UTC.
    public var eveText: String {
        var seconds = nanoseconds / 1_000_000_000
        var rest = nanoseconds % 1_000_000_000
        if rest < 0 {
            rest += 1_000_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var clock = seconds % 86_400
        if clock < 0 {
            clock += 86_400
            days -= 1
        }
        let (year, month, day) = Self.civil(days: days)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        for (value, width, end) in [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (clock / 3600, 2, ":"), (clock / 60 % 60, 2, ":"),
            (clock % 60, 2, "."), (rest / 1000, 6, "+"),
        ] as [(Int64, Int, Unicode.Scalar)] {
            Self.append(value, width, to: &text)
            text.append(UInt8(ascii: end))
        }
        return String(decoding: text, as: UTF8.self) + "0000"
    }

    /// The proleptic Gregorian date of a count of days since 1970-01-01, by eras of 400 years
    /// that begin on the 1st of March.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// At least `width` digits.
    private static func append(_ value: Int64, _ width: Int, to text: inout [UInt8]) {
        var power: Int64 = 1
        for _ in 1..<width { power *= 10 }
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / power % 10))
            power /= 10
        }
    }
}
