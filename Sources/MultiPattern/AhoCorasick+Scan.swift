extension AhoCorasick {
    /// Where a scan stands: the next byte, and the state in front of it.
    struct Cursor {
        var place = 0
        var state: UInt32 = 0
    }

    /// Reads on while a pattern may end that began at `horizon` or before; adds the patterns that end on the way.
    func follow(_ chunk: Span<UInt8>, through horizon: Int = .max, _ cursor: inout Cursor, _ found: inout PatternSet) {
        guard !isEmpty else { return }
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
