/// The proleptic Gregorian calendar, by eras of 400 years that begin on the 1st of March.
public enum CivilDate {
    /// Seconds from 1970 to the day's start, UTC. Days past the month's end run on into the next.
    public static func seconds(year: Int, month: Int, day: Int) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468) * 86_400
    }

    /// `2020-05-13T12:00:00`, UTC, of a count of seconds since 1970.
    public static func text(_ seconds: Int64) -> String {
        var text: [UInt8] = []
        append(seconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`.
    public static func append(_ seconds: Int64, to text: inout [UInt8]) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let clock = seconds - days * 86_400
        let (year, month, day) = date(days: days)
        append(year, width: 4, to: &text)
        for (separator, value) in [
            ("-", month), ("-", day), ("T", clock / 3600), (":", clock / 60 % 60), (":", clock % 60),
        ] as [(Unicode.Scalar, Int64)] {
            text.append(UInt8(ascii: separator))
            append(value, width: 2, to: &text)
        }
    }

    /// Decimal digits, at least `width` of them.
    public static func append(_ value: Int64, width: Int, to text: inout [UInt8]) {
        var power: Int64 = 1
        for _ in 1..<width { power *= 10 }
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            text.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / power % 10))
            power /= 10
        }
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
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
}
