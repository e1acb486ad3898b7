/// The bytes of one stream direction that are still of interest, found by stream offset: those in
/// order that the receiver has not acknowledged, and those that wait for a hole to be filled.
///
/// A ring of blocks: block number n (offset / block size) stands at n modulo the ring's length.
struct ByteStore {
    private var ring: [Int32] = []
    /// Every block held is in `firstBlock ..< firstBlock + ring.count`.
    private var firstBlock = 0
    private var held = 0

    private static let none: Int32 = -1
    private static let smallestRing = 8

    var isEmpty: Bool { held == 0 }

    private func slot(_ block: Int) -> Int { block & (ring.count - 1) }

    /// Makes room for `range`, or returns false and changes nothing. Offsets are not negative.
    mutating func reserve(_ range: Range<Int>, isInOrder: Bool, memory: StreamMemory) -> Bool {
        guard !range.isEmpty else { return true }
        let low = range.lowerBound / StreamMemory.blockBytes
        let high = (range.upperBound - 1) / StreamMemory.blockBytes
        let first = held == 0 ? low : min(firstBlock, low)
        var length = max(ring.count, ByteStore.smallestRing)
        // The highest block held is within the ring, so a longer ring keeps every one.
        let end = held == 0 ? high + 1 : max(high + 1, highestEnd)
        while length < end - first { length *= 2 }
        var missing = 0
        for block in low...high where !holds(block) { missing += 1 }
        let growth = (length - ring.count) * MemoryLayout<Int32>.stride
        guard missing > 0 else { return true }
        guard memory.hasRoom(for: missing * StreamMemory.blockBytes + growth, isInOrder: isInOrder) else { return false }
        if length != ring.count { resize(to: length, memory: memory) }
        firstBlock = first
        for block in low...high where ring[slot(block)] == ByteStore.none {
            ring[slot(block)] = memory.takeBlock()
            held += 1
        }
        return true
    }

    private func holds(_ block: Int) -> Bool {
        held > 0 && block >= firstBlock && block < firstBlock + ring.count && ring[slot(block)] != ByteStore.none
    }

    /// Every byte of `range` is held.
    func holds(_ range: Range<Int>) -> Bool {
        guard range.lowerBound >= 0, !range.isEmpty else { return false }
        return (range.lowerBound / StreamMemory.blockBytes...(range.upperBound - 1) / StreamMemory.blockBytes)
            .allSatisfy { holds($0) }
    }

    private var highestEnd: Int {
        var block = firstBlock + ring.count - 1
        while block > firstBlock, ring[slot(block)] == ByteStore.none { block -= 1 }
        return block + 1
    }

    private mutating func resize(to length: Int, memory: StreamMemory) {
        var longer = [Int32](repeating: ByteStore.none, count: length)
        if held > 0 {
            for block in firstBlock..<firstBlock + ring.count where ring[slot(block)] != ByteStore.none {
                longer[block & (length - 1)] = ring[slot(block)]
            }
        }
        memory.charge((length - ring.count) * MemoryLayout<Int32>.stride)
        ring = longer
    }

    /// Gives back the blocks that lie wholly before `offset`.
    mutating func release(before offset: Int, memory: StreamMemory) {
        guard held > 0, offset > 0 else { return }
        let end = min(offset / StreamMemory.blockBytes, firstBlock + ring.count)
        while firstBlock < end, held > 0 {
            let index = slot(firstBlock)
            if ring[index] != ByteStore.none {
                memory.giveBlock(ring[index])
                ring[index] = ByteStore.none
                held -= 1
            }
            firstBlock += 1
        }
        if held == 0 { trim(memory) }
    }

    mutating func releaseAll(memory: StreamMemory) {
        for index in ring.indices where ring[index] != ByteStore.none {
            memory.giveBlock(ring[index])
            ring[index] = ByteStore.none
        }
        held = 0
        trim(memory)
    }

    /// An empty store keeps a small ring only: an idle flow must be cheap.
    private mutating func trim(_ memory: StreamMemory) {
        guard ring.count > ByteStore.smallestRing else { return }
        memory.charge(-ring.count * MemoryLayout<Int32>.stride)
        ring = []
    }

    /// What `memory` was charged for, given back at the end of the session.
    mutating func close(memory: StreamMemory) {
        releaseAll(memory: memory)
        memory.charge(-ring.count * MemoryLayout<Int32>.stride)
        ring = []
    }

    /// Stores `payload[range]` at `offset`; reserved before.
    func write(_ payload: Span<UInt8>, _ range: Range<Int>, at offset: Int, memory: StreamMemory) {
        var from = range.lowerBound
        var position = offset
        while from < range.upperBound {
            let inBlock = position % StreamMemory.blockBytes
            let count = min(StreamMemory.blockBytes - inBlock, range.upperBound - from)
            let block = ring[slot(position / StreamMemory.blockBytes)]
            memory.write(payload, from..<from + count, block: block, at: inBlock)
            from += count
            position += count
        }
    }

    /// Whether `payload[range]` differs from what is stored from `offset` on.
    func differs(_ payload: Span<UInt8>, _ range: Range<Int>, at offset: Int, memory: StreamMemory) -> Bool {
        var from = range.lowerBound
        var position = offset
        while from < range.upperBound {
            let inBlock = position % StreamMemory.blockBytes
            let count = min(StreamMemory.blockBytes - inBlock, range.upperBound - from)
            let block = position / StreamMemory.blockBytes
            if holds(block), memory.differs(payload, from..<from + count, block: ring[slot(block)], at: inBlock) {
                return true
            }
            from += count
            position += count
        }
        return false
    }

    /// Appends the stored bytes of `range` of the stream, all of which are held.
    func append(_ range: Range<Int>, to bytes: inout [UInt8], memory: StreamMemory) {
        var position = range.lowerBound
        while position < range.upperBound {
            let inBlock = position % StreamMemory.blockBytes
            let count = min(StreamMemory.blockBytes - inBlock, range.upperBound - position)
            bytes.append(contentsOf: memory.bytes(
                block: ring[slot(position / StreamMemory.blockBytes)], inBlock..<inBlock + count))
            position += count
        }
    }

    /// Overwrites `bytes[target...]` with the stored bytes of `range` of the stream.
    func overlay(_ range: Range<Int>, onto bytes: inout [UInt8], at target: Int, memory: StreamMemory) {
        var stored: [UInt8] = []
        stored.reserveCapacity(range.count)
        append(range, to: &stored, memory: memory)
        bytes.replaceSubrange(target..<target + range.count, with: stored)
    }
}
