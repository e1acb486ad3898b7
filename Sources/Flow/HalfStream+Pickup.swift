import Wire

/// A direction that was picked up in its middle, at a segment of its sender's: nobody says whether the receiver has all
/// that comes before it. What it lacks comes again, and its application then reads that first.
extension HalfStream {
    private static let rewindLimit = 8

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
