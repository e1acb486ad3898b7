import Wire

/// One direction of a TCP connection: what one end has sent, and how much of it the other end has.
///
/// Stream offsets count payload bytes from the first byte after SYN, or from the first byte seen
/// when the connection was picked up in its middle. `next` and `nextOffset` name the same byte.
struct HalfStream {
    struct Flags: OptionSet {
        let rawValue: UInt32
        /// The sequence numbers are known: SYN was seen, or the connection was picked up midstream.
        static let isSynchronized = Flags(rawValue: 1 << 0)
        static let hasSYN = Flags(rawValue: 1 << 1)
        static let isSYNAcknowledged = Flags(rawValue: 1 << 2)
        /// A FIN was accepted at `finOffset`, perhaps out of order.
        static let hasFIN = Flags(rawValue: 1 << 3)
        /// All bytes up to the FIN, and the FIN, are in order.
        static let isFinished = Flags(rawValue: 1 << 4)
        static let isFINAcknowledged = Flags(rawValue: 1 << 5)
        /// This end reset the connection.
        static let isReset = Flags(rawValue: 1 << 6)
        static let hasWindowScale = Flags(rawValue: 1 << 7)
        static let hasTimestamps = Flags(rawValue: 1 << 8)
        static let hasWindowEdge = Flags(rawValue: 1 << 9)
        static let hasUrgent = Flags(rawValue: 1 << 10)
        static let hasChallengedSYN = Flags(rawValue: 1 << 11)
        static let hasFastOpen = Flags(rawValue: 1 << 12)
        /// No packet of this direction has come by.
        static let isUnseen = Flags(rawValue: 1 << 13)
        /// No acknowledgment is waited for: the connection is over, or the other end's packets do not come by.
        static let isFlushed = Flags(rawValue: 1 << 14)
        /// This end's SYN was signed (MD5 or TCP-AO): it takes nothing else.
        static let isSigned = Flags(rawValue: 1 << 15)
        /// The connection is over: what waits behind a hole has no more to wait for.
        static let isOver = Flags(rawValue: 1 << 16)
        /// The receiver has got an urgent mark.
        static let hadUrgent = Flags(rawValue: 1 << 17)
        /// Picked up at a segment of this end's own: whether its receiver has all before it is not known.
        static let isUnconfirmed = Flags(rawValue: 1 << 18)
    }

    var flags: Flags = []
    var windowScale: UInt8 = 0
    var initialSequence = SequenceNumber(0)
    /// The next payload byte in order (RCV.NXT of the peer without the FIN).
    var next = SequenceNumber(0)
    /// `expected` before the last segment that was taken in.
    var previousExpected = SequenceNumber(0)
    /// Highest acknowledgment by the peer (SND.UNA).
    var acknowledged = SequenceNumber(0)
    /// End of everything that was let through, SYN and FIN included (SND.NXT).
    var sent = SequenceNumber(0)
    /// Right edge of the window that the peer granted, the furthest one.
    var windowEdge = SequenceNumber(0)
    /// Largest window that this end advertised, scaled.
    var largestWindow: UInt32 = 0
    /// RFC 7323 TS.Recent of the peer as it has echoed it last, at first that of the SYN, and since when; 0 when not known.
    var recentTimestamp: UInt32 = 0
    var recentTimestampSeconds: UInt32 = 0
    /// The newest TSval that was let through; 0 when there was none.
    var newestTimestamp: UInt32 = 0

    var nextOffset = 0
    /// Bytes handed to the caller.
    var deliveredOffset = 0
    var finOffset = 0

    var irregularities: Irregularities.Box?
    var store = ByteStore()
    var outOfOrder = Assembler()

    mutating func synchronize(at sequence: SequenceNumber) {
        flags.insert(.isSynchronized)
        initialSequence = sequence.advanced(by: -1)
        next = sequence
        previousExpected = sequence
        acknowledged = sequence
        sent = sequence
    }

    /// RCV.NXT of the peer, when everything let through has arrived.
    var expected: SequenceNumber { flags.contains(.isFinished) ? next.advanced(by: 1) : next }

