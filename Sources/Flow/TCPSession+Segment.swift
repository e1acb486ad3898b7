import Wire

extension TCPSession {
    /// A segment without SYN and RST and with ACK (RFC 9293, section 3.10.7).
    func receiveSegment(
        _ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction, now: Timestamp
    ) -> Outcome {
        let (index, peer) = (direction.index, direction.reversed.index)
        let hasFIN = packet.tcp.flags.contains(.fin)
        var events: StreamEventSet = []
        if !halves[index].flags.contains(.isSynchronized), !halves[peer].flags.contains(.isSynchronized) {
            guard configuration.acceptsMidstream else { return .drop(.midstream, hasFIN ? .finButNoSession : []) }
            if hasFIN { events.insert(.finButNoSession) }
            pickUpMidstream(packet, direction: direction)
        }
        if let outcome = takeAsOneSided(packet, direction: direction) { return outcome }
        if let outcome = judgeHandshake(packet, payload: payload, direction: direction) { return outcome }
        if halves[index].flags.contains(.isReset) {
            return payload.count > 0 || hasFIN ? .drop(.invalid, .suspectedRstInjection) : .forward()
        }
        let carriesData = payload.count > 0 || hasFIN
        if isTooOld(packet, half: index, now: now) {
            return carriesData ? .drop(.invalid, .packetInvalidTimestamp) : .forward(.packetInvalidTimestamp)
        }
        let end = packet.tcp.sequence.advanced(by: payload.count + (hasFIN ? 1 : 0))
        var isRewound = false
        let isAcknowledgmentValid = acceptsAcknowledgment(packet.tcp.acknowledgment, from: index, of: peer)
        if carriesData, halves[index].flags.contains(.isUnconfirmed) {
            guard isAcknowledgmentValid else {
                return .drop(.invalid, [.packetInvalidAck, hasFIN ? .finInvalidAck : invalidAckEvent])
            }
            switch judgeUnconfirmed(packet.tcp.sequence, payload.count, hasFIN: hasFIN, half: index) {
            case .old: return .forward(.packetRetransmission)
            case .undecidable: return .drop(.invalid, .reassemblySegmentBeforeBaseSequence)
            case .rewound: isRewound = true
            case .inPlace: break
            }
        }
        if payload.count > 0, !halves[index].acknowledged.isBefore(end) { events.insert(.packetSpuriousRetransmission) }
        if isOld(end, hasFIN: hasFIN, index) { return judgeOldSegment(packet, payload: payload, index) }
        if isBeyondWindow(packet.tcp.sequence, half: index) {
            return .drop(.invalid, outOfWindowEvent(hasFIN: hasFIN))
        }
        // Where it is the receiver says itself, whatever the direction was picked up at.
        guard isAcknowledgmentValid || !carriesData && halves[peer].flags.contains(.isUnconfirmed) else {
            return .drop(.invalid, [.packetInvalidAck, hasFIN ? .finInvalidAck : invalidAckEvent])
        }
        // Before the handshake is done a client takes no data but a fast opener's (Suricata too).
        let hasFastOpen = halves[peer].flags.contains(.hasFastOpen) && openings.isEmpty
        let isAwaited = halves[index].flags.isDisjoint(with: [.isSYNAcknowledged, .isUnconfirmed])
        if carriesData, isAwaited, !hasFastOpen {
            return .drop(.invalid, .handshakeAckDataInjection)
        }
        acknowledge(packet, from: index, of: peer, events: &events)
        var outcome = takePayload(packet, payload: payload, direction: direction)
        if case .drop = outcome.disposition {} else { noteTimestamps(packet, from: index, of: peer, now: now) }
        outcome.events.formUnion(events)
        outcome.isRewound = isRewound
        return outcome
    }

    private enum Place { case inPlace, old, rewound, undecidable }

