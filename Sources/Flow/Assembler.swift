/// Which bytes past a starting point have arrived: lengths of holes and of data, no payload.
///
/// Bounded: at most `capacity` separate ranges. An `add` that does not fit leaves the state as it was.
struct Assembler {
    /// A hole and the data after it. Only the first may have no hole; no extent is without data.
    private struct Extent: Equatable {
        var hole: Int
        var data: Int
    }

    private var extents: [Extent] = []

    enum Failure: Error { case tooManyRanges }

    var isEmpty: Bool { extents.isEmpty }
    var rangeCount: Int { extents.count }

    /// Bytes of data in all ranges.
    var dataCount: Int {
        var sum = 0
        for extent in extents { sum += extent.data }
        return sum
    }

    /// End of the last range, 0 when there is none.
    var end: Int {
        var sum = 0
        for extent in extents { sum += extent.hole + extent.data }
        return sum
    }

    /// Length of the data that begins right at the starting point.
    var frontCount: Int {
        guard let first = extents.first, first.hole == 0 else { return 0 }
        return first.data
    }

    /// Adds the bytes of `range`, which lies at or after the starting point.
    mutating func add(_ range: Range<Int>, capacity: Int) throws(Failure) {
        guard !range.isEmpty, range.lowerBound >= 0 else { return }
        var position = 0
        var index = 0
        // Past every range that ends before the new one begins.
        while index < extents.count, position + extents[index].hole + extents[index].data < range.lowerBound {
            position += extents[index].hole + extents[index].data
            index += 1
        }
        // The ranges from `index` to `last` touch the new one and melt into it.
        var lower = range.lowerBound
        var upper = range.upperBound
        var last = index
        var scan = position
        while last < extents.count, scan + extents[last].hole <= range.upperBound {
            lower = min(lower, scan + extents[last].hole)
            scan += extents[last].hole + extents[last].data
            upper = max(upper, scan)
            last += 1
        }
        if last == index, extents.count >= capacity { throw .tooManyRanges }
        if last < extents.count { extents[last].hole -= upper - scan }
        extents.replaceSubrange(index..<last, with: CollectionOfOne(Extent(hole: lower - position, data: upper - lower)))
    }

    /// Moves the starting point forward; what lies before it is forgotten.
    mutating func advance(by count: Int) {
        var left = count
        while left > 0, let first = extents.first {
            if left < first.hole {
                extents[0].hole -= left
                return
            }
            if left < first.hole + first.data {
                extents[0] = Extent(hole: 0, data: first.hole + first.data - left)
                return
            }
            left -= first.hole + first.data
            extents.removeFirst()
        }
        if extents.isEmpty { extents = [] }
    }

    mutating func removeAll() { extents = [] }

    /// Whether `add` would succeed.
    func accepts(_ range: Range<Int>, capacity: Int) -> Bool {
        if extents.count < capacity { return true }
        var position = 0
        for extent in extents {
            let start = position + extent.hole
            position = start + extent.data
            if start <= range.upperBound, range.lowerBound <= position { return true }
        }
        return false
    }

    /// The first part of `range` that has arrived.
    func firstPresent(in range: Range<Int>) -> Range<Int>? {
        var position = 0
        for extent in extents {
            let start = position + extent.hole
            let end = start + extent.data
            if start >= range.upperBound { return nil }
            if end > range.lowerBound { return max(start, range.lowerBound)..<min(end, range.upperBound) }
            position = end
        }
        return nil
    }

    func _checkInvariants() -> Bool {
        for (index, extent) in extents.enumerated() where extent.data <= 0 || extent.hole < (index == 0 ? 0 : 1) {
            return false
        }
        return true
    }
}
