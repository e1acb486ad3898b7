/// Tells where in a text a pattern may begin, so that the automaton need not read the rest.
///
/// Each pattern leaves `stride` consecutive windows of 1 to 4 bytes in two tables, and the text is probed at every
/// `stride`-th place only: wherever an occurrence lies, exactly one of its windows is probed. The tables may say yes
/// for other windows, never no for one of these.
struct WindowFilter: Sendable {
    /// Bytes that a probe reads, whatever the window takes of them.
    static let probedBytes = 4
    /// Windows are taken no further than this behind a pattern's beginning.
    private static let furthestOffset = 16
    private static let widestStride = 8
    private static let slotsPerWindow = 32
    /// 4 KiB to 64 KiB for the first table.
    private static let slotBits = 12...16
    private static let multipliers: (first: UInt32, second: UInt32) = (0x9e37_79b1, 0x85eb_ca6b)

    let stride: Int
    /// A hit at place x says that a pattern may begin at `x - reach ... x`.
    let reach: Int
    private let windowMask: UInt32
    /// Set in letters of either case. It maps a few other bytes onto each other as well, which costs a hit too many.
    private let foldMask: UInt32
    private let hashShift: UInt32
    /// A byte for each slot: fewer instructions for a probe than with bits.
    private let slots: [UInt8]
    /// By another hash, asked where `slots` says yes.
    private let secondBits: [UInt64]

    /// nil when probes would hit too often to spare anything.
    /// - Parameter patterns: no empty ones.
    init?(patterns: [[UInt8]], foldsCase: Bool) {
        guard let shortest = patterns.lazy.map(\.count).min(), shortest > 0 else { return nil }
        let windowBytes = shortest < 7 ? min(shortest, 3) : 4
        let stride = min(shortest - windowBytes + 1, Self.widestStride)
        let anchors = patterns.map { Self.anchor(of: $0, windowBytes, stride, foldsCase) }
        guard anchors.reduce(0, { $0 + $1.frequency }) < 1.0 / 16 else { return nil }
        self.stride = stride
        reach = (anchors.map(\.offset).max() ?? 0) + stride - 1
        windowMask = UInt32.max >> UInt32(8 * (4 - windowBytes))
        foldMask = foldsCase ? 0x2020_2020 : 0

        var bits = Self.slotBits.lowerBound
        while bits < Self.slotBits.upperBound, 1 << bits < patterns.count * stride * Self.slotsPerWindow { bits += 1 }
        hashShift = UInt32(32 - bits)
        var slots = [UInt8](repeating: 0, count: 1 << bits)
        var secondBits = [UInt64](repeating: 0, count: 1 << (bits - 6))
        for (pattern, anchor) in zip(patterns, anchors) {
            for offset in anchor.offset..<anchor.offset + stride {
                var word: UInt32 = 0
                for byte in 0..<windowBytes { word |= UInt32(pattern[offset + byte]) << UInt32(8 * byte) }
                let key = (word | foldMask) & windowMask
                slots[Int((key &* Self.multipliers.first) >> hashShift)] = 1
                let second = (key &* Self.multipliers.second) >> hashShift
                secondBits[Int(second >> 6)] |= 1 << UInt64(second & 63)
            }
        }
        self.slots = slots
        self.secondBits = secondBits
    }

    /// The first place from `start` on, in steps of `stride`, where the tables have the text's window; when there is
    /// none, the first one where fewer than `probedBytes` bytes are left.
    func firstHit(in text: Span<UInt8>, from start: Int) -> Int {
        precondition(start >= 0)
        let last = text.count - Self.probedBytes
        let step = stride
        var place = start
        // SAFETY: a probe's place is at most `last`, so that its four bytes lie in the text; a hash has as many bits as
        // the index of `slots`.
        return unsafe slots.withUnsafeBufferPointer { slots in
            unsafe text.withUnsafeBytes { text in
                while place <= last {
                    // Four probes for one branch: the loop is bound by what the processor can do at once.
                    while place &+ 3 &* step <= last {
                        let hits =
                            unsafe slots[slot(text, place)] | slots[slot(text, place &+ step)]
                            | slots[slot(text, place &+ 2 &* step)] | slots[slot(text, place &+ 3 &* step)]
                        if hits != 0 { break }
                        place &+= 4 &* step
                    }
                    let end = min(last, place &+ 3 &* step)
                    while place <= end {
                        if unsafe slots[slot(text, place)] != 0 && isConfirmed(text, place) { return place }
                        place &+= step
                    }
                }
                return place
            }
        }
    }

    @inline(__always)
    private func key(_ text: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
        // SAFETY: the caller's place is at least four bytes before the end.
        (unsafe text.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian | foldMask) & windowMask
    }

    @inline(__always)
    private func slot(_ text: UnsafeRawBufferPointer, _ place: Int) -> Int {
        Int(unsafe (key(text, place) &* Self.multipliers.first) &>> hashShift)
    }

    private func isConfirmed(_ text: UnsafeRawBufferPointer, _ place: Int) -> Bool {
        let hash = unsafe (key(text, place) &* Self.multipliers.second) &>> hashShift
        return secondBits[Int(hash >> 6)] & 1 << UInt64(hash & 63) != 0
    }

    /// Where in the pattern its windows are taken: where they are rarest in what hosts send each other.
    private static func anchor(
        of pattern: [UInt8], _ windowBytes: Int, _ stride: Int, _ foldsCase: Bool
    ) -> (offset: Int, frequency: Double) {
        let frequencies = pattern.map { ByteFrequency.of($0, foldsCase: foldsCase) }
        var best = (offset: 0, frequency: Double.infinity)
        for offset in 0...min(pattern.count - windowBytes - stride + 1, furthestOffset) {
            var sum = 0.0
            for start in offset..<offset + stride {
                sum += frequencies[start..<start + windowBytes].reduce(1, *)
            }
            if sum < best.frequency { best = (offset, sum) }
        }
        return best
    }
}