    /// Where a segment with data lies in a direction of which it is not known whether its receiver has all before the
    /// place where it was picked up. Inline nothing may go ahead then: the receiver may be there already.
    private func judgeUnconfirmed(
        _ sequence: SequenceNumber, _ count: Int, hasFIN: Bool, half index: Int
    ) -> Place {
        let end = sequence.advanced(by: count + (hasFIN ? 1 : 0))
        let isBeyondWindow = isBeyondWindow(sequence, half: index)
        if halves[index].isRefuted, let floor = halves[index].irregular.floor {
            guard floor.isBefore(end) else { return .old }
            guard !isBeyondWindow else { return .undecidable }
            halves[index].pickUpAnew(at: floor, memory: memory)
            return .rewound
        }
        let offset = halves[index].offset(of: sequence)
        // In order for whom? A receiver that lacks bytes before it keeps what it has behind it.
        if hasFIN, configuration.isInline, halves[index].holdsAnything(behind: end.advanced(by: -1)) {
            return halves[index].isBelowFloor(end) ? .old : .undecidable
        }
        if offset >= 0 {
            guard offset > halves[index].nextOffset, configuration.isInline else { return .inPlace }
            // Picked up at a segment without data, perhaps a probe of something older.
            if halves[index].isUntouched, !isBeyondWindow {
                halves[index].synchronize(at: sequence)
                return .inPlace
            }
            return count > 0 ? .undecidable : .inPlace
        }
        if halves[index].isBelowFloor(end) { return .old }
        if halves[index].rewind(to: sequence, memory: memory) { return .rewound }
        return configuration.isInline ? .undecidable : .inPlace
    }

    /// The other end's packets go another way: what this one acknowledges is taken as sent.
    /// - Returns: nil to go on.
    private func takeAsOneSided(_ packet: borrowing DecodedPacket, direction: Direction) -> Outcome? {
        let (index, peer) = (direction.index, direction.reversed.index)
        guard halves[index].flags.contains(.isSynchronized), configuration.acceptsOneSided || !configuration.isInline else {
            return nil
        }
        if configuration.acceptsOneSided, !halves[peer].flags.contains(.isSynchronized) {
            guard packet.tcp.sequence == halves[index].next else { return .drop(.invalid, .handshakeAsyncWrongSequence) }
            halves[peer].synchronize(at: packet.tcp.acknowledgment)
            halves[peer].flags.insert([.isSYNAcknowledged, .isUnseen])
        }
        guard halves[peer].flags.contains(.isUnseen) else { return nil }
        halves[index].flags.insert([.isSYNAcknowledged, .isFlushed])
        halves[peer].sent = packet.tcp.acknowledgment
        return nil
    }

    /// The direction is not one-sided any more: its other end acknowledges again what is handed on.
    func noteSeen(_ direction: Direction) {
        guard halves[direction.index].flags.contains(.isUnseen) else { return }
        halves[direction.index].flags.remove(.isUnseen)
        halves[direction.reversed.index].flags.remove(.isFlushed)
    }

    /// What is not acceptable while one of the two SYNs is missing or not acknowledged; nil to go on.
    private func judgeHandshake(
        _ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction
    ) -> Outcome? {
        let (index, peer) = (direction.index, direction.reversed.index)
        guard halves[peer].flags.contains(.isSynchronized) else {
            return .drop(.invalid, .handshakeAckInWrongDirection)
        }
        guard halves[index].flags.contains(.isSynchronized) else {
            // An end that still has an old connection answers SYN with a bare ACK (RFC 9293, section 3.5.1).
            let hasFIN = packet.tcp.flags.contains(.fin)
            var events = StreamEventSet.handshakeAckInWrongDirection
            if !echoesSYN(packet, of: peer) { events.insert(.packetInvalidTimestamp) }
            if payload.count > 0 || hasFIN { return .drop(.invalid, events) }
            pickUpBehindSYN(packet, direction: direction)
            return .forward(events)
        }
        if !halves[peer].flags.isDisjoint(with: [.isSYNAcknowledged, .isUnconfirmed]) { return nil }
        let acknowledgment = packet.tcp.acknowledgment
        settleOpening(of: direction.reversed, by: acknowledgment)
        let isValid =
            halves[peer].initialSequence.isBefore(acknowledgment)
            && (isMidstream || !halves[peer].sent.isBefore(acknowledgment))
        if isValid { return nil }
        if isSimultaneous { return .drop(.invalid, .simultaneousInvalidAck) }
        return .drop(
            .invalid,
            packet.tcp.sequence == halves[index].next
                ? .handshakeRightSequenceWrongAckEvasion : .handshakeWrongSequenceWrongAck)
    }

