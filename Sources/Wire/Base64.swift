/// Base64 (RFC 4648).
public enum Base64 {
    /// The whole text; nil when it is not base64. Missing padding is forgiven.
    public static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            if byte == UInt8(ascii: "=") { break }
            guard let value = value(byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count == 4 {
                result += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
                (bits, count) = (0, 0)
            }
        }
        if count == 2 { result.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if count == 3 { result += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] }
        return count == 1 ? nil : result
    }

    /// As far as the text is base64.
    public static func decodePrefix(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let good = text.prefix { value($0) != nil }
        // A single digit at the end says nothing.
        return decode(good.count % 4 == 1 ? good.dropLast() : good) ?? []
    }

    /// Whole groups of four, padded where the last one has fewer bytes, without bits left over (RFC 4648, section 3.5).
    public static func isCanonical(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.prefix { value($0) != nil }
        let padding = text.count - digits.count
        guard text.count % 4 == 0, padding <= 2, text.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else {
            return false
        }
        let spare: UInt8 = [0, 0x03, 0x0f][padding]
        return (digits.last.flatMap(value) ?? 0) & spare == 0
    }

    /// What a digit of the alphabet stands for; nil for any other byte.
    public static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5a: byte &- 0x41
        case 0x61...0x7a: byte &- 0x61 &+ 26
        case 0x30...0x39: byte &- 0x30 &+ 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
