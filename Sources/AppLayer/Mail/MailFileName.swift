import Wire

/// File names in headers of mail, as readers show them.
enum MailFileName {
    /// The value of `name`, `name*` or `name*0`, `name*1*` and so on (RFC 2231); encoded words undone (RFC 2047).
    static func find(_ name: String, in header: [UInt8]) -> [UInt8]? {
        if let plain = HeaderParameter.value(name, in: header) { return decodingWords(plain) }
        if let extended = HeaderParameter.value("\(name)*", in: header) { return percentDecoded(afterCharset(extended)) }
        var joined: [UInt8] = []
        for number in 0..<partLimit {
            if let part = HeaderParameter.value("\(name)*\(number)", in: header) {
                joined += part
            } else if let part = HeaderParameter.value("\(name)*\(number)*", in: header) {
                joined += percentDecoded(number == 0 ? afterCharset(part) : part)
            } else {
                return number == 0 ? nil : joined
            }
        }
        return joined
    }

    private static let partLimit = 32

    /// Without `charset'language'`.
    private static func afterCharset(_ value: [UInt8]) -> [UInt8] {
        guard let first = value.firstIndex(of: UInt8(ascii: "'")),
            let second = value[(first + 1)...].firstIndex(of: UInt8(ascii: "'"))
        else { return value }
        return Array(value[(second + 1)...])
    }

    private static func percentDecoded(_ text: [UInt8]) -> [UInt8] { decoded(text[...], escape: UInt8(ascii: "%")) }

    private static func decoded(_ text: ArraySlice<UInt8>, escape: UInt8) -> [UInt8] {
        var result: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            if text[at] == escape, at + 2 < text.endIndex, let high = text[at + 1].hexadecimalDigit,
                let low = text[at + 2].hexadecimalDigit
            {
                result.append(high << 4 | low)
                at += 3
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }

    /// RFC 2047, section 2: `=?charset?B?text?=`, or Q. Blanks between two such words are nothing.
    static func decodingWords(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var at = 0
        var afterWord: Int?
        while at < text.count {
            guard let word = word(text, at) else {
                result.append(text[at])
                if text[at] > 0x20 { afterWord = nil }
                at += 1
                continue
            }
            if let end = afterWord { result.removeLast(at - end) }
            result += word.text
            at = word.end
            afterWord = at
        }
        return result
    }

    private static func word(_ text: [UInt8], _ start: Int) -> (text: [UInt8], end: Int)? {
        guard text.count - start > 8, text[start] == UInt8(ascii: "="), text[start + 1] == UInt8(ascii: "?"),
            let charset = text[(start + 2)...].firstIndex(of: UInt8(ascii: "?")), charset + 2 < text.count,
            text[charset + 2] == UInt8(ascii: "?")
        else { return nil }
        var end = charset + 3
        while end + 1 < text.count, text[end] != UInt8(ascii: "?") || text[end + 1] != UInt8(ascii: "=") { end += 1 }
        guard end + 1 < text.count else { return nil }
        let encoded = text[(charset + 3)..<end]
        switch text[charset + 1].uppercased {
        case UInt8(ascii: "B"): return Base64.decode(encoded).map { ($0, end + 2) }
        case UInt8(ascii: "Q"):
            let spaced = encoded.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
            return (decoded(spaced[...], escape: UInt8(ascii: "=")), end + 2)
        default: return nil
        }
    }
}
