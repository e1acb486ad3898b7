extension [UInt8] {
    /// Two hexadecimal digits of either case for each byte; nil for anything else.
    public init?(hexadecimal digits: ArraySlice<UInt8>) {
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        for at in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
            guard let high = digits[at].hexadecimalDigit, let low = digits[at + 1].hexadecimalDigit else { return nil }
            append(high << 4 | low)
        }
    }

    /// Hexadecimal digits, with `separator` between bytes.
    public func hexadecimal(separator: String = "", uppercase: Bool = false) -> [UInt8] {
        let digits = [UInt8]((uppercase ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
        let between = [UInt8](separator.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * (2 + between.count))
        for (index, byte) in enumerated() {
            if index > 0 { text += between }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}

extension UInt8 {
    /// What this byte stands for as an ASCII hexadecimal digit of either case.
    public var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}
