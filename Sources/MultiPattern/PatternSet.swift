/// A set of pattern indices with its members in order of insertion; clearing costs its size only.
public struct PatternSet {
    public private(set) var members: [UInt32] = []
    private var words: [UInt64]
    private var room = ScanRoom()

    public init(capacity: Int) { words = Array(repeating: 0, count: (capacity + 63) / 64) }

    public func contains(_ pattern: Int) -> Bool {
        words[pattern >> 6] & (1 << UInt64(pattern & 63)) != 0
    }

    public mutating func insert(_ pattern: Int) {
        let bit = UInt64(1) << UInt64(pattern & 63)
        if words[pattern >> 6] & bit == 0 {
            words[pattern >> 6] |= bit
            members.append(UInt32(truncatingIfNeeded: pattern))
        }
    }

    mutating func insert(contentsOf patterns: ArraySlice<UInt32>) {
        for pattern in patterns { insert(Int(pattern)) }
    }

    public mutating func removeAll() {
        for member in members { words[Int(member) >> 6] = 0 }
        members.removeAll(keepingCapacity: true)
    }

    /// At least `count` bytes and so many places with any content; for the time of a scan, to be given back after it.
    mutating func takeRoom(_ count: Int, places: Int) -> ScanRoom {
        var room = ScanRoom()
        swap(&room, &self.room)
        room.grow(bytes: count, places: places)
        return room
    }

    mutating func giveBack(_ room: ScanRoom) { self.room = room }
}

/// For the text of a scan in lower case, and for places in it; kept, so that a scan allocates nothing.
struct ScanRoom {
    private var bytes: [UInt8] = []
    private var places: [Int32] = []

    mutating func grow(bytes count: Int, places placeCount: Int) {
        if bytes.count < count { bytes = [UInt8](repeating: 0, count: max(count, 2048)) }
        if places.count < placeCount { places = [Int32](repeating: 0, count: placeCount) }
    }

    mutating func withUnsafeBuffers(
        _ body: (UnsafeMutableRawBufferPointer, UnsafeMutableBufferPointer<Int32>) -> Void
    ) {
        unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe places.withUnsafeMutableBufferPointer { places in unsafe body(bytes, places) }
        }
    }
}
