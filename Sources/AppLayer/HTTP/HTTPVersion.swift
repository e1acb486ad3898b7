import Wire

/// `HTTP/1.1`, in the spellings that receivers take for it: blanks around the slash and zeros before the number.
struct HTTPVersion {
    /// 9, 10 or 11.
    let minor: UInt8
    /// Not spelt as RFC 9112, section 2.3 has it.
    let isPadded: Bool

    init?(_ text: [UInt8]) {
        var rest = text[...].drop { $0 <= 0x20 }
        guard rest.count >= 6, rest.prefix(4).map(\.lowercasedASCII).elementsEqual("http".utf8) else { return nil }
        rest = rest.dropFirst(4)
        let before = rest.prefix { $0 <= 0x20 }
        rest = rest.dropFirst(before.count)
        guard rest.first == UInt8(ascii: "/") else { return nil }
        rest = rest.dropFirst()
        let after = rest.prefix { $0 <= 0x20 || $0 == UInt8(ascii: "0") }
        rest = rest.dropFirst(after.count)
        while let last = rest.last, last <= 0x20 { rest = rest.dropLast() }
        switch String(decoding: rest, as: UTF8.self) {
        case ".9": minor = 9
        case "1.0": minor = 10
        case "1.1": minor = 11
        default: return nil
        }
        // 0.9 has its zero.
        isPadded = !before.isEmpty || after.count > (minor == 9 ? 1 : 0)
    }
}
