/// UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5).
enum X509Time {
    /// Seconds since 1970; nil when the element is not a time.
    static func seconds(_ element: DERReader.Element) -> Int64? {
        var content = element.content
        let text = content.rest()
        switch element.tag {
        case DERTag.utcTime:
            guard let year = number(text, 0, 2) else { return nil }
            return seconds(text, from: 2, year: year < 50 ? 2000 + year : 1900 + year)
        case DERTag.generalizedTime:
            guard let year = number(text, 0, 4) else { return nil }
            return seconds(text, from: 4, year: year)
        default:
            return nil
        }
    }

    private static func seconds(_ text: [UInt8], from start: Int, year: Int) -> Int64? {
        guard let month = number(text, start, 2), let day = number(text, start + 2, 2),
            let hour = number(text, start + 4, 2), let minute = number(text, start + 6, 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60
        else { return nil }
        var at = start + 8
        var second = 0
        if let value = number(text, at, 2) {
            guard value < 61 else { return nil }
            second = value
            at += 2
        }
        if at < text.count, text[at] == UInt8(ascii: ".") {
            at += 1
            while at < text.count, digit(text[at]) != nil { at += 1 }
        }
        guard let shift = zone(text, at) else { return nil }
        return CivilDate.seconds(year: year, month: month, day: day) + Int64(hour * 3600 + minute * 60 + second) - shift
    }

    /// Seconds that the time is ahead of UTC.
    private static func zone(_ text: [UInt8], _ at: Int) -> Int64? {
        guard at < text.count else { return 0 }
        switch text[at] {
        case UInt8(ascii: "Z"): return at + 1 == text.count ? 0 : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard text.count == at + 5, let hours = number(text, at + 1, 2), let minutes = number(text, at + 3, 2) else {
                return nil
            }
            let shift = Int64(hours * 3600 + minutes * 60)
            return text[at] == UInt8(ascii: "+") ? shift : -shift
        default: return nil
        }
    }

    private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil }

    private static func number(_ text: [UInt8], _ start: Int, _ count: Int) -> Int? {
        guard start + count <= text.count else { return nil }
        var value = 0
        for index in start..<start + count {
            guard let digit = digit(text[index]) else { return nil }
            value = value * 10 + digit
        }
        return value
    }
}

/// Days of the proleptic Gregorian calendar.
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

    /// `2020-05-13T12:00:00`, UTC.
    public static func text(_ seconds: Int64) -> String {
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let rest = Int(seconds - Int64(days) * 86_400)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
