/// Patterns of similar length and where in a text they occur, without reading all of it.
///
/// Each pattern leaves `stride` consecutive windows of one to eight bytes in a table, taken where they are rarest in
/// real traffic, and the text is probed at every `stride`-th place only: wherever an occurrence lies, exactly one of
/// its windows is probed. What the table knows is compared with the patterns themselves.
final class WindowGroup: Sendable {
    /// Windows begin no further than this behind a pattern's beginning: so far a chunk's end is read byte by byte.
    private static let furthestOffset = 12
    private static let slotsPerWindow = 32
    static let probesInBlock = 512
    /// 512 bytes to 64 KiB for each table.
    private static let slotBits = 12...19
    private static let multipliers: (first: UInt64, second: UInt64, third: UInt64) = (
        0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9
    )

    /// How a group takes its windows; a pattern has to have `bytes + stride - 1` bytes at least.
    struct Shape: Hashable, Sendable {
        var bytes: Int
        var stride: Int
        /// All places are probed, many at once.
        var usesVectors = false
        var shortestPattern: Int { bytes + stride - 1 }
    }

    /// A pattern and where one of its windows lies in it.
    struct Entry: Sendable {
        /// Up to eight of its bytes in lower case, such as the window lacks where it is longer; 0 in `mask` for the rest.
        var word: UInt64
        var mask: UInt64
        var pattern: UInt32
        /// In `folded` and `exact`.
        var start: UInt32
        var length: UInt32
        /// Of the window in the pattern, and of the word.
        var offset: UInt8
        var wordOffset: UInt8
        var ignoresCase: Bool
    }

    /// A window and its entries; none in an empty place.
    private struct Slot: Sendable {
        var key: UInt64 = 0
        var firstEntry: UInt32 = 0
        var endEntry: UInt32 = 0
    }

    let shape: Shape
    /// The furthest that an occurrence begins before the place that is probed for it.
    let reach: Int
    private let windowMask: UInt64
    private let hashShift: UInt64
    /// Two Bloom filters with one hash each; the second is asked where the first says yes.
    private let firstBits: [UInt64]
    private let secondBits: [UInt64]
    /// Takes the place of the first filter.
    private let bloom: WindowBloom?
    /// Windows by linear probing.
    private let slots: [Slot]
    private let entries: [Entry]
    /// All patterns one after another, in lower case and as they are, and bytes to spare behind them.
    private let folded: [UInt8]
    private let exact: [UInt8]

    init(_ patterns: [(index: Int, pattern: Pattern)], shape: Shape) {
        self.shape = shape
        windowMask = UInt64.max >> UInt64(8 * (8 - shape.bytes))
        var folded: [UInt8] = []
        var exact: [UInt8] = []
        var places: [UInt64: [Entry]] = [:]
        var reach = 0
        for (index, pattern) in patterns {
            let lower = pattern.bytes.map(\.lowercasedASCII)
            let hasNoCase = lower == pattern.bytes && !lower.contains(where: \.isLowercaseLetter)
            let offset = Self.anchor(of: lower, shape).offset
            reach = max(reach, offset + shape.stride - 1)
            for offset in offset..<offset + shape.stride {
                var key: UInt64 = 0
                for byte in 0..<shape.bytes { key |= UInt64(lower[offset + byte]) << UInt64(8 * byte) }
                let word = Self.word(of: lower, besides: offset, shape.bytes)
                places[key, default: []].append(
                    Entry(
                        word: word.bytes, mask: word.mask, pattern: UInt32(index), start: UInt32(folded.count),
                        length: UInt32(lower.count), offset: UInt8(offset), wordOffset: UInt8(word.offset),
                        ignoresCase: pattern.ignoresCase || hasNoCase))
            }
            folded += lower
            exact += pattern.bytes
        }
        self.reach = reach
        self.folded = folded + [UInt8](repeating: 0, count: 8)
        self.exact = exact

        var bits = Self.slotBits.lowerBound
        while bits < Self.slotBits.upperBound, 1 << bits < places.count * Self.slotsPerWindow { bits += 1 }
        hashShift = UInt64(64 - bits)
        var size = 16
        while size < places.count * 3 { size *= 2 }
        var slots = [Slot](repeating: Slot(), count: size)
        var entries: [Entry] = []
        for key in places.keys.sorted() {
            var place = Self.home(key) & (size - 1)
            while slots[place].endEntry != 0 { place = (place + 1) & (size - 1) }
            let first = UInt32(entries.count)
            entries += places[key] ?? []
            slots[place] = Slot(key: key, firstEntry: first, endEntry: UInt32(entries.count))
        }
        bloom = shape.usesVectors ? WindowBloom(places.keys, width: shape.bytes) : nil
        firstBits = shape.usesVectors ? [] : Self.filter(places.keys, Self.multipliers.first, bits: bits)
        secondBits = Self.filter(places.keys, Self.multipliers.second, bits: bits)
        self.slots = slots
        self.entries = entries
    }

