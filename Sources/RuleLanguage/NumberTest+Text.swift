extension NumberTest {
    /// Suricata's unsigned integers (https://docs.suricata.io/en/suricata-8.0.0/rules/integer-keywords.html).
    /// A range excludes its ends, as it does there.
    init(_ field: Field) throws(RuleError) {
        let lists: [(String, (UInt64) -> NumberTest)] = [
            ("<=", { .lessOrEqual($0) }), (">=", { .greaterOrEqual($0) }), ("!=", { .notEqual($0) }),
        ]
        for (symbol, make) in lists {
            if let rest = field.dropping(symbol) {
                self = make(try Self.number(rest))
                return
            }
        }
        if let range = try Self.range(field) {
            self = range
            return
        }
        let singles: [(String, (UInt64) -> NumberTest)] = [
            ("<", { .less($0) }), (">", { .greater($0) }), ("!", { .notEqual($0) }), ("=", { .equal($0) }),
        ]
        for (symbol, make) in singles {
            if let rest = field.dropping(symbol) {
                self = make(try Self.number(rest))
                return
            }
        }
        if let rest = field.dropping("&") {
            let parts = rest.parts("=")
            let mask = try Self.number(parts[0])
            if parts.count == 2 {
                let negated = parts[0].last == UInt8(ascii: "!")
                self = .bitmask(mask: mask, value: try Self.number(parts[1]), isNegated: negated)
            } else {
                self = .bitmask(mask: mask, value: 0, isNegated: true)
            }
            return
        }
        self = .equal(try Self.number(field))
    }

    private static func number(_ field: Field) throws(RuleError) -> UInt64 {
        UInt64(try field.integer(in: 0...Int64.max, "the number"))
    }

    private static func range(_ field: Field) throws(RuleError) -> NumberTest? {
        let inner = field.dropping("!") ?? field
        let separator = [UInt8]("<>".utf8)
        var ends: (Field, Field)?
        if let index = inner.firstIndex(of: separator[0]), index > inner.startIndex, index + 1 < inner.endIndex,
            inner[index + 1] == separator[1]
        {
            ends = (inner[inner.startIndex..<index].trimmed, inner[(index + 2)...].trimmed)
        } else if let index = inner.firstIndex(of: UInt8(ascii: "-")), index > inner.startIndex {
            ends = (inner[inner.startIndex..<index].trimmed, inner[(index + 1)...].trimmed)
        }
        guard let ends else { return nil }
        let (low, high) = (try number(ends.0), try number(ends.1))
        guard low < high else { throw RuleError("the range '\(field.text)' runs backwards", at: field) }
        let isNegated = field.startIndex != inner.startIndex
        guard high - low > 1 else { return isNegated ? .all([]) : .any([]) }
        return isNegated ? .notRange((low + 1)...(high - 1)) : .range((low + 1)...(high - 1))
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
