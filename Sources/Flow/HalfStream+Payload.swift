import Wire

extension HalfStream {
    /// What became of a segment's payload and FIN.
    struct Intake {
        var disposition = TCPSession.Disposition.forward
        var inOrder = 0..<0
        var streamOffset = 0
        var events: StreamEventSet = []
    }

    /// Takes in the payload and the FIN of an acceptable segment. A segment that is dropped leaves
    /// everything as it was.
    /// - Parameter policy: which copy of a byte counts; `.first` inline.
    mutating func take(
        _ payload: Span<UInt8>, at sequence: SequenceNumber, hasFIN: Bool, policy: HostOSPolicy, memory: StreamMemory
    ) -> Intake {
        var intake = Intake(streamOffset: deliveredOffset - Int(irregular.urgentCount))
        let start = offset(of: sequence)
        let end = start + payload.count
        leaveOutPassedFIN(start: start, end: end)
        guard !hasFIN || acceptsFIN(start: start, end: end) else { return .dropped(.invalid, .finOutOfWindow) }
        if payload.count > 0 {
            guard !flags.contains(.hasFIN) || end <= finOffset else { return .dropped(.invalid, []) }
            if end <= nextOffset {
                intake.events.insert(.packetRetransmission)
            } else if let failure = limitFailure(start..<end, memory.configuration) {
                return failure
            }
            if blankMissed(payload, start: start, end: end, memory: memory) {
                intake.events.insert(.reassemblySegmentBeforeBaseSequence)
                intake.disposition = .rewrite
            }
            let isKept =
                memory.configuration.keepsCopies || start > nextOffset || deliveredOffset != nextOffset
                || !outOfOrder.isEmpty || flags.contains(.hasUrgent)
            if memory.configuration.keepsCopies, differs(payload, start: start, end: end, memory: memory) {
                intake.events.insert(.reassemblyOverlapDifferentData)
                if memory.configuration.overlapPolicy == .drop {
                    return .dropped(.invalid, intake.events)
                }
                intake.disposition = .rewrite
            }
            if isKept, end > nextOffset {
                guard store.reserve(max(start, nextOffset)..<end, isInOrder: start <= nextOffset, memory: memory) else {
                    return .dropped(.memcap, .reassemblyInsertMemcap)
                }
            }
            let isOutOfOrder = start > nextOffset
            switch (intake.disposition, policy) {
            case (.rewrite, .first):
                buildFirstCopy(payload, start: start, end: end, memory: memory)
                let copy = memory.rewritten
                if isKept { write(copy.span, start: start, end: end, from: nextOffset, memory: memory) }
            case (.rewrite, _):
                buildCopy(payload, start: start, end: end, policy: policy, memory: memory)
                let copy = memory.rewritten
                if isKept { write(copy.span, start: start, end: end, from: deliveredOffset, memory: memory) }
            default: if isKept { write(payload, start: start, end: end, from: nextOffset, memory: memory) }
            }
            if policy != .first { noteSegment(start..<end) }
            if isOutOfOrder {
                let range = start - nextOffset..<end - nextOffset
                // Cannot fail: `limitFailure` asked.
                try? outOfOrder.add(range, capacity: memory.configuration.outOfOrderRangesLimit)
            }
        }
        if hasFIN {
            flags.insert(.hasFIN)
            finOffset = end
        }
        advance(start: start, end: end, intake: &intake, memory.configuration)
        let segmentEnd = sequence.advanced(by: payload.count + (hasFIN ? 1 : 0))
        if sent.isBefore(segmentEnd) { sent = segmentEnd }
        return intake
    }

    private mutating func advance(start: Int, end: Int, intake: inout Intake, _ configuration: TCPConfiguration) {
        previousExpected = expected
        let before = nextOffset
        guard start <= before, end >= before else { return }
        moveNext(by: end - before)
        // Bytes wait in front of this segment's: it takes its turn behind them.
        guard deliveredOffset == before, !configuration.deliversOnAcknowledgment || flags.contains(.isFlushed) else { return }
        var last = end
        if flags.contains(.hasUrgent), (before..<end).contains(irregular.urgentOffset) { last = irregular.urgentOffset }
        intake.inOrder = before - start..<last - start
        deliveredOffset = last
        skipUrgent()
    }

