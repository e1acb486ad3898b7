/// How TCP is followed and normalised; names in parentheses are Suricata's settings.
public struct TCPConfiguration: Sendable {
    /// What happens to a segment whose bytes differ from the first copy.
    public enum OverlapPolicy: String, Sendable, CaseIterable { case rewrite, drop }

    /// What an urgent byte is to the receiving application (`stream.reassembly.urgent.policy`).
    public enum UrgentPolicy: String, Sendable, CaseIterable {
        /// Not part of the stream, as for a receiver without SO_OOBINLINE. Inline that holds for the first urgent byte
        /// of a direction; of the later ones the mark is taken out, so that they are bytes like any other. A receiver
        /// that has no room for the segment with the mark gets the byte as one like any other, too.
        case outOfBand = "oob"
        /// A byte like any other, as for a receiver with SO_OOBINLINE.
        case inline
        /// Segments with URG are dropped; without effect on what their receiver gets in detect mode.
        case drop
        /// A byte like any other for every receiver: the mark is taken out of the packet. Beside the wire, where that
        /// can't be done, as `outOfBand`.
        case clear
    }

    /// Flows that were there before the engine are inspected from their first packet on; else
    /// their packets are dropped with `.midstream` (`stream.midstream`).
    public var acceptsMidstream = true
    /// Bytes are handed on when their receiver has acknowledged them, as a listener beside the wire must do it;
    /// otherwise when they arrive (`stream.inline`).
    public var deliversOnAcknowledgment = false
    /// Connections of which one direction only comes by are followed (`stream.async-oneside`).
    public var acceptsOneSided = false
    /// SYNs with sequence numbers of their own that are remembered until one is answered (`stream.max-syn-queued`).
    public var queuedSYNsLimit = 10
    /// The same for SYN/ACKs until one is acknowledged (`stream.max-synack-queued`).
    public var queuedSYNACKsLimit = 5
    /// False when dispositions are only reported: the segments reach their receiver anyway, so
    /// what the receiver acknowledges overrides what would have been dropped.
    public var isInline = true
    public var overlapPolicy = OverlapPolicy.rewrite
    /// False keeps no copies of bytes in order and compares none, only to measure what that costs: no protection then.
    public var keepsCopies = true
    /// Which copy counts when nothing can be rewritten (`host-os-policy`): only where `isInline` is false.
    public var hosts = HostOSPolicies()
    public var urgentPolicy = UrgentPolicy.outOfBand
    /// Out-of-band bytes in a direction that is listened to beside the wire, beyond which urgent segments are dropped
    /// (`stream.reassembly.urgent.oob-limit-policy`).
    public var urgentLimit = 63
    /// The sessions of a worker without their buffers (`stream.memcap`); the flow table bounds them as well.
    public var sessionMemcapBytes = Int.max
    /// The buffers of all sessions of a worker together (`stream.reassembly.memcap`).
    public var reassemblyMemcapBytes = 256 << 20
    /// Distance from the oldest byte that the receiver has not acknowledged to the newest kept, per direction.
    public var retainedBytesLimit = 16 << 20
    /// Out-of-order bytes and separate ranges of them, per direction.
    public var outOfOrderBytesLimit = 4 << 20
    public var outOfOrderRangesLimit = 64

    public init() {}
}
