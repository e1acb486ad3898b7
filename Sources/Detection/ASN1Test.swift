import RuleLanguage

/// Walks BER-encoded data (X.690) and looks for what parsers have stumbled over.
struct ASN1Test: Sendable {
    let option: ASN1Option
    /// Values looked at (`asn1-max-frames`).
    private static let maximumFrames = 30

    init(_ option: ASN1Option) { self.option = option }

    func holds(_ bytes: Span<UInt8>, position: Int, base: Int) -> Bool {
        var at =
            switch option.place {
            case .start: -base
            case .absolute(let offset): offset &- base
            case .relative(let offset): position &+ offset
            }
        var frames = 0
        while at >= 0, at < bytes.count, frames < Self.maximumFrames, let value = BERValue(bytes, at) {
            if isOdd(value, bytes) { return true }
            // What is constructed is gone into; what is primitive is passed over.
            at = value.isConstructed ? value.contentStart : value.contentStart &+ value.availableCount(in: bytes)
            frames += 1
        }
        return false
    }

    private func isOdd(_ value: BERValue, _ bytes: Span<UInt8>) -> Bool {
        if let limit = option.oversizeLength, value.length > limit { return true }
        guard value.isUniversal, !value.isConstructed, value.contentStart < bytes.count else { return false }
        let first = bytes[value.contentStart]
        // BIT STRING: more unused bits than there are.
        if option.findsBitstringOverflow, value.tag == 3, value.length > 0, UInt64(first) > (value.length &- 1) &* 8 { return true }
        // REAL in decimal digits.
        return option.findsDoubleOverflow && value.tag == 9 && value.length > 256 && first & 0xc0 == 0
    }
}

/// Identifier and length of one value.
private struct BERValue {
    var isUniversal = false
    var isConstructed = false
    var tag: UInt32 = 0
    var length: UInt64 = 0
    var contentStart = 0

    init?(_ bytes: Span<UInt8>, _ start: Int) {
        let identifier = bytes[start]
        isUniversal = identifier & 0xc0 == 0
        isConstructed = identifier & 0x20 != 0
        tag = UInt32(identifier & 0x1f)
        var at = start + 1
        if tag == 0x1f {
            tag = 0
            var count = 0
            repeat {
                guard at < bytes.count, count < 4 else { return nil }
                tag = tag << 7 | UInt32(bytes[at] & 0x7f)
                at += 1
                count += 1
            } while bytes[at - 1] & 0x80 != 0
        }
        guard at < bytes.count else { return nil }
        let first = bytes[at]
        at += 1
        if first & 0x80 == 0 {
            length = UInt64(first)
        } else {
            let count = Int(first & 0x7f)
            guard count <= 8, at + count <= bytes.count else { return nil }
            for index in 0..<count { length = length << 8 | UInt64(bytes[at + index]) }
            at += count
        }
        contentStart = at
    }

    func availableCount(in bytes: Span<UInt8>) -> Int { Int(min(length, UInt64(bytes.count - contentStart))) }
}