    /// A FIN that was never seen although it is acknowledged is as old as what lies before it.
    private func isOld(_ end: SequenceNumber, hasFIN: Bool, _ index: Int) -> Bool {
        let half = halves[index]
        if end.isBefore(half.acknowledged) { return true }
        return hasFIN && isMidstream && end == half.acknowledged && half.flags.isDisjoint(with: [.hasFIN, .isUnconfirmed])
    }

    /// A segment that lies wholly before what its receiver has acknowledged: a keep-alive probe or a
    /// late copy. The receiver answers with an ACK and takes nothing from it.
    private func judgeOldSegment(_ packet: borrowing DecodedPacket, payload: Span<UInt8>, _ index: Int) -> Outcome {
        let half = halves[index]
        let start = half.offset(of: packet.tcp.sequence)
        if payload.count == 0 { return .forward() }
        var outcome = Outcome.forward([
            .packetRetransmission, .packetSpuriousRetransmission,
            state == .closeWait ? .closeWaitPacketBeforeLastAck : .establishedPacketBeforeLastAck,
        ])
        if halves[index].blankMissed(payload, start: start, end: start + payload.count, memory: memory) {
            outcome.disposition = .rewrite
            outcome.events.insert(.reassemblySegmentBeforeBaseSequence)
        }
        return outcome
    }

    /// PAWS (RFC 7323, section 5.3) as Linux applies it: one tick of slack, and no check against a
    /// time stamp that is older than 24 days.
    private func isTooOld(_ packet: borrowing DecodedPacket, half index: Int, now: Timestamp) -> Bool {
        guard let value = packet.tcp.options.timestampValue, usesTimestamps, halves[index].recentTimestamp != 0 else {
            return false
        }
        return Int32(bitPattern: halves[index].recentTimestamp &- value) > 1 && !hasOldTimestamp(index, now)
    }

    private func hasOldTimestamp(_ index: Int, _ now: Timestamp) -> Bool {
        Int32(bitPattern: now.wholeSeconds &- halves[index].recentTimestampSeconds) >= 24 * 86_400
    }

    /// What an end echoes is its TS.Recent (RFC 7323, section 4.3). Which of the time stamps that were let through it has
    /// taken can't be known otherwise: receivers differ in what makes a segment acceptable, and one that they did not take
    /// would make true segments look old.
    private func noteTimestamps(_ packet: borrowing DecodedPacket, from index: Int, of peer: Int, now: Timestamp) {
        guard let value = packet.tcp.options.timestampValue, usesTimestamps else { return }
        let newest = halves[index].newestTimestamp
        if newest == 0 || Int32(bitPattern: value &- newest) > 0 || hasOldTimestamp(index, now) {
            halves[index].newestTimestamp = value
        }
        let echo = packet.tcp.options.timestampEcho
        guard echo != halves[peer].recentTimestamp, halves[peer].hasSent(timestamp: echo) else { return }
        halves[peer].recentTimestamp = echo
        halves[peer].recentTimestampSeconds = now.wholeSeconds
    }

    private var usesTimestamps: Bool {
        halves[0].flags.contains(.hasTimestamps) && halves[1].flags.contains(.hasTimestamps)
    }

