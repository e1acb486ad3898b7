import RuleLanguage

/// Changes that rules make to a buffer before they look into it
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/transforms.html).
enum Transforms {
    static let supported: Set<String> = [
        "to_lowercase", "to_uppercase", "strip_whitespace", "compress_whitespace", "dotprefix", "url_decode", "xor",
        "header_lowercase",
    ]

    static func apply(_ transforms: [Transform], to bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for transform in transforms { bytes = apply(transform, bytes) }
        return bytes
    }

    private static func apply(_ transform: Transform, _ bytes: [UInt8]) -> [UInt8] {
        switch transform.name {
        case "to_lowercase": bytes.map(\.lowercasedASCII)
        case "to_uppercase": bytes.map { $0 &- 0x61 < 26 ? $0 & 0xdf : $0 }
        case "strip_whitespace": bytes.filter { !isSpace($0) }
        case "compress_whitespace": compressed(bytes)
        case "dotprefix": [0x2e] + bytes
        case "url_decode": decoded(bytes)
        case "header_lowercase": lowercasedNames(bytes)
        case "xor": xored(bytes, key: transform.arguments ?? "")
        default: bytes
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            if !isSpace(byte) {
                result.append(byte)
            } else if result.last.map(isSpace) != true {
                result.append(byte)
            }
        }
        return result
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = Character(UnicodeScalar(bytes[index + 1])).hexDigitValue,
                let low = Character(UnicodeScalar(bytes[index + 2])).hexDigitValue
            {
                result.append(UInt8(high << 4 | low))
                index += 3
            } else {
                result.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func lowercasedNames(_ bytes: [UInt8]) -> [UInt8] {
        var isName = true
        return bytes.map { byte in
            if byte == 0x0a { isName = true } else if byte == UInt8(ascii: ":") { isName = false }
            return isName ? byte.lowercasedASCII : byte
        }
    }

    /// The key as hexadecimal digits; nil when it is none.
    static func key(_ text: String) -> [UInt8]? {
        let digits = text.filter { $0 != "\"" && $0 != " " }
        guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        var result: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            result.append(byte)
            rest = rest.dropFirst(2)
        }
        return result
    }

    private static func xored(_ bytes: [UInt8], key text: String) -> [UInt8] {
        guard let key = key(text) else { return bytes }
        return bytes.enumerated().map { $0.element ^ key[$0.offset % key.count] }
    }
}