    /// Leaves out the out-of-band byte when it is the next one to deliver.
    mutating func skipUrgent() {
        guard flags.contains(.hasUrgent), deliveredOffset == irregular.urgentOffset, deliveredOffset < nextOffset else { return }
        flags.remove(.hasUrgent)
        deliveredOffset += 1
        irregular.urgentCount += 1
    }

    /// The first FIN that is in order counts, and Linux forgets what it holds behind it. One out of order has one place
    /// only: where the sender's bytes end, and nothing was seen behind it.
    private func acceptsFIN(start: Int, end: Int) -> Bool {
        if flags.contains(.isFinished) { return end == finOffset }
        if end >= nextOffset, start <= nextOffset { return true }
        if flags.contains(.hasFIN) { return end == finOffset }
        return end >= nextOffset && (outOfOrder.isEmpty || end >= nextOffset + outOfOrder.end)
    }

    /// A segment in order that goes past a FIN out of order: Linux has no more use for that.
    private mutating func leaveOutPassedFIN(start: Int, end: Int) {
        guard flags.contains(.hasFIN), !flags.contains(.isFinished), start <= nextOffset, end > finOffset else { return }
        flags.remove(.hasFIN)
    }

    private func limitFailure(_ range: Range<Int>, _ limits: TCPConfiguration) -> Intake? {
        var isWithin = range.upperBound - retainedOffset <= limits.retainedBytesLimit
        if range.lowerBound > nextOffset {
            let relative = range.lowerBound - nextOffset..<range.upperBound - nextOffset
            isWithin =
                isWithin && outOfOrder.accepts(relative, capacity: limits.outOfOrderRangesLimit)
                && outOfOrder.dataCount + range.count <= limits.outOfOrderBytesLimit
        }
        return isWithin ? nil : .dropped(.memcap, .reassemblyInsertLimit)
    }

    /// The part of the segment that is in order and still stored.
    private func retainedPart(start: Int, end: Int) -> Range<Int> {
        let low = max(start, retainedOffset)
        return low..<max(low, min(end, nextOffset))
    }

    /// Whether any byte of the segment differs from a copy that was let through before.
    private func differs(_ payload: Span<UInt8>, start: Int, end: Int, memory: StreamMemory) -> Bool {
        let retained = retainedPart(start: start, end: end)
        if !retained.isEmpty,
            store.differs(
                payload, retained.lowerBound - start..<retained.upperBound - start, at: retained.lowerBound,
                memory: memory)
        {
            return true
        }
        var position = max(start, nextOffset) - nextOffset
        while position < end - nextOffset, let part = outOfOrder.firstPresent(in: position..<end - nextOffset) {
            let shift = nextOffset - start
            if store.differs(
                payload, part.lowerBound + shift..<part.upperBound + shift, at: part.lowerBound + nextOffset,
                memory: memory)
            {
                return true
            }
            position = part.upperBound
        }
        return false
    }

    /// Leaves in `memory.rewritten` the payload with the bytes of the first copy.
    private func buildFirstCopy(_ payload: Span<UInt8>, start: Int, end: Int, memory: StreamMemory) {
        var bytes = [UInt8](copying: payload)
        let retained = retainedPart(start: start, end: end)
        if !retained.isEmpty {
            store.overlay(retained, onto: &bytes, at: retained.lowerBound - start, memory: memory)
        }
        var position = max(start, nextOffset) - nextOffset
        while position < end - nextOffset, let part = outOfOrder.firstPresent(in: position..<end - nextOffset) {
            let range = part.lowerBound + nextOffset..<part.upperBound + nextOffset
            store.overlay(range, onto: &bytes, at: range.lowerBound - start, memory: memory)
            position = part.upperBound
        }
        blank(&bytes, start: start, end: end)
        memory.rewritten = bytes
    }

    private func blank(_ bytes: inout [UInt8], start: Int, end: Int) {
        for place in irregular.missed.clamped(to: start..<end) { bytes[place - start] = 0 }
    }

    /// What the receiver has acknowledged although it never came by it does not take again; should the acknowledgment not
    /// have been its own, it must not get what was not inspected. Leaves in `memory.rewritten` the payload without it.
    /// - Returns: false when the payload has nothing of it.
    func blankMissed(_ payload: Span<UInt8>, start: Int, end: Int, memory: StreamMemory) -> Bool {
        guard let box = irregularities, box.values.missed.overlaps(start..<end) else { return false }
        var bytes = [UInt8](copying: payload)
        blank(&bytes, start: start, end: end)
        memory.rewritten = bytes
        return true
    }

