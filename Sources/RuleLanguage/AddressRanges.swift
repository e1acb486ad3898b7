import Wire

/// Sets of addresses of both families, with the algebra that nested and negated groups need.
struct AddressRanges {
    var ipv4 = DisjointRanges<UInt32>()
    var ipv6 = DisjointRanges<UInt128>()

    static let all = AddressRanges(ipv4: .all, ipv6: .all)
    var isEverything: Bool { ipv4 == .all && ipv6 == .all }
    var isEmpty: Bool { ipv4.ranges.isEmpty && ipv6.ranges.isEmpty }

    func union(_ other: AddressRanges) -> AddressRanges {
        AddressRanges(ipv4: ipv4.union(other.ipv4), ipv6: ipv6.union(other.ipv6))
    }

    var complement: AddressRanges { AddressRanges(ipv4: ipv4.complement, ipv6: ipv6.complement) }

    func subtracting(_ other: AddressRanges) -> AddressRanges { complement.union(other).complement }

    /// As rules keep it; every address is `.any`.
    var set: AddressSet {
        if isEverything { return .any }
        var set = AddressSet()
        set.included = ipv4.ranges.map { Self.range($0, isIPv6: false) } + ipv6.ranges.map { Self.range($0, isIPv6: true) }
        return set
    }

    private static func range<Bits: FixedWidthInteger>(_ range: ClosedRange<Bits>, isIPv6: Bool) -> AddressRange {
        func words(_ value: Bits) -> (UInt64, UInt64) {
            let value = UInt128(truncatingIfNeeded: value)
            return (UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
        }
        let (first, last) = (words(range.lowerBound), words(range.upperBound))
        return AddressRange(isIPv6: isIPv6, first: (first.0, first.1), last: (last.0, last.1))
    }

    /// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9`, and the same for IPv6.
    init(literal field: Field) throws(RuleError) {
        let text = field.text
        if let slash = text.firstIndex(of: "/") {
            let address = try Self.address(String(text[..<slash]), field)
            let bits = address.family == .ipv4 ? 32 : 128
            let prefix = try Self.prefixLength(String(text[text.index(after: slash)...]), bits: bits, field)
            let value = Self.value(address)
            let familyBits = bits == 128 ? UInt128.max : UInt128(UInt32.max)
            let hostBits = prefix == bits ? 0 : familyBits >> UInt128(prefix)
            let lower = value & ~hostBits
            self.init(lower...(lower | hostBits), address.family)
        } else if let dash = text.firstIndex(of: "-") {
            let first = try Self.address(String(text[..<dash]), field)
            let last = try Self.address(String(text[text.index(after: dash)...]), field)
            guard first.family == last.family, Self.value(first) <= Self.value(last) else {
                throw RuleError("'\(text)' is not a range: expected a lower and a higher address of one family", at: field)
            }
            self.init(Self.value(first)...Self.value(last), first.family)
        } else {
            let address = try Self.address(text, field)
            self.init(Self.value(address)...Self.value(address), address.family)
        }
    }

    private init(ipv4: DisjointRanges<UInt32>, ipv6: DisjointRanges<UInt128>) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    init() {}

    private init(_ range: ClosedRange<UInt128>, _ family: IPAddress.Family) {
        switch family {
        case .ipv4:
            let last = UInt32(truncatingIfNeeded: range.upperBound)
            ipv4 = DisjointRanges(min(UInt32(truncatingIfNeeded: range.lowerBound), last)...last)
        case .ipv6: ipv6 = DisjointRanges(range)
        }
    }

    private static func value(_ address: IPAddress) -> UInt128 { UInt128(address.high) << 64 | UInt128(address.low) }

    private static func address(_ text: String, _ field: Field) throws(RuleError) -> IPAddress {
        guard let address = IPAddress(text.trimmingBlanks) else {
            throw RuleError("'\(text)' is not an IP address, a range or a variable ($NAME)", at: field)
        }
        return address
    }

    private static func prefixLength(_ text: String, bits: Int, _ field: Field) throws(RuleError) -> Int {
        if let length = Int(text.trimmingBlanks), (0...bits).contains(length) { return length }
        if bits == 32, let mask = IPAddress(text.trimmingBlanks), mask.family == .ipv4 {
            let inverted = ~UInt32(truncatingIfNeeded: mask.low)
            if inverted & (inverted &+ 1) == 0 { return inverted.leadingZeroBitCount }
        }
        throw RuleError("'/\(text)' is not a prefix length from 0 to \(bits)", at: field)
    }
}

extension String {
    var trimmingBlanks: String { String(Array(utf8)[...].trimmed.text) }
}
