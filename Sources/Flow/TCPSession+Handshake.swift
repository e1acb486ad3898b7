import Wire

extension TCPSession {
    func receiveSYN(
        _ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction, now: Timestamp
    ) -> Outcome {
        if packet.tcp.flags.contains(.ack) { forgetGuess(direction) }
        let isKnown = halves[direction.index].flags.contains(.isSynchronized)
        let opening = Opening(packet, now: now)
        if isKnown { return receiveAnotherSYN(packet, opening, payload: payload, direction: direction) }
        if packet.tcp.flags.contains(.ack) {
            return receiveFirstSYNACK(packet, opening, payload: payload, direction: direction)
        }
        if state == .synSent { isSimultaneous = true }
        open(opening, direction: direction)
        guard payload.count > 0 else { return .forward() }
        // Data in a SYN reaches the application only with fast open (RFC 7413), or with a server
        // set to take it without asking: what cannot be known must not pass.
        guard packet.tcp.options.hasFastOpen else { return .drop(.invalid) }
        halves[direction.index].flags.insert(.hasFastOpen)
        return takeFastOpenData(payload, of: packet, direction: direction)
    }

    private func takeFastOpenData(
        _ payload: Span<UInt8>, of packet: borrowing DecodedPacket, direction: Direction, _ events: StreamEventSet = []
    ) -> Outcome {
        let intake = halves[direction.index].take(
            payload, at: packet.tcp.sequence.advanced(by: 1), hasFIN: false,
            policy: policies[direction.index], memory: memory)
        var result = outcome(of: intake, direction: direction, wasFinished: false)
        result.events.formUnion(events)
        return result
    }

    private func receiveFirstSYNACK(
        _ packet: borrowing DecodedPacket, _ opening: Opening, payload: Span<UInt8>, direction: Direction
    ) -> Outcome {
        let (index, peer) = (direction.index, direction.reversed.index)
        let acknowledgment = packet.tcp.acknowledgment
        if !halves[peer].flags.contains(.isSynchronized) {
            guard configuration.acceptsMidstream || configuration.acceptsOneSided else { return .drop(.midstream) }
            // Whether it answers a SYN, comes again to a client that is elsewhere by now, or is none of the server's, the
            // client alone can tell.
            pickUpMidstream(packet, direction: direction)
            halves[peer].flags.insert(.isUnseen)
            halves[index].flags.remove(.isSYNAcknowledged)
            halves[index].synchronize(at: packet.tcp.sequence.advanced(by: 1))
            halves[index].newestTimestamp = packet.tcp.options.timestampValue ?? 0
            return payload.count > 0 ? .drop(.invalid) : .forward()
        }
        settleOpening(of: direction.reversed, by: acknowledgment)
        guard echoesSYN(packet, of: peer) else { return .drop(.invalid, .packetInvalidTimestamp) }
        let first = halves[peer].initialSequence.advanced(by: 1)
        guard !acknowledgment.isBefore(first), !halves[peer].sent.isBefore(acknowledgment) else {
            return .drop(.invalid, .handshakeSynAckWithWrongAck)
        }
        // Linux hands no data of a SYN/ACK to the application.
        guard payload.count == 0 else { return .drop(.invalid) }
        open(opening, direction: direction)
        var events: StreamEventSet = []
        if halves[peer].nextOffset > 0, acknowledgment.isBefore(halves[peer].next) {
            events.insert(.handshakeSynAckFastOpenDataIgnored)
        }
        _ = halves[peer].acknowledge(acknowledgment, memory: memory)
        return .forward(events)
    }

    /// A SYN or SYN/ACK from an end whose sequence numbers are known.
    private func receiveAnotherSYN(
        _ packet: borrowing DecodedPacket, _ opening: Opening, payload: Span<UInt8>, direction: Direction
    ) -> Outcome {
        let (index, peer) = (direction.index, direction.reversed.index)
        let isSYNACK = packet.tcp.flags.contains(.ack)
        let sequence = packet.tcp.sequence
        let isSame = (halves[index].flags.contains(.hasSYN) || isMidstream) && halves[index].initialSequence == sequence
        var events = repeatedSYNEvents(isSYNACK: isSYNACK, isSame: isSame, direction: direction)
        guard isSYNACK else {
            // Of two SYNs that answer its own, which one the other end goes on with can't be told: the first one alone passes.
            if isSimultaneous, !isSame, configuration.isInline { return .drop(.invalid, events) }
            // An open connection answers with a challenge ACK (RFC 5961, section 4) and takes no data.
            if !isSame, isEstablished {
                halves[index].flags.insert(.hasChallengedSYN)
                halves[index].irregular.challengedSYN = packet.tcp.sequence
            }
            if isSame, !isEstablished, let value = opening.timestamp { halves[index].newestTimestamp = value }
            if state == .synSent {
                if !isSame, payload.count == 0, canOpenAnew(index),
                    !queue(opening, limit: configuration.queuedSYNsLimit)
                {
                    events.insert(.handshakeSynFlood)
                }
            }
            guard payload.count > 0 else { return .forward(events) }
            guard isSame, !isEstablished, packet.tcp.options.hasFastOpen, halves[index].flags.contains(.hasFastOpen) else {
                return .drop(.invalid, events)
            }
            return takeFastOpenData(payload, of: packet, direction: direction, events)
        }
        if isSimultaneous, !isSame { return .drop(.invalid, .simultaneousSynAckWithWrongSyn) }
        guard isSame || canOpenAnew(index), payload.count == 0, halves[peer].flags.contains(.isSynchronized) else {
            return .drop(.invalid, events)
        }
        let acknowledgment = packet.tcp.acknowledgment
        guard echoesSYN(packet, of: peer) else { return .drop(.invalid, events.union(.packetInvalidTimestamp)) }
        if halves[peer].sent.isBefore(acknowledgment) || !halves[peer].initialSequence.isBefore(acknowledgment) {
            events.insert(
                isEstablished
                    ? .establishedSynAckResentWithDifferentAck
                    : isSimultaneous ? .simultaneousSynAckWithWrongAck : .handshakeSynAckResentWithDifferentAck)
            return .drop(.invalid, events)
        }
        if !isSame, !queue(opening, limit: configuration.queuedSYNACKsLimit) { events.insert(.handshakeSynAckFlood) }
        // Simultaneous open (RFC 9293, section 3.5): the SYN comes again with the acknowledgment.
        _ = halves[peer].acknowledge(acknowledgment, memory: memory)
        return .forward(events)
    }

