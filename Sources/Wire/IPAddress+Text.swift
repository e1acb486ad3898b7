extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the canonical form of RFC 5952.
    public var description: String {
        switch family {
        case .ipv4:
            var text: [UInt8] = []
            text.reserveCapacity(16)
            for shift in [24, 16, 8, 0] as [UInt64] {
                let byte = UInt8(truncatingIfNeeded: low >> shift)
                if byte >= 100 { text.append(UInt8(ascii: "0") + byte / 100) }
                if byte >= 10 { text.append(UInt8(ascii: "0") + byte / 10 % 10) }
                text.append(UInt8(ascii: "0") + byte % 10)
                if shift > 0 { text.append(UInt8(ascii: ".")) }
            }
            return String(decoding: text, as: UTF8.self)
        case .ipv6: return Self.compress(groups)
        }
    }

    /// Dotted decimal, or all eight groups with four digits each, as Suricata's EVE writes addresses.
    public var expanded: String {
        guard family == .ipv6 else { return description }
        return groups.map { group in
            let digits = String(group, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined(separator: ":")
    }

    /// The eight 16-bit groups of an IPv6 address.
    var groups: [UInt16] {
        (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
        }
    }

    /// RFC 5952, section 4.2: the longest run of two or more zero groups, the first of equals.
    private static func compress(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }

    /// nil for anything that is not an IPv4 or IPv6 address in text form.
    public init?(_ text: some StringProtocol) {
        if let address = Self.parseIPv4(text) {
            self.init(ipv4: address)
        } else if let words = Self.parseIPv6(text) {
            self.init(ipv6High: words.high, low: words.low)
        } else {
            return nil
        }
    }

    private static func parseIPv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.count <= 3, part.allSatisfy(\.isASCII), let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func parseIPv6(_ text: some StringProtocol) -> (high: UInt64, low: UInt64)? {
        let characters = Array(text)
        guard characters.contains(":") else { return nil }
        let gap = zip(characters.indices, characters.indices.dropFirst()).first {
            characters[$0.0] == ":" && characters[$0.1] == ":"
        }?.0
        let head = gap.map { characters[..<$0] } ?? characters[...]
        let tail = gap.map { characters[($0 + 2)...] } ?? []
        guard let first = groups(head), let last = groups(tail) else { return nil }
        guard gap == nil ? first.count == 8 : first.count + last.count <= 7 else { return nil }
        let all = first + Array(repeating: 0, count: 8 - first.count - last.count) + last
        func word(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
        return (word(all[..<4]), word(all[4...]))
    }

    private static func groups(_ text: ArraySlice<Character>) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt16] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            if part.contains(".") {
                guard let address = parseIPv4(String(part)) else { return nil }
                result += [UInt16(truncatingIfNeeded: address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard (1...4).contains(part.count), let group = UInt16(String(part), radix: 16) else { return nil }
                result.append(group)
            }
        }
        return result.count <= 8 ? result : nil
    }
}