    func isBeyondWindow(_ sequence: SequenceNumber, half index: Int) -> Bool {
        let half = halves[index]
        guard half.flags.contains(.hasWindowEdge) else { return false }
        // A probe of a closed window starts at RCV.NXT.
        return half.windowEdge.isBefore(sequence) && half.expected.isBefore(sequence)
    }

    /// RFC 5961, section 5: SND.UNA - MAX.SND.WND to SND.NXT, and never before the first byte.
    private func acceptsAcknowledgment(_ acknowledgment: SequenceNumber, from index: Int, of peer: Int) -> Bool {
        let half = halves[peer]
        // What was sent before the connection was picked up did not come by.
        if half.sent.isBefore(acknowledgment) {
            return !configuration.isInline || isMidstream && acknowledgment.distance(from: half.sent) < 1 << 30
        }
        // Once something was acknowledged that never came by, it may have been a forgery: the true ones come later.
        if !configuration.isInline, !half.irregular.missed.isEmpty { return true }
        var slack = Int(max(halves[index].largestWindow, 1))
        if half.flags.contains(.hasSYN) {
            slack = min(slack, max(half.offset(of: half.acknowledged), 0))
        } else {
            slack = max(slack, 1 << 30)
        }
        return half.acknowledged.distance(from: acknowledgment) <= Int32(clamping: slack)
    }

    private func acknowledge(
        _ packet: borrowing DecodedPacket, from index: Int, of peer: Int, events: inout StreamEventSet
    ) {
        let acknowledgment = packet.tcp.acknowledgment
        let hasGap = halves[peer].acknowledge(acknowledgment, memory: memory)
        if hasGap, !halves[peer].flags.contains(.isUnseen) { events.insert(.reassemblySequenceGap) }
        let bothScale = halves[0].flags.contains(.hasWindowScale) && halves[1].flags.contains(.hasWindowScale)
        let window = UInt32(packet.tcp.window) << (bothScale ? UInt32(halves[index].windowScale) : 0)
        halves[index].largestWindow = max(halves[index].largestWindow, window)
        // The field's largest value can stand for more: Linux takes what its buffer has room for. Beside the wire that is
        // taken in; inline it is dropped, and no sender that keeps to the window sends it.
        let isAtLeast = packet.tcp.window == .max && !configuration.isInline
        let limit = UInt32(clamping: configuration.outOfOrderBytesLimit)
        grantWindow(to: peer, from: acknowledgment, bytes: isAtLeast ? max(window, limit) : window)
    }

    func grantWindow(to index: Int, from acknowledgment: SequenceNumber, bytes: UInt32) {
        let edge = acknowledgment.advanced(by: Int(bytes))
        if !halves[index].flags.contains(.hasWindowEdge) || halves[index].windowEdge.isBefore(edge) {
            halves[index].flags.insert(.hasWindowEdge)
            halves[index].windowEdge = edge
        }
    }

    private func takePayload(
        _ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction
    ) -> Outcome {
        let index = direction.index
        let wasFinished = halves[index].flags.contains(.isFinished)
        let sequence = packet.tcp.sequence
        let before = (flags: halves[index].flags, urgentOffset: halves[index].irregular.urgentOffset)
        var keepsUrgent = false
        if packet.tcp.flags.contains(.urg) {
            let mark = sequence.advanced(by: max(Int(packet.tcp.urgentPointer), 1) - 1)
            switch configuration.urgentPolicy {
            case .inline: keepsUrgent = true
            case .drop: return .drop(.urgent)
            case .clear where configuration.isInline: break
            case .outOfBand where configuration.isInline: keepsUrgent = halves[index].markFirstUrgent(at: mark)
            case .clear, .outOfBand:
                guard Int(halves[index].irregular.urgentCount) < configuration.urgentLimit else {
                    return .drop(.urgent, .reassemblyUrgentOutOfBandLimitReached)
                }
                halves[index].markUrgent(at: mark)
            }
        }
        let intake = halves[index].take(
            payload, at: sequence, hasFIN: packet.tcp.flags.contains(.fin), policy: policies[index], memory: memory)
        if case .drop = intake.disposition, (halves[index].flags, halves[index].irregular.urgentOffset) != before {
            halves[index].flags = before.flags
            halves[index].irregular.urgentOffset = before.urgentOffset
        }
        var result = outcome(of: intake, direction: direction, wasFinished: wasFinished)
        result.keepsUrgent = keepsUrgent
        return result
    }

