public import Wire

/// The TCP state of one flow, seen from the middle: what each end has sent, what the other has
/// acknowledged, and which of the bytes the receiver will hand to its application.
///
/// First copy wins: bytes that the receiver has not acknowledged are kept, and a later copy that
/// differs is rewritten or dropped, so that every receiver reads what was inspected. Whatever the
/// receiver must ignore is dropped. Where receivers differ, or where what has arrived cannot be
/// known from the middle, the stricter answer is taken: dropping a segment is always safe, since a
/// true sender sends it again.
public final class TCPSession {
    let memory: StreamMemory
    /// Indexed by `Direction.index`: what the client sent, what the server sent.
    var halves = InlineArray<2, HalfStream>(repeating: HalfStream())
    /// Which copy of a byte counts: for the server's stack, for the client's. Always the first one inline.
    private(set) var policies: InlineArray<2, HostOSPolicy>
    /// SYNs or SYN/ACKs beside the one that the half stream was opened with; see `TCPSession+Openings.swift`.
    var openings: [Opening] = []
    /// Both ends sent a SYN without having got one (RFC 9293, section 3.5).
    var isSimultaneous = false
    /// Picked up after its handshake, or from the handshake's second half on.
    public internal(set) var isMidstream = false

    /// A session with memory of its own; sessions of one worker should share theirs.
    public convenience init(configuration: TCPConfiguration) {
        self.init(memory: StreamMemory(configuration: configuration))
    }

    /// - Parameters:
    ///   - server: the policy of the server's stack; without effect inline.
    ///   - client: the client's.
    public init(memory: StreamMemory, server: HostOSPolicy = .first, client: HostOSPolicy = .first) {
        self.memory = memory
        policies = memory.configuration.isInline ? [.first, .first] : [server, client]
        memory.sessions += 1
    }

    /// What a session takes without its buffers.
    public static let bytes = MemoryLayout<InlineArray<2, HalfStream>>.stride + 64

    deinit {
        memory.sessions -= 1
        halves[0].store.close(memory: memory)
        halves[1].store.close(memory: memory)
    }

    /// What a segment means. `inOrder` is the part of the packet's payload that is new and next in
    /// order: hand it on first, then call `nextBuffered(direction)` until nil. When the disposition
    /// is `.rewrite`, `inOrder` is a part of `rewrittenPayload` instead.
    public struct Outcome {
        public var disposition: Disposition
        public var inOrder: Range<Int>
        /// Stream offset of the first byte of `inOrder`; 0 is the first byte after SYN (or the first
        /// one seen of a midstream session). Out-of-band bytes are not counted. An offset past the
        /// end of what was handed on before is a gap: the receiver has bytes that never came by.
        public var streamOffset: UInt64
        /// Bytes from earlier segments became contiguous.
        public var hasBuffered: Bool
        public var events: StreamEventSet
        /// The direction's last byte (FIN) is delivered once the buffered chunks are.
        public var isEndOfStream: Bool
        /// What the URG flag and pointer say was taken in. Where it is false, a packet that has them must lose them before
        /// it goes on.
        public var keepsUrgent = false
        /// The direction begins anew with this segment, at stream offset 0: its receiver lacks bytes that come before
        /// those which were handed on so far, and which are handed on again in their place.
        public var isRewound = false
    }

    public enum Disposition: Hashable, Sendable {
        case forward
        /// Forward with the bytes of `TCPSession.rewrittenPayload`, as long as the payload was.
        case rewrite
        case drop(StreamDropReason)
    }

    /// RFC 9293 names, for the server's end of the connection (as Suricata reports them).
    public enum State: UInt8, Sendable {
        case none, synSent, synReceived, established, finWait1, finWait2, closeWait, lastAck, closing, timeWait, closed
    }

    /// The payload to send in place of the last segment's when its disposition was `.rewrite`;
    /// valid until the next `receive` of any session with the same `StreamMemory`.
    public var rewrittenPayload: [UInt8] { memory.rewritten }

