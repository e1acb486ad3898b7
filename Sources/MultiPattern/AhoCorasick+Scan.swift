extension AhoCorasick {
    /// Chunks shorter than this are read byte by byte.
    private static let shortestFilteredChunk = 64
    /// Where the filter hits more often than once in so many bytes, the rest is read byte by byte.
    private static let bytesPerHit = 16

    /// Where a scan stands: the next byte, and the state in front of it.
    private struct Cursor {
        var place = 0
        var state: UInt32
    }

    /// Adds the patterns that end in `chunk` and returns a state behind it from which the scan of the stream's next
    /// chunk finds every pattern that began in this one or before.
    func scan(_ chunk: Span<UInt8>, from start: UInt32, into found: inout PatternSet) -> UInt32 {
        var cursor = Cursor(state: start)
        if let filter, chunk.count >= Self.shortestFilteredChunk {
            scan(chunk, filter, &cursor, &found)
        } else {
            follow(chunk, through: .max, &cursor, &found)
        }
        return cursor.state
    }

    /// Reads only where the filter says that a pattern may begin, and as long as one that began there may still end.
    /// No byte is read twice, and each occurrence is met once.
    private func scan(
        _ chunk: Span<UInt8>, _ filter: WindowFilter, _ cursor: inout Cursor, _ found: inout PatternSet
    ) {
        // What began in earlier chunks.
        follow(chunk, through: -1, &cursor, &found)
        var probe = 0
        var hitsLeft = chunk.count / Self.bytesPerHit
        while cursor.place < chunk.count {
            let hit = filter.firstHit(in: chunk, from: probe)
            // Between the cursor and there no pattern begins, and what the state stands for began there.
            if hit - filter.reach > cursor.place { cursor = Cursor(place: hit - filter.reach, state: 0) }
            // The last bytes of a chunk can't be probed: a pattern may begin in them.
            guard hit <= chunk.count - WindowFilter.probedBytes, hitsLeft > 0 else {
                return follow(chunk, through: .max, &cursor, &found)
            }
            hitsLeft -= 1
            probe = hit + filter.stride
            follow(chunk, through: hit, &cursor, &found)
        }
    }

    /// Reads on while a pattern may end that began at `horizon` or before.
    private func follow(
        _ chunk: Span<UInt8>, through horizon: Int, _ cursor: inout Cursor, _ found: inout PatternSet
    ) {
        guard denseCount == stateCount else { return followSparse(chunk, through: horizon, &cursor, &found) }
        let stride = classCount
        var (place, state) = (cursor.place, cursor.state)
        // SAFETY: every stored target is below `stateCount`, all states have a depth and a row of `classCount`
        // entries, and `classMap` has 256 entries with values below `classCount`.
        unsafe rows.withUnsafeBufferPointer { rows in
            unsafe classMap.withUnsafeBufferPointer { classes in
                unsafe depths.withUnsafeBufferPointer { depths in
                    while place < chunk.count, unsafe place &- Int(depths[Int(state)]) <= horizon {
                        let byteClass = unsafe classes[Int(chunk[unchecked: place])]
                        let target = unsafe rows[Int(state) &* stride &+ Int(byteClass)]
                        place &+= 1
                        state = target & Self.stateMask
                        if target != state { found.insert(contentsOf: endings(in: state)) }
                    }
                }
            }
        }
        cursor = Cursor(place: place, state: state)
    }

    private func followSparse(
        _ chunk: Span<UInt8>, through horizon: Int, _ cursor: inout Cursor, _ found: inout PatternSet
    ) {
        while cursor.place < chunk.count, cursor.place - Int(depths[Int(cursor.state)]) <= horizon {
            let target = next(cursor.state, chunk[cursor.place])
            cursor.place += 1
            cursor.state = target & Self.stateMask
            if target != cursor.state { found.insert(contentsOf: endings(in: cursor.state)) }
        }
    }
}
