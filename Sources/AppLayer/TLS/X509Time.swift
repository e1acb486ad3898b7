import Wire

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
