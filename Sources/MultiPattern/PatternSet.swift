/// A set of pattern indices with its members in order of insertion; clearing costs its size only.
public struct PatternSet {
    public private(set) var members: [UInt32] = []
    private var words: [UInt64]
    /// For the text of the scan in hand in lower case; kept, so that a scan allocates nothing.
    private var room: [UInt8] = []

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

    /// At least `count` bytes with any content; for the time of a scan, to be given back after it.
    mutating func takeRoom(_ count: Int) -> [UInt8] {
        var room: [UInt8] = []
        swap(&room, &self.room)
        if room.count < count { room = [UInt8](repeating: 0, count: max(count, 2048)) }
        return room
    }

    mutating func giveBack(_ room: [UInt8]) { self.room = room }
}
