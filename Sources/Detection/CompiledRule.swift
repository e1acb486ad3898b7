import AppLayer
public import RuleLanguage
import Wire

/// A rule as the engine needs it at run time.
///
/// A class, so that taking one up for a packet is one reference and not one for each list in it.
public final class CompiledRule: Sendable {
    /// Without its options, which are compiled, and its text.
    public let rule: Rule
    /// Equal for rules with the same text.
    let textHash: Int
    public let type: RuleType
    let proto: ProtocolTest
    let header: HeaderTest
    /// The direction that the rule is bound to, nil for both.
    let direction: Direction?
    /// Tests on headers and state, all of which must hold.
    let checks: [Check]
    /// Buffers to look into, all of which must match.
    let groups: [BufferGroup]
    /// What a match does to the flow's variables.
    let effects: [Effect]
    let prefilter: Prefilter?
    let rate: RateControl
    let tag: TagOption?
    let isSilent: Bool
    /// A match ends the inspection of its flow (keyword `bypass`).
    public let bypasses: Bool

    /// Variables that the rule's steps share.
    let slotCount: Int

    init(
        rule: Rule, type: RuleType, proto: ProtocolTest, header: HeaderTest, direction: Direction?, checks: [Check],
        groups: [BufferGroup], effects: [Effect], prefilter: Prefilter?, rate: RateControl, tag: TagOption?,
        isSilent: Bool, bypasses: Bool
    ) {
        var bare = rule
        bare.options = []
        bare.text = ""
        textHash = rule.text.hashValue
        self.rule = bare
        self.type = type
        self.proto = proto
        self.header = header
        self.direction = direction
        self.checks = checks.fitted
        self.groups = groups
        self.effects = effects.fitted
        self.prefilter = prefilter
        self.rate = rate
        self.tag = tag
        self.isSilent = isSilent
        self.bypasses = bypasses
        slotCount = groups.map(\.slotCount).max() ?? 0
    }

    /// What the matcher looks for first; nil when the rule is tried on every packet or transaction.
    public var fastPattern: (bytes: [UInt8], ignoresCase: Bool)? {
        prefilter.map { ($0.pattern, $0.ignoresCase) }
    }

    /// The frame that the rule looks into, and into nothing else.
    var frame: Buffer? { groups.first?.target.flatMap { $0.buffer.isFrame ? $0.buffer : nil } }

    /// It is worth a look where its pattern is in the packet, or in what is held of the stream.
    var hasPayloadPrefilter: Bool { prefilter.map { $0.target == nil } ?? false }

    /// A packet that has matched is not told once more when the stream ends.
    var isToldOnce: Bool { type == .packetStream && payloadGroup.map { !$0.isAnchored } ?? false }

    /// It is worth a look where recognising the flow's protocol has raised an event.
    var asksForFlowEvent: Bool { checks.contains { if case .flowEvent = $0 { true } else { false } } }

    /// What the rule looks for in payload or stream.
    var payloadGroup: BufferGroup? { groups.first { $0.target == nil } }
}

/// Suricata's signature types; they decide what an action applies to.
public enum RuleType: UInt8, Sendable {
    case ipOnly, likeIPOnly, protocolDetectionOnly, decoderEventOnly
    case packet, packetStream, stream, appLayer, appLayerTransaction

    /// Whether the action applies to the flow. A rule on packet and stream does so when its match was in the stream.
    func actsOnFlow(matchedInStream: Bool) -> Bool {
        switch self {
        case .ipOnly, .likeIPOnly, .protocolDetectionOnly, .appLayer, .appLayerTransaction: true
        case .packetStream, .stream: matchedInStream
        case .decoderEventOnly, .packet: false
        }
    }

    public var name: String {
        switch self {
        case .ipOnly: "ip_only"
        case .likeIPOnly: "like_ip_only"
        case .protocolDetectionOnly: "pd_only"
        case .decoderEventOnly: "de_only"
        case .packet: "packet"
        case .packetStream: "packet_stream"
        case .stream: "stream"
        case .appLayer: "app_layer"
        case .appLayerTransaction: "app_tx"
        }
    }
}

/// All payload options of a rule on one buffer, in the order of the rule.
struct BufferGroup: Sendable {
    /// nil: packet payload or stream.
    let target: InspectedBuffer?
    let steps: [Step]
    /// For the payload: where it is looked for.
    let looksInPacket: Bool
    let looksInStream: Bool
    /// Some content's place counts from the payload's start: packet and stream each tell.
    let isAnchored: Bool

    var looksInTransaction: Bool { target.map { !$0.buffer.protocols.isEmpty } ?? false }
}

/// A buffer as rules see it, after transforms.
struct InspectedBuffer: Hashable, Sendable {
    let buffer: Buffer
    let transforms: TransformChain
    /// In a rule on both sides of a transaction (`=>`): the one whose buffer is meant.
    var side: Direction?

    /// Looked at as it grows, each byte once.
    var isFollowed: Bool {
        buffer.isStreamed && (transforms.isEmpty || transforms.isURLDecode && !buffer.isMultiple && !buffer.isFrame)
    }
}

/// The pattern that must be there before a rule is worth a look.
struct Prefilter: Sendable {
    /// nil: packet payload or stream.
    let target: InspectedBuffer?
    let pattern: [UInt8]
    let ignoresCase: Bool
}

extension Array {
    /// Without room for more: what is kept for each rule adds up.
    var fitted: [Element] { capacity == count ? self : map { $0 } }
}
