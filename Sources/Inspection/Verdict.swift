/// What becomes of one packet.
public enum Verdict: UInt8, Sendable {
    case accept
    case drop
    /// Drop, and answer with resets or ICMP errors (`Pipeline.takeInjections()`).
    case reject
    /// Accept with the bytes in `Pipeline.rewrittenPacket`.
    case rewrite
    /// Accept, and spare this flow's later packets (a connection mark, where the kernel can).
    case bypass
}

/// Why a packet was dropped; raw names as in EVE `drop.reason` and `ips.drop_reason.*`.
/// Source: Suricata `PacketDropReasonToString`, see docs/rules.md.
public enum DropReason: UInt8, Sendable, CaseIterable {
    case decodeError, defragError, defragMemcap, flowMemcap, flowDrop, exceptionPolicyFlowDrop
    case appLayerError, appLayerMemcap, rules, thresholdDetectionFilter
    case streamError, streamMemcap, streamMidstream, streamReassembly, streamUrgent
    case nfqError, tunnelPacketDrop

    public var name: String {
        switch self {
        case .decodeError: "decode error"
        case .defragError: "defrag error"
        case .defragMemcap: "defrag memcap"
        case .flowMemcap: "flow memcap"
        case .flowDrop: "flow drop"
        case .exceptionPolicyFlowDrop: "exception policy flow drop"
        case .appLayerError: "applayer error"
        case .appLayerMemcap: "applayer memcap"
        case .rules: "rules"
        case .thresholdDetectionFilter: "threshold detection_filter"
        case .streamError: "stream error"
        case .streamMemcap: "stream memcap"
        case .streamMidstream: "stream midstream"
        case .streamReassembly: "stream reassembly"
        case .streamUrgent: "stream urgent"
        case .nfqError: "nfq error"
        case .tunnelPacketDrop: "tunnel packet drop"
        }
    }
}