    private func repeatedSYNEvents(isSYNACK: Bool, isSame: Bool, direction: Direction) -> StreamEventSet {
        switch state {
        case .none: return []
        case .synSent: return isSYNACK ? .handshakeSynAckInWrongDirection : []
        case .synReceived:
            switch (isSYNACK, isSame) {
            case (true, true): return []
            case (true, false):
                return direction == .toServer
                    ? .handshakeSynAckToServerOnSynRecv : .handshakeSynAckResentWithDifferentSequence
            case (false, true): return []
            case (false, false):
                return direction == .toServer
                    ? .handshakeSynResentDifferentSequenceOnSynRecv : .handshakeSynToClientOnSynRecv
            }
        case .established:
            switch (isSYNACK, isSame) {
            case (true, true): return .establishedSynAckResent
            case (true, false):
                return direction == .toServer ? .establishedSynAckToServer : .establishedSynAckResentWithDifferentSequence
            case (false, true): return .establishedSynResent
            case (false, false):
                return direction == .toClient ? .establishedSynToClient : .establishedSynResentDifferentSequence
            }
        default: return .shutdownSynResent
        }
    }

    /// Takes up a connection whose handshake was not seen.
    func pickUpMidstream(_ packet: borrowing DecodedPacket, direction: Direction) {
        let (index, peer) = (direction.index, direction.reversed.index)
        isMidstream = true
        halves[index].synchronize(at: packet.tcp.sequence)
        halves[peer].synchronize(at: packet.tcp.acknowledgment)
        assumeHandshake(of: packet)
        if configuration.acceptsOneSided {
            halves[peer].flags.insert(.isUnseen)
        } else {
            halves[index].flags.insert(.isUnconfirmed)
        }
    }

    /// What the SYNs that were not seen may have agreed on.
    private func assumeHandshake(of packet: borrowing DecodedPacket) {
        for half in halves.indices {
            halves[half].flags.insert([.isSYNAcknowledged, .hasWindowScale])
            // The largest shift (RFC 7323, section 2.3): no window is taken for smaller than it is.
            halves[half].windowScale = 14
            if packet.tcp.options.timestampValue != nil { halves[half].flags.insert(.hasTimestamps) }
        }
    }

    /// An end that answers a SYN with a bare acknowledgment has a connection: perhaps this one, whose SYN came again or
    /// was forged, or an old one, which the other end then resets (RFC 9293, section 3.5.1).
    func pickUpBehindSYN(_ packet: borrowing DecodedPacket, direction: Direction) {
        let (index, peer) = (direction.index, direction.reversed.index)
        guard configuration.acceptsMidstream, configuration.isInline, halves[peer].isUntouched, openings.isEmpty else { return }
        isMidstream = true
        halves[index].synchronize(at: packet.tcp.sequence)
        halves[peer].synchronize(at: halves[peer].next)
        assumeHandshake(of: packet)
        for half in halves.indices {
            halves[half].flags.insert(.isUnconfirmed)
            halves[half].recentTimestamp = 0
        }
    }

    /// A SYN/ACK after all: the bare acknowledgment before it was not the server's.
    private func forgetGuess(_ direction: Direction) {
        let (index, peer) = (direction.index, direction.reversed.index)
        guard isMidstream, halves[peer].flags.contains(.hasSYN), !halves[index].flags.contains(.hasSYN),
            halves[index].isUntouched, halves[peer].isUntouched
        else { return }
        halves[index].store.close(memory: memory)
        halves[index] = HalfStream()
        halves[peer].flags.subtract([.isSYNAcknowledged, .isUnconfirmed])
        isMidstream = false
    }
}
