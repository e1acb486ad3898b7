/// A test on the numbers of a transaction that has several of one kind (`dns.rrtype`, …): `operation and
/// value[,index[,subslice]]`, or `count` with a test of how many there are
/// (https://docs.suricata.io/en/latest/rules/integer-keywords.html#multi-integers).
public struct NumberListTest: Hashable, Sendable {
    public enum Selection: Hashable, Sendable {
        case any, all, allOrAbsent, orAbsent
        /// How many of them the test holds for.
        case count(NumberTest)
        /// From the end when negative.
        case index(Int)
        /// The test holds for this one, or there is no such one.
        case indexOrOutside(Int)
    }

    /// nil for `count`: every number counts.
    public var test: NumberTest?
    public var selection = Selection.any
    /// First index and the one behind the last, from the end when negative; nil for the whole list.
    public var slice: (start: Int, end: Int)? {
        get { sliceStart.map { ($0, sliceEnd) } }
        set { (sliceStart, sliceEnd) = (newValue?.start, newValue?.end ?? 0) }
    }
    private var sliceStart: Int?
    private var sliceEnd = 0

    public init(_ test: NumberTest?, selection: Selection = .any) {
        self.test = test
        self.selection = selection
    }

    /// Numbers that are still to come could change the result.
    public var needsWholeList: Bool { selection != .any || sliceStart != nil }

    public func holds(_ numbers: [UInt64]) -> Bool {
        guard let part = part(of: numbers) else { return selection == .orAbsent || selection == .allOrAbsent }
        func fits(_ number: UInt64) -> Bool { test?.holds(number) ?? true }
        switch selection {
        case .any: return part.contains(where: fits)
        case .orAbsent: return part.isEmpty || part.contains(where: fits)
        case .all: return !part.isEmpty && part.allSatisfy(fits)
        case .allOrAbsent: return part.allSatisfy(fits)
        case .count(let count): return count.holds(UInt64(part.filter(fits).count))
        case .index(let index): return Self.element(index, of: part).map(fits) ?? false
        case .indexOrOutside(let index): return Self.element(index, of: part).map(fits) ?? true
        }
    }

    /// Empty when an end of the slice lies outside.
    private func part(of numbers: [UInt64]) -> ArraySlice<UInt64>? {
        guard let slice else { return numbers[...] }
        let start = slice.start < 0 ? numbers.count + slice.start : slice.start
        let end = slice.end < 0 ? numbers.count + slice.end : slice.end
        guard start >= 0, end <= numbers.count, start < end else { return [] }
        return numbers[start..<end]
    }

    private static func element(_ index: Int, of part: ArraySlice<UInt64>) -> UInt64? {
        let place = index < 0 ? part.count + index : index
        return place >= 0 && place < part.count ? part[part.startIndex + place] : nil
    }
}

extension NumberListTest {
    /// - Parameter read: reads the operation and value.
    init(_ field: Field, _ read: (Field) throws(RuleError) -> NumberTest) throws(RuleError) {
        if field.words.first?.text == "count", let rest = field.dropping("count") {
            self.init(nil, selection: .count(try NumberTest(rest, bits: 32)))
            return
        }
        let parts = field.parts(",")
        guard parts.count <= 3 else { throw RuleError("expected 'operation and value[,index[,subslice]]'", at: field) }
        self.init(try read(parts[0]), selection: parts.count > 1 ? try Self.selection(parts[1]) : .any)
        if parts.count == 3 { slice = try Self.slice(parts[2]) }
    }

    private static func selection(_ field: Field) throws(RuleError) -> Selection {
        switch field.text {
        case "any": return .any
        case "all": return .all
        case "all_or_absent": return .allOrAbsent
        case "or_absent": return .orAbsent
        default: break
        }
        if let rest = field.dropping("nb") { return .count(try NumberTest(rest, bits: 32)) }
        if let rest = field.dropping("oob_or") { return .indexOrOutside(try index(rest)) }
        return .index(try index(field))
    }

    private static func index(_ field: Field) throws(RuleError) -> Int {
        do throws(RuleError) {
            return Int(try field.integer(in: -65_536...65_535, "the index"))
        } catch {
            throw RuleError(
                "'\(field.text)' is not an index: expected any, all, all_or_absent, or_absent, nb with a test, a number, "
                    + "or oob_or with a number", at: field)
        }
    }

    private static func slice(_ field: Field) throws(RuleError) -> (start: Int, end: Int) {
        let ends = field.parts(":")
        guard ends.count == 2 else { throw RuleError("expected a subslice as in '2:4'", at: field) }
        return (try index(ends[0]), try index(ends[1]))
    }
}
