public import Wire

extension TCPSession {
    public var state: State {
        let client = halves[0].flags
        let server = halves[1].flags
        if client.contains(.isReset) || server.contains(.isReset) { return .closed }
        guard client.contains(.isSynchronized) || server.contains(.isSynchronized) else { return .none }
        guard isEstablished else {
            return client.contains(.isSynchronized) && server.contains(.isSynchronized) ? .synReceived : .synSent
        }
        switch (client.contains(.isFinished), server.contains(.isFinished)) {
        case (false, false): return .established
        // A server that never answered has not taken the end either.
        case (true, false): return server.contains(.isUnseen) && client.contains(.hasSYN) ? .established : .closeWait
        case (false, true): return server.contains(.isFINAcknowledged) ? .finWait2 : .finWait1
        case (true, true):
            switch (client.contains(.isFINAcknowledged), server.contains(.isFINAcknowledged)) {
            case (true, true): return .closed
            case (false, true): return .timeWait
            case (true, false): return .lastAck
            case (false, false): return .closing
            }
        }
    }

    /// Each end has acknowledged the other's SYN, or the connection was picked up after that.
    public var isEstablished: Bool {
        halves[0].flags.isSuperset(of: [.isSynchronized, .isSYNAcknowledged])
            && halves[1].flags.isSuperset(of: [.isSynchronized, .isSYNAcknowledged])
    }

    /// The flow table's state for this session.
    public var flowState: FlowRecord.State {
        switch state {
        case .none, .synSent, .synReceived: .new
        case .lastAck, .timeWait, .closed: .closed
        default: .established
        }
    }

    /// The direction's FIN is in order, or its sender reset the connection.
    public func hasEnded(_ direction: Direction) -> Bool {
        !halves[direction.index].flags.isDisjoint(with: [.isFinished, .isReset])
    }

    /// Bytes of the direction that are in order, out-of-band ones left out.
    public func streamBytes(_ direction: Direction) -> UInt64 {
        let half = halves[direction.index]
        return UInt64(max(half.nextOffset - Int(half.irregular.urgentCount), 0))
    }

    /// Chunks wait for `nextBuffered`.
    public func hasBuffered(_ direction: Direction) -> Bool {
        halves[direction.index].hasUndelivered || halves[direction.index].waitsBehindHole
    }

    /// Sequence numbers of a direction, for building segments in its sender's name.
    public struct SequenceState: Sendable {
        /// What the receiver expects next when all segments that were let through have arrived.
        public var next: SequenceNumber
        /// The same without the last segment: for a reset that takes that segment's place.
        public var beforeLastSegment: SequenceNumber
        /// The highest acknowledgment by the receiver.
        public var acknowledged: SequenceNumber
    }

    /// nil until the direction's sequence numbers are known.
    public func sequenceState(_ direction: Direction) -> SequenceState? {
        let half = halves[direction.index]
        guard half.flags.contains(.isSynchronized) else { return nil }
        return SequenceState(
            next: half.expected, beforeLastSegment: half.previousExpected, acknowledged: half.acknowledged)
    }

    /// The event for an acknowledgment of something that was never sent.
    var invalidAckEvent: StreamEventSet {
        switch state {
        case .established: .establishedInvalidAck
        case .closeWait: .closeWaitInvalidAck
        case .finWait1: .finWait1InvalidAck
        case .finWait2: .finWait2InvalidAck
        case .closing: .closingInvalidAck
        case .lastAck: .lastAckInvalidAck
        case .timeWait: .timeWaitInvalidAck
        default: .packetInvalidAck
        }
    }

    /// The event for a segment outside the receiver's window.
    func outOfWindowEvent(hasFIN: Bool) -> StreamEventSet {
        switch (state, hasFIN) {
        case (.established, true): .finOutOfWindow
        case (.closeWait, false): .closeWaitAckOutOfWindow
        case (.closeWait, true): .closeWaitFinOutOfWindow
        case (.finWait1, false): .finWait1AckWrongSequence
        case (.finWait1, true): .finWait1FinWrongSequence
        case (.finWait2, false): .finWait2AckWrongSequence
        case (.finWait2, true): .finWait2FinWrongSequence
        case (.closing, _): .closingAckWrongSequence
        case (.lastAck, _): .lastAckAckWrongSequence
        case (.timeWait, _): .timeWaitAckWrongSequence
        default: .establishedPacketOutOfWindow
        }
    }
}

extension TCPSession {
    /// What one end has sent, in sequence numbers.
    public struct Numbers: Sendable {
        public let initial: SequenceNumber
        /// After the last one that was let through.
        public let next: SequenceNumber
        /// Of the other end's last acknowledgment.
        public let acknowledged: SequenceNumber
    }

    /// nil as long as none of the direction has come by.
    public func numbers(_ direction: Direction) -> Numbers? {
        let half = halves[direction.index]
        guard half.flags.contains(.isSynchronized) else { return nil }
        return Numbers(initial: half.initialSequence, next: half.sent, acknowledged: half.acknowledged)
    }
}
