import RuleLanguage
import Wire

/// Runs the payload options of one group over one buffer, with Suricata's meaning of places.
///
/// An option that follows relatively makes the one before it try its later matches too; a budget
/// bounds that (`detect.inspection-recursion-limit`).
struct BufferMatcher {
    let scratch: PCREScratch
    /// What an expression that is given up at its limit counts as.
    var limitCountsAsMatch = false
    /// The buffer's end will be known: a match that the next bytes could undo waits for them.
    var waitsForMore = false
    /// Bytes behind a match that are taken for enough to see that.
    private static let sightInBytes = 64
    /// The packet in hand.
    private let packet: DecodedPacket
    private let state: FlowDetectionState?
    /// Values made by `byte_extract` and `byte_math`, shared by all groups of a rule.
    var slots: [Int]
    private var budget = 3000
    /// Where the group's last content or expression matched.
    private(set) var lastMatch: Range<Int>?
    /// The step whose content or expression may lie anywhere in the buffer and does not: the group can't match before it
    /// comes. It does not begin before `from`.
    private(set) var missing: (step: Int, from: Int)?
    /// What `base64_decode` made last, for `base64_data`.
    private(set) var decoded: [UInt8] = []
    /// JSON objects that go with the values found in datasets.
    private(set) var contexts: [(key: String, json: String)] = []
    /// What groups of expressions hold, and what is to be put in place of contents: of the way that led to the match.
    private(set) var captured: [CapturedVariable] = []
    private(set) var replacements: [Replacement] = []

    init(scratch: PCREScratch, slotCount: Int, packet: DecodedPacket, state: FlowDetectionState?) {
        self.scratch = scratch
        self.packet = packet
        self.state = state
        slots = Array(repeating: 0, count: slotCount)
    }

    /// - Parameters:
    ///   - base: place of `bytes[0]` in the whole buffer, for absolute offsets.
    ///   - isComplete: no byte will follow; `endswith` and `bsize` need that.
    mutating func matches(_ steps: [Step], _ bytes: Span<UInt8>, base: Int, isComplete: Bool) -> Bool {
        budget = 3000
        missing = nil
        return run(steps, 0, bytes, base, isComplete, position: 0)
    }

    private mutating func run(
        _ steps: [Step], _ index: Int, _ bytes: Span<UInt8>, _ base: Int, _ isComplete: Bool, position: Int
    ) -> Bool {
        guard index < steps.count else { return true }
        budget -= 1
        guard budget > 0 else { return false }
        let tries = index + 1 < steps.count && steps[index + 1].isRelative
        switch steps[index] {
        case .content(let content):
            return runContent(content, tries, steps, index, bytes, base, isComplete, position)
        case .pcre(let expression, let isRelative, let isNegated):
            // A relative expression sees nothing before its start: `^` matches there.
            let origin = isRelative ? min(max(position, 0), bytes.count) : 0
            let subject = bytes.extracting(origin..<bytes.count)
            if isNegated {
                let hits = scratch.limitHits
                let match = expression.firstMatch(in: subject, from: 0, scratch: scratch)
                // Given up: whether the expression matches is not known, so neither side may hold by itself.
                guard match == nil, scratch.limitHits == hits || limitCountsAsMatch else { return false }
                return run(steps, index + 1, bytes, base, isComplete, position: position)
            }
            var start = 0
            let hits = scratch.limitHits
            while let match = expression.firstMatch(in: subject, from: start, scratch: scratch, mayGrow: !isComplete) {
                if waitsForMore, !isComplete, expression.looksAhead, !isRelative,
                    subject.count - match.upperBound < Self.sightInBytes
                {
                    // Behind other matches it is not what is lacking: what follows those may come yet.
                    if start == 0 { lack(index, from: match.lowerBound) }
                    return false
                }
                lastMatch = match.lowerBound + origin..<match.upperBound + origin
                // A later step may match another expression, with the same memory.
                let values = expression.captures.isEmpty ? [] : scratch.values(of: expression.captures, in: subject)
                if run(steps, index + 1, bytes, base, isComplete, position: match.upperBound + origin) {
                    captured += values
                    return true
                }
                guard tries, budget > 0 else { return false }
                start = match.lowerBound + 1
            }
            guard scratch.limitHits != hits else {
                if start == 0, !isRelative { lack(index, from: scratch.resumption) }
                return false
            }
            return limitCountsAsMatch && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .bsize(let test):
            guard isComplete, test.holds(UInt64(base + bytes.count)) else { return false }
            return run(steps, index + 1, bytes, base, isComplete, position: position)
        case .base64Decode(let decode):
            let start = (decode.isRelative ? position : -base) &+ Int(decode.offset)
            guard (0..<bytes.count).contains(start) else { return false }
            let end = decode.byteCount.map { min(bytes.count, start + Int($0)) } ?? min(bytes.count, start + 65_536)
            decoded = Base64.decodePrefix([UInt8](copying: bytes.extracting(start..<end))[...])
            return !decoded.isEmpty && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .asn1(let test):
            return test.holds(bytes, position: position, base: base)
                && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .ftpBounce:
            return FTPBounce.holds(bytes, from: packet.source) && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .entropy(let test):
            guard isComplete, let entropy = test.entropy(of: bytes) else { return false }
            state?.note(entropy: entropy, of: test.name)
            return test.holds(entropy) && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .dataset(let test):
            guard isComplete, base == 0, let found = test.outcome([UInt8](copying: bytes)) else { return false }
            guard run(steps, index + 1, bytes, base, isComplete, position: position) else { return false }
            if let context = found.context { contexts.append(context) }
            return true
        case .rpc(let call):
            return call.holds(bytes, isStream: packet.transport == .tcp)
                && run(steps, index + 1, bytes, base, isComplete, position: position)
        case .absent(let orElse):
            return orElse && run(steps, index + 1, bytes, base, isComplete, position: position)
        default:
            guard let next = place(steps[index], bytes, base, position) else { return false }
            return run(steps, index + 1, bytes, base, isComplete, position: next)
        }
    }

