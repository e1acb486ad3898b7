import Wire

/// What a SYN or SYN/ACK says of its sender.
struct Opening {
    var sequence: SequenceNumber
    var window: UInt16
    var windowScale: UInt8?
    var timestamp: UInt32?
    /// As it was sent last.
    var lastTimestamp: UInt32?
    var isSigned: Bool
    var seconds: UInt32

    init(_ packet: borrowing DecodedPacket, now: Timestamp) {
        sequence = packet.tcp.sequence
        window = packet.tcp.window
        windowScale = packet.tcp.options.windowScale
        timestamp = packet.tcp.options.timestampValue
        lastTimestamp = timestamp
        isSigned = packet.tcp.options.isSigned
        seconds = now.wholeSeconds
    }
}

/// An end can send several SYNs (or SYN/ACKs) with different sequence numbers: forged ones among its own, or one
/// after the other when the first was given up. Only the other end knows which of them it took, and its answer says so.
extension TCPSession {
    /// Takes the sequence numbers and options of a SYN.
    func open(_ opening: Opening, direction: Direction) {
        let (index, peer) = (direction.index, direction.reversed.index)
        halves[index].synchronize(at: opening.sequence.advanced(by: 1))
        halves[index].initialSequence = opening.sequence
        halves[index].acknowledged = opening.sequence
        halves[index].flags.insert(.hasSYN)
        halves[index].largestWindow = UInt32(opening.window)
        if opening.isSigned { halves[index].flags.insert(.isSigned) }
        if let scale = opening.windowScale {
            halves[index].flags.insert(.hasWindowScale)
            halves[index].windowScale = min(scale, 14)
        }
        if let value = opening.timestamp {
            halves[index].flags.insert(.hasTimestamps)
            halves[index].recentTimestamp = value
            halves[index].recentTimestampSeconds = opening.seconds
            halves[index].newestTimestamp = opening.lastTimestamp ?? value
        }
        // The other end's first window is known from here on, whichever SYN came first.
        if halves[peer].flags.contains(.isSynchronized) {
            grantWindow(to: peer, from: halves[peer].next, bytes: halves[index].largestWindow)
            grantWindow(to: index, from: halves[index].next, bytes: halves[peer].largestWindow)
        }
    }

    /// Whether the end's sequence numbers can still turn out to be others: nothing of its data was taken.
    func canOpenAnew(_ half: Int) -> Bool {
        let flags = halves[half].flags
        return (flags.contains(.hasSYN) && !flags.contains(.isSYNAcknowledged) || flags.contains(.isUnconfirmed))
            && halves[half].nextOffset == 0 && halves[half].outOfOrder.isEmpty && !halves[half].flags.contains(.hasFIN)
    }

    /// Remembers a SYN or SYN/ACK with other sequence numbers than the first.
    /// - Returns: false when there were too many of them already; the oldest made place then.
    func queue(_ opening: Opening, limit: Int) -> Bool {
        let hasRoom = openings.count < limit
        if let known = openings.firstIndex(where: { $0.sequence == opening.sequence }) {
            openings[known].lastTimestamp = opening.timestamp
            return hasRoom
        }
        if !hasRoom, !openings.isEmpty { openings.removeFirst() }
        openings.append(opening)
        return hasRoom
    }

    /// The other end has answered: its `acknowledgment` names the SYN that it took.
    func settleOpening(of direction: Direction, by acknowledgment: SequenceNumber) {
        guard !openings.isEmpty, canOpenAnew(direction.index) else { return }
        if acknowledgment != halves[direction.index].initialSequence.advanced(by: 1) {
            guard let opening = openings.first(where: { $0.sequence.advanced(by: 1) == acknowledgment }) else { return }
            halves[direction.index].store.close(memory: memory)
            halves[direction.index] = HalfStream()
            open(opening, direction: direction)
        }
        openings = []
    }

    /// The time stamp that answers a SYN must be one of its own (RFC 7323, section 3.2). A Linux client takes no
    /// segment with another one, not even a reset. A server goes on with the time stamp of the first SYN that it got: where
    /// connections may have begun before the engine, that one may have gone past.
    func echoesSYN(_ packet: borrowing DecodedPacket, of half: Int) -> Bool {
        let echo = packet.tcp.options.timestampEcho
        guard packet.tcp.options.timestampValue != nil, echo != 0, halves[half].flags.isSuperset(of: [.hasSYN, .hasTimestamps])
        else { return true }
        if halves[half].hasSent(timestamp: echo) { return true }
        guard configuration.acceptsMidstream, packet.tcp.flags.contains(.syn) else { return false }
        return halves[half].recentTimestamp &- echo <= Self.ticksOfSYNs
    }

    /// How long an end repeats its SYN: some two minutes, in ticks of a microsecond at the least.
    private static let ticksOfSYNs: UInt32 = 1 << 27

    /// A segment that its receiver ignores because it is signed and should not be, or is not and should be. Whether
    /// the connection uses signatures is known from its SYNs.
    func isMissigned(_ packet: borrowing DecodedPacket, direction: Direction) -> Bool {
        for index in [direction.reversed.index, direction.index] where halves[index].flags.contains(.hasSYN) {
            return halves[index].flags.contains(.isSigned) != packet.tcp.options.isSigned
        }
        return false
    }
}
