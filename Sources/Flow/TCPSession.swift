public import Wire

/// The TCP state of one flow, seen from the middle: what each end has sent, what the other has
/// acknowledged, and which of the bytes the receiver will hand to its application.
///
/// First copy wins: bytes that the receiver has not acknowledged are kept, and a later copy that
/// differs is rewritten or dropped, so that every receiver reads what was inspected.
public final class TCPSession {
    public init(configuration: TCPConfiguration) {}

    /// What a segment means. `inOrder` is the part of the packet's payload that is new and next in
    /// order: hand it on first, then call `nextBuffered(direction)` until nil.
    public struct Outcome {
        public var disposition: Disposition
        public var inOrder: Range<Int>
        /// Stream offset of the first byte of `inOrder`; 0 is the first byte after SYN.
        public var streamOffset: UInt64
        /// Bytes from earlier segments became contiguous.
        public var hasBuffered: Bool
        public var events: StreamEventSet
        /// The direction's last byte (FIN) is delivered once the buffered chunks are.
        public var isEndOfStream: Bool
    }

    public enum Disposition: Hashable, Sendable {
        case forward
        /// Forward with the payload bytes that `TCPSession.rewrite(_:)` puts in place.
        case rewrite
        case drop(StreamDropReason)
    }

    public enum State: UInt8, Sendable {
        case none, synSent, synReceived, established, finWait1, finWait2, closeWait, lastAck, closing, timeWait, closed
    }

    public var state: State { .none }

    /// Judges one segment and takes in its payload.
    public func receive(_ packet: borrowing DecodedPacket, payload: Span<UInt8>, direction: Direction, now: Timestamp) -> Outcome {
        Outcome(disposition: .forward, inOrder: 0..<0, streamOffset: 0, hasBuffered: false, events: [], isEndOfStream: false)
    }

    /// The next chunk that out-of-order segments left and that is in order now.
    public func nextBuffered(_ direction: Direction) -> (bytes: [UInt8], streamOffset: UInt64)? { nil }
}

/// Why a segment must not reach its receiver (EVE `drop.reason` is `stream error` or the memcap's).
public enum StreamDropReason: UInt8, Sendable { case invalid, memcap, midstream, urgent }

/// Anomalies as `stream-event:` rules name them.
public struct StreamEventSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

public struct TCPConfiguration: Sendable {
    public var acceptsMidstream = true
    public init() {}
}