    private mutating func runContent(
        _ content: Step.Content, _ tries: Bool, _ steps: [Step], _ index: Int, _ bytes: Span<UInt8>, _ base: Int,
        _ isComplete: Bool, _ position: Int
    ) -> Bool {
        let length = content.search.pattern.count
        guard var region = region(content, bytes.count, base, position) else {
            return content.isNegated && run(steps, index + 1, bytes, base, isComplete, position: position)
        }
        if content.endsWith {
            guard isComplete else { return false }
            let lower = max(region.lowerBound, bytes.count - length)
            region = lower..<max(lower, region.upperBound)
        }
        if content.isNegated {
            guard content.search.first(in: bytes, region, mustEnd: content.endsWith) == nil else { return false }
            return run(steps, index + 1, bytes, base, isComplete, position: position)
        }
        var start = region.lowerBound
        while let found = content.search.first(
            in: bytes, start..<max(start, region.upperBound), mustEnd: content.endsWith) {
            lastMatch = found..<found + length
            if run(steps, index + 1, bytes, base, isComplete, position: found + length) {
                if let bytes = content.replacement { replacements.append(Replacement(offset: found, bytes: bytes)) }
                return true
            }
            guard tries, budget > 0 else { return false }
            start = found + 1
        }
        if content.mayLieAnywhere, start == 0 { lack(index, from: max(0, bytes.count - length + 1)) }
        return false
    }

    private mutating func lack(_ step: Int, from: Int) {
        missing = (step, from)
        budget = 0
    }

    /// Where the content must lie, as a range of `bytes`; nil when that is outside of them.
    private func region(_ content: Step.Content, _ count: Int, _ base: Int, _ position: Int) -> Range<Int>? {
        var lower = 0
        var upper = count
        if content.isRelative {
            lower = position &+ (content.distance.map(value) ?? 0)
            if let within = content.within { upper = min(upper, lower &+ value(within)) }
        } else {
            let offset = content.offset.map(value) ?? 0
            lower = offset &- base
            if let depth = content.depth { upper = min(upper, offset &+ value(depth) &- base) }
            if content.startsWith { upper = min(upper, content.search.pattern.count &- base) }
        }
        lower = max(lower, 0)
        return lower <= upper ? lower..<upper : nil
    }

    private func value(_ number: Step.Number) -> Int {
        switch number {
        case .constant(let value): value
        case .slot(let slot): slots[slot]
        }
    }

    // MARK: Numbers in the buffer

    /// Runs a step that only tests or moves; returns the place after it, nil when it does not hold.
    private mutating func place(_ step: Step, _ bytes: Span<UInt8>, _ base: Int, _ position: Int) -> Int? {
        switch step {
        case .isDataAt(let number, let isRelative, let isNegated):
            let wanted = value(number)
            let isThere = isRelative ? position &+ wanted <= bytes.count : wanted &- base < bytes.count
            return isThere != isNegated ? position : nil
        case .byteTest(let test, let length, let expected, let offset):
            let start = (test.isRelative ? position : -base) &+ value(offset)
            guard let read = read(bytes, start, value(length), test.order, test.stringBase) else { return nil }
            let masked = Self.mask(read.value, test.bitmask)
            return Self.compare(masked, test.comparison, value(expected)) != test.isNegated ? position : nil
        case .byteJump(let jump, let length, let offset):
            return jumped(jump, value(length), value(offset), bytes, base, position)
        case .byteExtract(let extract, let offset, let slot):
            let start = (extract.isRelative ? position : -base) &+ value(offset)
            guard let read = read(bytes, start, extract.length, extract.order, extract.stringBase) else { return nil }
            var result = read.value &* Int(extract.multiplier)
            if let alignment = extract.alignment, alignment > 1 {
                let rest = result % Int(alignment)
                if rest != 0 { result = result &+ Int(alignment) &- rest }
            }
            slots[slot] = result
            return start &+ read.length
        case .byteMath(let math, let length, let offset, let operand, let slot):
            let start = (math.isRelative ? position : -base) &+ value(offset)
            guard let read = read(bytes, start, value(length), math.order, math.stringBase),
                let result = Self.calculate(Self.mask(read.value, math.bitmask), math.operation, value(operand))
            else { return nil }
            slots[slot] = result
            return start &+ read.length
        case .content, .pcre, .bsize, .absent, .dataset, .base64Decode, .entropy, .asn1, .ftpBounce, .rpc:
            return nil
        }
    }