    func outcome(of intake: HalfStream.Intake, direction: Direction, wasFinished: Bool) -> Outcome {
        let half = halves[direction.index]
        return Outcome(
            disposition: intake.disposition, inOrder: intake.inOrder,
            streamOffset: UInt64(max(intake.streamOffset, 0)), hasBuffered: half.hasUndelivered,
            events: intake.events, isEndOfStream: !wasFinished && half.flags.contains(.isFinished))
    }

    /// RFC 5961, section 3: only a reset exactly at RCV.NXT is taken; one elsewhere in the window is
    /// answered with a challenge ACK. Linux also takes one right after what it has acknowledged selectively, if that was
    /// agreed on and among the newest: inline such a one is let through, and what follows shows whether it counted.
    func receiveReset(_ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction) -> Outcome {
        let (index, peer) = (direction.index, direction.reversed.index)
        let sequence = packet.tcp.sequence
        let (isKnown, isPeerKnown) = (
            halves[index].flags.contains(.isSynchronized), halves[peer].flags.contains(.isSynchronized)
        )
        guard isKnown || isPeerKnown else { return .forward(.rstButNoSession) }
        if halves[index].flags.contains(.isReset) { return .forward() }
        guard isKnown else {
            // In SYN-SENT a reset must acknowledge the SYN.
            let acknowledgment = packet.tcp.acknowledgment
            guard packet.tcp.flags.contains(.ack), halves[peer].initialSequence.isBefore(acknowledgment),
                !halves[peer].sent.isBefore(acknowledgment)
            else { return .drop(.invalid, .rstInvalidAck) }
            guard echoesSYN(packet, of: peer) else { return .drop(.invalid, .packetInvalidTimestamp) }
            halves[index].flags.insert(.isReset)
            end(half: peer)
            return .forward()
        }
        // An end that waits for the answer to its SYN resets what it was sent instead, not its own connection.
        guard isPeerKnown else { return .forward() }
        if sequence == halves[index].expected || !configuration.isInline && sequence == halves[index].outOfOrderEnd {
            halves[index].flags.insert(.isReset)
            end(half: index)
            return .forward()
        }
        if isBeyondWindow(sequence, half: index) { return .drop(.invalid, outOfWindowEvent(hasFIN: false)) }
        guard sequence.isBefore(halves[index].acknowledged) else { return .forward() }
        // An end that has closed answers what still comes with the number that it acknowledges, often its FIN's own: Linux
        // takes that one as long as it has not closed itself. Older ones every receiver ignores.
        if halves[index].flags.contains(.isFinished), sequence == halves[index].next,
            !halves[peer].flags.contains(.isFINAcknowledged)
        {
            halves[index].flags.insert(.isReset)
            end(half: index)
            return .forward()
        }
        return payload.count > 0 ? .drop(.invalid, outOfWindowEvent(hasFIN: false)) : .forward(outOfWindowEvent(hasFIN: false))
    }

    /// What is held of a direction of a reset connection is of no use any more, unless it still has to be handed on.
    private func end(half index: Int) {
        if configuration.deliversOnAcknowledgment { return flush() }
        halves[index].close(memory: memory)
    }

    /// The connection is over: what waits for an acknowledgment is handed on by `nextBuffered`; beside the wire also
    /// what waits behind a hole. Inline nobody has got that.
    public func flush() {
        for index in 0..<2 { halves[index].flags.formUnion(configuration.isInline ? .isFlushed : [.isFlushed, .isOver]) }
    }
}
