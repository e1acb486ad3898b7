/// A set of numbers as sorted ranges that neither touch nor overlap.
struct DisjointRanges<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<Bound>] = []

    static var all: Self { Self(Bound.min...Bound.max) }

    init() {}

    init(_ range: ClosedRange<Bound>) { ranges = [range] }

    func union(_ other: Self) -> Self {
        if ranges.isEmpty { return other }
        if other.ranges.isEmpty { return self }
        var result = Self()
        for range in (ranges + other.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.ranges.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                result.ranges[result.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.ranges.append(range)
            }
        }
        return result
    }

    var complement: Self {
        var result = Self()
        var next = Bound.min
        for range in ranges {
            if range.lowerBound > next { result.ranges.append(next...(range.lowerBound - 1)) }
            guard range.upperBound < .max else { return result }
            next = range.upperBound + 1
        }
        result.ranges.append(next...Bound.max)
        return result
    }

    func subtracting(_ other: Self) -> Self {
        other.ranges.isEmpty ? self : complement.union(other).complement
    }
}

/// Ports as rules write them.
typealias PortRanges = DisjointRanges<UInt16>

extension DisjointRanges where Bound == UInt16 {
    /// `80`, `80:90`, `:1024`, `1024:`.
    init(literal field: Field) throws(RuleError) {
        let parts = field.parts(":")
        guard parts.count <= 2 else { throw RuleError("'\(field.text)' is not a port or a range like 80:90", at: field) }
        let first = parts[0].isEmpty && parts.count == 2 ? 0 : try Self.port(parts[0])
        var last = first
        if parts.count == 2 { last = parts[1].isEmpty ? .max : try Self.port(parts[1]) }
        guard first <= last else { throw RuleError("the range '\(field.text)' runs backwards", at: field) }
        self.init(first...last)
    }

    private static func port(_ field: Field) throws(RuleError) -> UInt16 {
        UInt16(truncatingIfNeeded: try field.integer(in: 0...65535, "the port"))
    }
}