    /// Leaves in `memory.rewritten` the payload with those bytes of earlier segments that the receiver prefers. What was
    /// handed on already stays as it was.
    private func buildCopy(_ payload: Span<UInt8>, start: Int, end: Int, policy: HostOSPolicy, memory: StreamMemory) {
        var bytes = [UInt8](copying: payload)
        let low = max(start, deliveredOffset)
        for segment in irregular.segments where !policy.takes(start..<end, over: segment) {
            let shared = max(segment.lowerBound, low)..<max(segment.lowerBound, low, min(segment.upperBound, end))
            guard !shared.isEmpty, store.holds(shared) else { continue }
            store.overlay(shared, onto: &bytes, at: shared.lowerBound - start, memory: memory)
        }
        memory.rewritten = bytes
    }

    private mutating func noteSegment(_ segment: Range<Int>) {
        let deliveredOffset = deliveredOffset
        irregular.segments.removeAll { $0.upperBound <= deliveredOffset }
        // The copies of the oldest then count as never seen.
        if irregular.segments.count >= Self.segmentLimit { irregular.segments.removeFirst() }
        irregular.segments.append(segment)
    }

    private static let segmentLimit = 1024

    /// Stores what is new of the segment: everything from the offset `first` on.
    private func write(_ payload: Span<UInt8>, start: Int, end: Int, from first: Int, memory: StreamMemory) {
        let low = max(start, first)
        if low < end { store.write(payload, low - start..<end - start, at: low, memory: memory) }
    }

    /// The next bytes in order that were not delivered with their own segment.
    mutating func nextBuffered(memory: StreamMemory) -> (bytes: [UInt8], streamOffset: UInt64)? {
        skipUrgent()
        while let gap = irregularities?.values.gaps.first, gap.lowerBound <= deliveredOffset {
            deliveredOffset = max(deliveredOffset, gap.upperBound)
            irregular.gaps.removeFirst()
        }
        if !hasUndelivered, waitsBehindHole { passHole() }
        guard hasUndelivered else { return nil }
        var end = min(nextOffset, deliveredOffset + HalfStream.chunkBytes)
        if memory.configuration.deliversOnAcknowledgment, !flags.contains(.isFlushed) { end = min(end, acknowledgedOffset) }
        if let gap = irregularities?.values.gaps.first { end = min(end, gap.lowerBound) }
        guard end > deliveredOffset else { return nil }
        if flags.contains(.hasUrgent), irregular.urgentOffset > deliveredOffset { end = min(end, irregular.urgentOffset) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end - deliveredOffset)
        store.append(deliveredOffset..<end, to: &bytes, memory: memory)
        let offset = UInt64(max(deliveredOffset - Int(irregular.urgentCount), 0))
        deliveredOffset = end
        skipUrgent()
        store.release(before: retainedOffset, memory: memory)
        return (bytes, offset)
    }

    /// Bytes that a receiver may have got although the ones before them never came by.
    var waitsBehindHole: Bool { flags.contains(.isOver) && !outOfOrder.isEmpty }

    private mutating func passHole() {
        guard let first = outOfOrder.firstPresent(in: 0..<outOfOrder.end) else { return }
        deliveredOffset = nextOffset + first.lowerBound
        moveNext(by: first.lowerBound)
    }

    private static let chunkBytes = 1 << 16

    /// Which byte of two marks is left out depends on when the application reads, so that inline only a direction's
    /// first one reaches the receiver, and only one that lies before everything that it may have.
    /// - Returns: whether it does.
    mutating func markFirstUrgent(at sequence: SequenceNumber) -> Bool {
        guard !flags.contains(.hadUrgent), offset(of: sequence) >= nextOffset else { return false }
        flags.insert(.hadUrgent)
        markUrgent(at: sequence)
        return true
    }

    /// RFC 6093: the pointer names the byte after the urgent one. As Linux takes it: only the newest
    /// mark counts, and none that lies before what is in order.
    mutating func markUrgent(at sequence: SequenceNumber) {
        let position = offset(of: sequence)
        guard position >= nextOffset, !flags.contains(.hasUrgent) || position > irregular.urgentOffset else { return }
        flags.insert(.hasUrgent)
        irregular.urgentOffset = position
    }
}

extension HalfStream.Intake {
    static func dropped(_ reason: StreamDropReason, _ events: StreamEventSet) -> HalfStream.Intake {
        HalfStream.Intake(disposition: .drop(reason), events: events)
    }
}
