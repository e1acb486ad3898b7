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
        var text: [UInt8] = []
        text.reserveCapacity(32)
        CivilDate.append(seconds, to: &text)
        text.append(UInt8(ascii: "."))
        CivilDate.append(rest / 1000, width: 6, to: &text)
        return String(decoding: text, as: UTF8.self) + "+0000"
    }
}
