import Wire

/// A direction that was picked up in its middle, at a segment of its sender's: nobody says whether the receiver has all
/// that comes before it. What it lacks comes again, and its application then reads that first.
extension HalfStream {
    private static let rewindLimit = 8
    /// No window reaches further (RFC 7323, section 2.3).
    static let farthestAhead: Int32 = 1 << 30

    /// Nothing was taken in since the direction was picked up.
    var isUntouched: Bool { nextOffset == 0 && outOfOrder.isEmpty && flags.isDisjoint(with: [.hasFIN, .hasUrgent]) }

    /// Bytes that came since the pick-up lie behind `sequence`.
    func holdsAnything(behind sequence: SequenceNumber) -> Bool {
        let end = offset(of: sequence)
        return nextOffset > 0 && end < nextOffset || !outOfOrder.isEmpty && end < nextOffset + outOfOrder.end
    }

    /// The receiver has named a place from which it can't reach the one where the direction was picked up: that segment
    /// was none of its sender's, and its receiver did not keep it.
    var isRefuted: Bool {
        guard flags.contains(.isUnconfirmed), let floor = irregularities?.values.floor else { return false }
        let distance = acknowledged.distance(from: floor)
        // Begun again before the floor, it is not contradicted by that.
        return distance.magnitude >= Self.farthestAhead.magnitude
            || distance > 0 && flags.contains(.hasWindowEdge) && windowEdge.isBefore(acknowledged)
    }

    /// Begins the direction at `sequence`, with nothing of what came before.
    mutating func pickUpAnew(at sequence: SequenceNumber, memory: StreamMemory) {
        store.close(memory: memory)
        outOfOrder.removeAll()
        irregularities = nil
        flags.subtract([.hasFIN, .isFinished, .isFINAcknowledged, .hasUrgent, .isUnconfirmed])
        synchronize(at: sequence)
        (nextOffset, deliveredOffset, finOffset) = (0, 0, 0)
    }

    mutating func noteFloor(_ sequence: SequenceNumber) {
        if let floor = irregular.floor, !floor.isBefore(sequence) { return }
        irregular.floor = sequence
    }

    /// Whether a segment up to `end` holds nothing that the receiver does not have.
    func isBelowFloor(_ end: SequenceNumber) -> Bool {
        guard let floor = irregularities?.values.floor else { return false }
        return !floor.isBefore(end)
    }

    /// Begins the direction at `sequence`, before the place where it was picked up; what came since waits behind it.
    /// - Returns: false, with everything as it was, when that can't be done.
    mutating func rewind(to sequence: SequenceNumber, memory: StreamMemory) -> Bool {
        let distance = -offset(of: sequence)
        guard distance > 0, distance <= memory.configuration.outOfOrderBytesLimit, irregular.rewinds < Self.rewindLimit,
            retainedOffset == 0, irregular.missed.isEmpty, irregular.urgentCount == 0, !flags.contains(.hasUrgent)
        else { return false }
        guard let held = heldParts(memory) else { return false }
        var again = self
        again.store = ByteStore()
        again.outOfOrder = Assembler()
        again.flags.subtract(.isFinished)
        again.finOffset += distance
        (again.next, again.previousExpected, again.acknowledged) = (sequence, sequence, sequence)
        (again.nextOffset, again.deliveredOffset) = (0, 0)
        for (offset, bytes) in held {
            let intake = again.take(
                bytes.span, at: sequence.advanced(by: offset + distance), hasFIN: false, policy: .first, memory: memory)
            if case .drop = intake.disposition {
                again.store.close(memory: memory)
                return false
            }
        }
        store.close(memory: memory)
        self = again
        irregular.rewinds += 1
        irregular.segments = []
        if irregular.floor == sequence { flags.remove(.isUnconfirmed) }
        return true
    }

    /// All bytes since the pick-up, in and out of order; nil when some are not held any more.
    private func heldParts(_ memory: StreamMemory) -> [(offset: Int, bytes: [UInt8])]? {
        var ranges = nextOffset > 0 ? [0..<nextOffset] : []
        var position = 0
        while let part = outOfOrder.firstPresent(in: position..<outOfOrder.end) {
            ranges.append(part.lowerBound + nextOffset..<part.upperBound + nextOffset)
            position = part.upperBound
        }
        guard ranges.allSatisfy({ store.holds($0) }) else { return nil }
        return ranges.map { range in
            var bytes: [UInt8] = []
            store.append(range, to: &bytes, memory: memory)
            return (range.lowerBound, bytes)
        }
    }
}
