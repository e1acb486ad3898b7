extension AhoCorasick {
    /// Where a scan stands: the next byte, and the state in front of it.
    struct Cursor {
        var place = 0
        var state: UInt32 = 0
    }

    /// Reads on while a pattern may end that began at `horizon` or before; adds the patterns that end on the way.
    func follow(_ chunk: Span<UInt8>, through horizon: Int = .max, _ cursor: inout Cursor, _ found: inout PatternSet) {
        guard !isEmpty else { return }
        withTables { tables in
            var (place, state) = (cursor.place, cursor.state)
            // SAFETY: `place` is below the chunk's count.
            while place < chunk.count, horizon == .max || place &- Int(depths[Int(state)]) <= horizon {
                let target = unsafe tables.next(state, chunk[unchecked: place])
                place &+= 1
                state = target & Self.stateMask
                if target != state { found.insert(contentsOf: endings(in: state)) }
            }
            cursor = Cursor(place: place, state: state)
        }
    }

    /// The state after `byte`, with its flag. `state` is below `stateCount`.
    func next(_ state: UInt32, _ byte: UInt8) -> UInt32 { withTables { $0.next(state, byte) } }

    /// SAFETY: every stored target and suffix link is below `stateCount`; a state below `denseCount` has a row of
    /// `classCount` entries and any other a node; `classMap` has 256 entries with values below `classCount`; a node's
    /// edges lie in `edges`.
    @safe
    private struct Tables {
        let classes: UnsafeBufferPointer<UInt8>
        let rows: UnsafeBufferPointer<UInt32>
        let nodes: UnsafeBufferPointer<Node>
        let edges: UnsafeBufferPointer<(byteClass: UInt8, target: UInt32)>
        let denseCount: Int
        let classCount: Int

        @inline(__always)
        func next(_ state: UInt32, _ byte: UInt8) -> UInt32 {
            let byteClass = unsafe classes[Int(byte)]
            var state = Int(state)
            while state >= denseCount {
                let node = unsafe nodes[state &- denseCount]
                if node.edgeCount == 1 {
                    if node.edgeClass == byteClass { return node.first }
                } else {
                    var edge = Int(node.first)
                    let end = edge &+ Int(node.edgeCount)
                    while edge < end {
                        if unsafe edges[edge].byteClass == byteClass { return unsafe edges[edge].target }
                        edge &+= 1
                    }
                }
                state = Int(node.suffixLink)
            }
            return unsafe rows[state &* classCount &+ Int(byteClass)]
        }
    }

    @inline(__always)
    private func withTables<Result>(_ body: (Tables) -> Result) -> Result {
        // SAFETY: the pointers are used within the call only.
        unsafe classMap.withUnsafeBufferPointer { classes in
            unsafe rows.withUnsafeBufferPointer { rows in
                unsafe nodes.withUnsafeBufferPointer { nodes in
                    unsafe edges.withUnsafeBufferPointer { edges in
                        unsafe body(
                            Tables(
                                classes: classes, rows: rows, nodes: nodes, edges: edges, denseCount: denseCount,
                                classCount: classCount))
                    }
                }
            }
        }
    }
}