    private func jumped(
        _ jump: ByteJump, _ length: Int, _ offset: Int, _ bytes: Span<UInt8>, _ base: Int, _ position: Int
    ) -> Int? {
        let start = (jump.isRelative ? position : -base) &+ offset
        var read = (value: 0, length: 0)
        if length > 0 {
            guard let number = self.read(bytes, start, length, jump.order, jump.stringBase) else { return nil }
            read = number
        }
        var distance = Self.mask(read.value, jump.bitmask) &* Int(jump.multiplier)
        if jump.alignsToFour { distance = (distance &+ 3) & ~3 }
        let origin =
            switch jump.origin {
            case .afterValue: start &+ read.length
            case .beginning: -base
            case .end: bytes.count
            }
        let target = origin &+ distance &+ Int(jump.postOffset)
        return (0...bytes.count).contains(target) ? target : nil
    }

    private func read(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ order: ByteOrder, _ base: NumberBase?
    ) -> (value: Int, length: Int)? {
        guard start >= 0, length >= 0, length <= bytes.count, start <= bytes.count - length else { return nil }
        guard let base else {
            guard 1...8 ~= length else { return nil }
            var value: UInt64 = 0
            for index in 0..<length {
                let byte = bytes[start + (order == .little ? length - 1 - index : index)]
                value = value << 8 | UInt64(byte)
            }
            return (Int(truncatingIfNeeded: value), length)
        }
        // A count of 0: as many digits as there are.
        let read = Self.digits(bytes, start, length > 0 ? length : min(Self.longestNumber, bytes.count - start), base)
        return read.map { ($0.value, length > 0 ? length : $0.end - start) }
    }

    /// Digits of 64 bits in octal, with a leading zero.
    private static let longestNumber = 23

    /// Digits up to the first other byte, after leading blanks.
    private static func digits(
        _ bytes: Span<UInt8>, _ start: Int, _ length: Int, _ base: NumberBase
    ) -> (value: Int, end: Int)? {
        let radix: Int =
            switch base {
            case .binary: 2
            case .octal: 8
            case .decimal: 10
            case .hexadecimal: 16
            }
        var at = start
        let end = start + length
        while at < end, bytes[at] == 0x20 || (0x09...0x0d).contains(bytes[at]) { at += 1 }
        if radix == 16, at + 1 < end, bytes[at] == 0x30, bytes[at + 1] | 0x20 == 0x78 { at += 2 }
        var value = 0
        var count = 0
        while at < end, let digit = bytes[at].hexadecimalDigit, digit < radix, count < 16 {
            value = value &* radix &+ Int(digit)
            at += 1
            count += 1
        }
        return count > 0 ? (value, at) : nil
    }

    private static func mask(_ value: Int, _ bitmask: UInt32?) -> Int {
        guard let bitmask, bitmask != 0 else { return value }
        return (value & Int(bitmask)) >> bitmask.trailingZeroBitCount
    }

    private static func compare(_ value: Int, _ comparison: ByteTest.Comparison, _ other: Int) -> Bool {
        let (a, b) = (UInt64(bitPattern: Int64(value)), UInt64(bitPattern: Int64(other)))
        return switch comparison {
        case .less: a < b
        case .greater: a > b
        case .equal: a == b
        case .lessOrEqual: a <= b
        case .greaterOrEqual: a >= b
        case .bitAnd: a & b != 0
        case .bitXor: a ^ b != 0
        }
    }

    private static func calculate(_ value: Int, _ operation: ByteMath.Operator, _ operand: Int) -> Int? {
        switch operation {
        case .add: value &+ operand
        case .subtract: value &- operand
        case .multiply: value &* operand
        case .divide: operand == 0 || value == .min ? nil : value / operand
        case .shiftLeft: (0..<64).contains(operand) ? value << operand : nil
        case .shiftRight: (0..<64).contains(operand) ? value >> operand : nil
        }
    }
}
