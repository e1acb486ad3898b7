extension NumberTest {
    /// Suricata's unsigned integers (https://docs.suricata.io/en/suricata-8.0.0/rules/integer-keywords.html):
    /// decimal or `0x` hexadecimal, with `kb`, `mb` or `gb` behind a decimal one. A range excludes its ends, as it
    /// does there; what holds for no number, or for every one, is refused, as it is there.
    /// - Parameter bits: width of the field that is compared: 8, 16, 32 or 64.
    init(_ field: Field, bits: Int = 64) throws(RuleError) {
        self = try Self.parsed(field)
        if let problem = problem(bits: bits) { throw RuleError(problem, at: field) }
    }

    private static func parsed(_ field: Field) throws(RuleError) -> NumberTest {
        if let range = try range(field) { return range }
        if let rest = field.dropping("&") { return try bitmask(rest, isNegated: false) }
        if let rest = field.dropping("!&") { return try bitmask(rest, isNegated: true) }
        for (symbol, make) in symbols {
            if let rest = field.dropping(symbol) { return make(try number(rest)) }
        }
        return .equal(try number(field))
    }

    /// Longer ones first.
    private static let symbols: [(String, @Sendable (UInt64) -> NumberTest)] = [
        ("<=", { .lessOrEqual($0) }), (">=", { .greaterOrEqual($0) }), ("!=", { .notEqual($0) }), ("<", { .less($0) }),
        (">", { .greater($0) }), ("!", { .notEqual($0) }), ("=", { .equal($0) }),
    ]

    private static func bitmask(_ field: Field, isNegated: Bool) throws(RuleError) -> NumberTest {
        let parts = field.parts("=")
        let unequal = parts[0].last == UInt8(ascii: "!")
        let mask = try number(unequal ? parts[0].dropLast().trimmed : parts[0])
        guard parts.count == 2 else { return .bitmask(mask: mask, value: 0, isNegated: !isNegated) }
        let value = try number(parts[1])
        guard value & ~mask == 0 else {
            throw RuleError("no number has \(parts[1].text) left under the mask \(parts[0].text)", at: parts[1])
        }
        return .bitmask(mask: mask, value: value, isNegated: unequal != isNegated)
    }

    private static func number(_ field: Field) throws(RuleError) -> UInt64 {
        let text = field.text.lowercased()
        let unit = text.hasPrefix("0x") ? nil : units.first { text.hasSuffix($0.0) }
        let digits = field.dropLast(unit?.0.utf8.count ?? 0).trimmed
        let value = try digits.unsigned()
        let (product, overflows) = value.multipliedReportingOverflow(by: unit?.1 ?? 1)
        guard !overflows else { throw RuleError("'\(field.text)' is too large", at: field) }
        return product
    }

    private static let units: [(String, UInt64)] = [
        ("kib", 1 << 10), ("kb", 1 << 10), ("mib", 1 << 20), ("mb", 1 << 20), ("gib", 1 << 30), ("gb", 1 << 30),
    ]

    private static func range(_ field: Field) throws(RuleError) -> NumberTest? {
        let inner = field.dropping("!") ?? field
        var ends: (Field, Field)?
        if let index = inner.firstIndex(of: UInt8(ascii: "<")), index > inner.startIndex, index + 1 < inner.endIndex,
            inner[index + 1] == UInt8(ascii: ">")
        {
            ends = (inner[inner.startIndex..<index].trimmed, inner[(index + 2)...].trimmed)
        } else if let index = inner.firstIndex(of: UInt8(ascii: "-")), index > inner.startIndex {
            ends = (inner[inner.startIndex..<index].trimmed, inner[(index + 1)...].trimmed)
        }
        guard let ends else { return nil }
        let (low, high) = (try number(ends.0), try number(ends.1))
        guard low < high else { throw RuleError("the range '\(field.text)' runs backwards", at: field) }
        guard high - low > 1 else {
            throw RuleError("no number lies between \(low) and \(high): a range excludes its ends", at: field)
        }
        let inside = (low + 1)...(high - 1)
        return field.startIndex == inner.startIndex ? .range(inside) : .notRange(inside)
    }

    /// Why the test can't tell numbers of this width apart, nil when it can.
    private func problem(bits: Int) -> String? {
        let maximum = bits >= 64 ? UInt64.max : (1 << UInt64(bits)) - 1
        let largest: UInt64
        switch self {
        case .equal(let value), .notEqual(let value): largest = value
        case .less(let value):
            if value == 0 { return "no number is less than 0" }
            largest = value
        case .lessOrEqual(let value):
            if value >= maximum { return "every number is at most \(maximum) here" }
            largest = value
        case .greater(let value):
            if value >= maximum { return "no number is greater than \(maximum) here" }
            largest = value
        case .greaterOrEqual(let value):
            if value == 0 { return "every number is at least 0" }
            largest = value
        case .range(let range), .notRange(let range): largest = range.upperBound
        case .bitmask(let mask, _, _): largest = mask
        case .any, .all: return nil
        }
        return largest <= maximum ? nil : "\(largest) does not fit: expected 0 to \(maximum)"
    }

    /// An empty `any` holds for no number, an empty `all` for every one.
    public func holds(_ value: UInt64) -> Bool {
        switch self {
        case .equal(let other): value == other
        case .notEqual(let other): value != other
        case .less(let other): value < other
        case .lessOrEqual(let other): value <= other
        case .greater(let other): value > other
        case .greaterOrEqual(let other): value >= other
        case .range(let range): range.contains(value)
        case .notRange(let range): !range.contains(value)
        case .bitmask(let mask, let expected, let isNegated): (value & mask == expected) != isNegated
        case .any(let tests): tests.contains { $0.holds(value) }
        case .all(let tests): tests.allSatisfy { $0.holds(value) }
        }
    }
}

extension NumberTest {
    /// The test that `text` writes, nil when it writes none.
    public init?(text: String) {
        do throws(RuleError) {
            try self.init(Array(text.utf8)[...].trimmed)
        } catch {
            return nil
        }
    }
}