    /// A Bloom filter of `1 << bits` bits with one hash.
    private static func filter(_ windows: some Sequence<UInt64>, _ multiplier: UInt64, bits: Int) -> [UInt64] {
        var filter = [UInt64](repeating: 0, count: 1 << (bits - 6))
        for window in windows {
            let hash = (window &* multiplier) >> UInt64(64 - bits)
            filter[Int(hash >> 6)] |= 1 << (hash & 63)
        }
        return filter
    }

    /// Where in the pattern its windows are taken, and how often a place of real traffic holds one of them.
    static func anchor(of lower: [UInt8], _ shape: Shape) -> (offset: Int, frequency: Double) {
        var best = (offset: 0, frequency: Double.infinity)
        for offset in 0...min(lower.count - shape.shortestPattern, furthestOffset) {
            var sum = 0.0
            for start in offset..<offset + shape.stride {
                sum += GramFrequency.of(lower[start..<start + shape.bytes])
            }
            if sum < best.frequency { best = (offset, sum) }
        }
        return best
    }

    /// The eight bytes of a pattern that tell most besides its window: those behind it, those in front of it, or what
    /// there is.
    private static func word(of lower: [UInt8], besides window: Int, _ width: Int) -> (bytes: UInt64, mask: UInt64, offset: Int) {
        var offset = window + width
        if offset + 8 > lower.count { offset = window >= 8 ? window - 8 : max(min(window - 2, lower.count - 8), 0) }
        let count = min(lower.count - offset, 8)
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(lower[offset + index]) << UInt64(8 * index) }
        return (word, UInt64.max >> UInt64(8 * (8 - count)), offset)
    }

    private static func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* multipliers.third) >> 32) }

    // MARK: Scanning

    /// A text in lower case with `WindowBloom.padding` bytes to spare behind it, and as it is.
    @safe
    struct Text {
        let folded: UnsafeRawBufferPointer
        let original: UnsafeRawBufferPointer
        let count: Int
    }

    /// Adds the patterns that occur in `text`.
    /// - Parameters:
    ///   - budget: comparisons that may still be made; what is left of it is returned in it.
    ///   - tail: lowered to where the first pattern begins that goes on behind the text.
    ///   - candidates: room for `probesInBlock` places and one more.
    /// - Returns: false when the budget was used up: then some patterns may not have been looked for.
    func scan(
        _ text: Text, budget: inout Int, tail: inout Int, _ candidates: UnsafeMutablePointer<Int32>,
        into found: inout PatternSet
    ) -> Bool {
        let last = text.count - shape.bytes
        let isCertain = bloom != nil
        var place = 0
        while place <= last {
            let end = min(last, place &+ (Self.probesInBlock &- 1) &* shape.stride)
            // SAFETY: it writes at most a block's places and one behind them.
            let count = unsafe collect(text, from: place, through: end, candidates)
            for index in 0..<count {
                let candidate = unsafe Int(candidates[index])
                let key = key(text, candidate)
                guard isCertain || isKnown(key) else { continue }
                guard compare(key, text, candidate, &budget, &tail, &found) else { return false }
            }
            place = place &+ Self.probesInBlock &* shape.stride
        }
        return true
    }

    /// Probes from `first` to `last` and writes the places that the first filter has; without a branch, since nothing
    /// foretells them.
    /// - Returns: how many there are.
    private func collect(
        _ text: Text, from first: Int, through last: Int, _ candidates: UnsafeMutablePointer<Int32>
    ) -> Int {
        if let bloom {
            // SAFETY: the text has bytes to spare behind it; a hash has as many bits as the index of the table.
            return unsafe secondBits.withUnsafeBufferPointer { bits in
                guard let bits = bits.baseAddress, let folded = unsafe text.folded.baseAddress else { return 0 }
                return unsafe bloom.probe(
                    folded.assumingMemoryBound(to: UInt8.self), from: first, through: last, bits,
                    multiplier: Self.multipliers.second, shift: hashShift, into: candidates)
            }
        }
        let (stride, mask, shift) = (shape.stride, windowMask, hashShift)
        // SAFETY: probes begin at a place of the text, which has bytes to spare behind it; a hash has as many bits as
        // the index of the table.
        return unsafe firstBits.withUnsafeBufferPointer { bits in
            guard let bits = bits.baseAddress, let folded = unsafe text.folded.baseAddress else { return 0 }
            var (place, count) = (first, 0)
            while place <= last {
                let key = unsafe (folded + place).loadUnaligned(as: UInt64.self).littleEndian & mask
                let hash = (key &* Self.multipliers.first) &>> shift
                unsafe candidates[count] = Int32(truncatingIfNeeded: place)
                count &+= unsafe Int(truncatingIfNeeded: bits[Int(truncatingIfNeeded: hash &>> 6)] &>> hash & 1)
                place &+= stride
            }
            return count
        }
    }

    @inline(__always)
    private func key(_ text: Text, _ place: Int) -> UInt64 {
        // SAFETY: the text has bytes to spare behind it.
        unsafe text.folded.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian & windowMask
    }

    /// What the second filter says.
    @inline(__always)
    private func isKnown(_ key: UInt64) -> Bool {
        let hash = (key &* Self.multipliers.second) &>> hashShift
        return secondBits[Int(hash &>> 6)] &>> hash & 1 != 0
    }

    /// Compares the patterns that have the window at `place` with the text around it.
    private func compare(
        _ key: UInt64, _ text: Text, _ place: Int, _ budget: inout Int, _ tail: inout Int, _ found: inout PatternSet
    ) -> Bool {
        let mask = slots.count - 1
        var home = Self.home(key) & mask
        while slots[home].endEntry != 0, slots[home].key != key { home = (home + 1) & mask }
        let range = Int(slots[home].firstEntry)..<Int(slots[home].endEntry)
        budget &-= range.count
        for index in range {
            let start = place - Int(entries[index].offset)
            guard start >= 0 else { continue }
            if start + Int(entries[index].length) > text.count {
                if start < tail, equals(entries[index], text, start) { tail = start }
                continue
            }
            // SAFETY: the text has bytes to spare behind it.
            let word = unsafe text.folded.loadUnaligned(
                fromByteOffset: start &+ Int(entries[index].wordOffset), as: UInt64.self).littleEndian
            guard (word ^ entries[index].word) & entries[index].mask == 0 else { continue }
            let entry = entries[index]
            if !found.contains(Int(entry.pattern)), equals(entry, text, start) { found.insert(Int(entry.pattern)) }
        }
        return budget >= 0
    }

    /// Whether the text has the pattern at `start`, as far as it goes.
    private func equals(_ entry: Entry, _ text: Text, _ start: Int) -> Bool {
        let length = min(Int(entry.length), text.count - start)
        // SAFETY: `length` bytes from `start` lie in the text and from `entry.start` in the patterns.
        return unsafe folded.withUnsafeBytes { folded in
            var index = 0
            while index &+ 8 <= length {
                let difference = unsafe folded.loadUnaligned(fromByteOffset: Int(entry.start) &+ index, as: UInt64.self)
                    ^ text.folded.loadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
                guard difference == 0 else { return false }
                index &+= 8
            }
            while index < length {
                guard unsafe folded[Int(entry.start) &+ index] == text.folded[start &+ index] else { return false }
                index &+= 1
            }
            guard !entry.ignoresCase else { return true }
            for index in 0..<length where unsafe exact[Int(entry.start) + index] != text.original[start + index] { return false }
            return true
        }
    }
}

extension UInt8 {
    var isLowercaseLetter: Bool { self &- UInt8(ascii: "a") < 26 }
}