    /// Whether an echo of the peer's can be of a time stamp that this end has sent since the peer's last one.
    func hasSent(timestamp echo: UInt32) -> Bool {
        if recentTimestamp == 0 { return newestTimestamp != 0 && Int32(bitPattern: newestTimestamp &- echo) >= 0 }
        return echo &- recentTimestamp <= newestTimestamp &- recentTimestamp
    }

    func offset(of sequence: SequenceNumber) -> Int { nextOffset + Int(sequence.distance(from: next)) }

    /// First byte that the peer may still need.
    var acknowledgedOffset: Int { min(offset(of: acknowledged), nextOffset) }

    /// First byte that is still stored.
    var retainedOffset: Int { max(min(acknowledgedOffset, deliveredOffset), 0) }

    var hasUndelivered: Bool { deliveredOffset < nextOffset }

    /// Sequence number after the last out-of-order byte, nil when nothing waits.
    var outOfOrderEnd: SequenceNumber? { outOfOrder.isEmpty ? nil : next.advanced(by: outOfOrder.end) }

    /// The peer acknowledged everything before `sequence`, which was sent. Returns true when that
    /// includes bytes that never came by.
    mutating func acknowledge(_ sequence: SequenceNumber, memory: StreamMemory) -> Bool {
        flags.insert(.isSYNAcknowledged)
        if flags.contains(.isUnconfirmed) {
            // `acknowledged` is where the direction was picked up.
            guard (0..<Self.farthestAhead).contains(sequence.distance(from: acknowledged)) else {
                noteFloor(sequence)
                return false
            }
            flags.remove(.isUnconfirmed)
        }
        // Half the number space away is neither before nor behind: no acknowledgment of anything.
        guard sequence.distance(from: acknowledged) > 0 else { return false }
        acknowledged = sequence
        var hasGap = false
        if flags.contains(.isFinished), !sequence.isBefore(expected) {
            flags.insert(.isFINAcknowledged)
        } else if sequence.distance(from: next) > 0 {
            hasGap = skip(to: sequence)
        }
        store.release(before: retainedOffset, memory: memory)
        if !hasUndelivered, outOfOrder.isEmpty, acknowledgedOffset == nextOffset, !store.isEmpty {
            store.releaseAll(memory: memory)
        }
        return hasGap
    }

    /// The peer has bytes up to `sequence` that did not come by here (lost before a daemon's start,
    /// or let past it by a full queue): goes on behind them.
    private mutating func skip(to sequence: SequenceNumber) -> Bool {
        let end = flags.contains(.hasFIN) ? min(offset(of: sequence), finOffset) : offset(of: sequence)
        let count = end - nextOffset
        var holes: [Range<Int>] = []
        var position = 0
        while position < count {
            let present = outOfOrder.firstPresent(in: position..<count) ?? count..<count
            if present.lowerBound > position { holes.append(nextOffset + position..<nextOffset + present.lowerBound) }
            position = present.upperBound
        }
        let hasHoles = !holes.isEmpty
        if let first = holes.first, let last = holes.last {
            let missed = irregular.missed
            irregular.missed = (missed.isEmpty ? first.lowerBound : missed.lowerBound)..<last.upperBound
            // What came before the hole is handed on first.
            if !hasUndelivered {
                deliveredOffset = first.upperBound
                holes.removeFirst()
            }
            if !holes.isEmpty { irregular.gaps += holes }
        }
        moveNext(by: count)
        return hasHoles
    }

    /// Everything up to `count` bytes past `next` is there; also what is contiguous behind it.
    mutating func moveNext(by count: Int) {
        outOfOrder.advance(by: count)
        let buffered = outOfOrder.frontCount
        outOfOrder.advance(by: buffered)
        next = next.advanced(by: count + buffered)
        nextOffset += count + buffered
        if flags.contains(.hasFIN), nextOffset >= finOffset {
            flags.insert(.isFinished)
            outOfOrder.removeAll()
        }
        if sent.isBefore(expected) { sent = expected }
    }

    mutating func close(memory: StreamMemory) {
        outOfOrder.removeAll()
        if irregularities != nil { irregular.segments = [] }
        deliveredOffset = nextOffset
        store.close(memory: memory)
    }
}