    /// Judges one segment and takes in its payload. A segment that is dropped changes nothing that
    /// its receiver would have changed.
    public func receive(
        _ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction, now: Timestamp
    ) -> Outcome {
        let flags = packet.tcp.flags
        let checksum = packet.checksum
        if checksum == .invalidTransport || checksum == .invalidIP { return .drop(.invalid) }
        if flags.contains(.syn), !flags.isDisjoint(with: [.fin, .rst]) { return .drop(.invalid, .finSyn) }
        if startsNewConnection(packet, direction: direction) { reset() }
        if isMissigned(packet, direction: direction) {
            return .drop(.invalid, flags.contains(.rst) ? .suspectedRstInjection : [])
        }
        noteSeen(direction)
        if flags.contains(.rst) { return receiveReset(packet, payload: payload, direction: direction) }
        if flags.contains(.syn) { return receiveSYN(packet, payload: payload, direction: direction, now: now) }
        guard flags.contains(.ack) else {
            return .drop(.invalid, packet.tcp.acknowledgment.rawValue == 0 ? [] : .packetBrokenAck)
        }
        return receiveSegment(packet, payload: payload, direction: direction, now: now)
    }

    /// The next chunk that out-of-order segments left and that is in order now.
    public func nextBuffered(_ direction: Direction) -> (bytes: [UInt8], streamOffset: UInt64)? {
        halves[direction.index].nextBuffered(memory: memory)
    }

    /// Whether this packet begins another connection on the same ports, so that the flow should be
    /// ended and started anew (with a new session) before it is received: a SYN after the end, or
    /// the answer to a SYN that the old connection's state could not judge.
    public func startsNewConnection(_ packet: borrowing DecodedPacket, direction: Direction) -> Bool {
        let flags = packet.tcp.flags
        guard flags.contains(.syn), flags.isDisjoint(with: [.fin, .rst]) else { return false }
        guard packet.checksum != .invalidTransport, packet.checksum != .invalidIP else { return false }
        if flags.contains(.ack) {
            let peer = halves[direction.reversed.index]
            let acknowledgment = packet.tcp.acknowledgment
            return peer.flags.contains(.hasChallengedSYN) && acknowledgment == peer.irregular.challengedSYN.advanced(by: 1)
        }
        switch state {
        case .timeWait, .closed: return true
        case .synSent:
            let half = halves[direction.index]
            let sequence = packet.tcp.sequence
            guard half.flags.contains(.hasSYN), half.initialSequence != sequence else { return false }
            // Without data it is remembered beside the first.
            return packet.payloadLength > 0 || !canOpenAnew(direction.index)
        default: return false
        }
    }

    /// What was taken for the client is the server.
    public func swapEnds() {
        let client = halves[0]
        halves[0] = halves[1]
        halves[1] = client
        policies = [policies[1], policies[0]]
    }

    /// Gives back the memory of a connection that is blocked: no copy is compared any more with what came before.
    public func releaseBytes() {
        for index in 0..<2 {
            halves[index].close(memory: memory)
            if halves[index].acknowledged.isBefore(halves[index].next) { halves[index].acknowledged = halves[index].next }
        }
    }

    /// Forgets the connection, for the next one on the same ports.
    func reset() {
        for index in 0..<2 {
            halves[index].store.close(memory: memory)
            halves[index] = HalfStream()
        }
        openings = []
        isSimultaneous = false
        isMidstream = false
    }

    var configuration: TCPConfiguration { memory.configuration }
}

/// Why a segment must not reach its receiver (EVE `drop.reason` is `stream error` or the memcap's).
public enum StreamDropReason: UInt8, Sendable { case invalid, memcap, midstream, urgent }

extension TCPSession.Outcome {
    static func forward(_ events: StreamEventSet = []) -> TCPSession.Outcome {
        TCPSession.Outcome(
            disposition: .forward, inOrder: 0..<0, streamOffset: 0, hasBuffered: false, events: events,
            isEndOfStream: false)
    }

    static func drop(_ reason: StreamDropReason, _ events: StreamEventSet = []) -> TCPSession.Outcome {
        TCPSession.Outcome(
            disposition: .drop(reason), inOrder: 0..<0, streamOffset: 0, hasBuffered: false, events: events,
            isEndOfStream: false)
    }
}
