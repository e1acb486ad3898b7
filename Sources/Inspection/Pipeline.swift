public import Detection
public import Events
public import Wire

/// One worker's engine: a pure function of its state, the packet, the packet's time and the rule set.
public final class Pipeline {
    public init(configuration: PipelineConfiguration, ruleSet: RuleSet) {}

    /// Judges one packet; events are appended to `events`.
    public func process(_ frame: Span<UInt8>, metadata: PacketMetadata) -> Verdict { .accept }

    /// The whole packet to send in place of the last one, when its verdict was `.rewrite`.
    public private(set) var rewrittenPacket: [UInt8] = []

    /// What was found since the last `takeEvents()`.
    public func takeEvents() -> [Event] { [] }

    /// Packets to send (resets, ICMP errors), each a whole IP packet.
    public func takeInjections() -> [[UInt8]] { [] }

    public func adopt(_ ruleSet: RuleSet) {}

    /// Times out flows; `now` is packet time, or the clock when no packet came for a while.
    public func tick(now: Timestamp) {}

    /// Ends every flow: their last data is inspected and their records are written.
    public func finish() {}
}

/// What came with a packet, besides its bytes.
public struct PacketMetadata: Sendable {
    public var time: Timestamp
    public var link: LinkType
    /// False when the checksum is not computed yet (`NFQA_SKB_CSUMNOTREADY`) or is not to be checked.
    public var verifiesChecksums: Bool
    /// EVE `pcap_cnt`; counts from 1, 0 when live.
    public var captureNumber: UInt64 = 0
    /// Interface indices as NFQUEUE gave them, 0 when unknown: the bridge ports first of all.
    public var inputInterface: UInt32 = 0
    public var outputInterface: UInt32 = 0

    public init(time: Timestamp, link: LinkType, verifiesChecksums: Bool) {
        self.time = time
        self.link = link
        self.verifiesChecksums = verifiesChecksums
    }
}

public struct PipelineConfiguration: Sendable {
    public enum Mode: String, Sendable { case prevent, detect }
    public var mode = Mode.prevent
    public init() {}
}
