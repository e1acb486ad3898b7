public import AppLayer
public import Wire

/// One worker's evaluator: holds scratch memory and thresholds, shares the rule set.
///
/// For each packet: `begin`, then `scanStream` for every chunk that became in order, then `inspect`.
public final class Detector {
    /// What the last `inspect` found, in order of evaluation.
    public private(set) var matches: [RuleMatch] = []

    public init(ruleSet: RuleSet) {}

    /// Takes up a new rule set; flows keep their state and rescan what they still hold.
    public func adopt(_ ruleSet: RuleSet) {}

    /// The next in-order bytes of a TCP direction, for rules on the raw stream.
    public func scanStream(_ chunk: Span<UInt8>, streamOffset: UInt64, direction: Direction, state: FlowDetectionState) {}

    /// Evaluates every rule that this packet can complete; the result is in `matches`.
    public func inspect(
        _ packet: borrowing DecodedPacket, frame: Span<UInt8>, facts: FlowFacts,
        state: FlowDetectionState?, session: AppLayerSession?
    ) {}
}

/// What detection needs to know of the packet's flow; facts only, no references.
public struct FlowFacts: Sendable {
    public var hasFlow = false
    public var direction = Direction.toServer
    public var isEstablished = false
    /// The packet's payload was taken into the stream, so that stream rules have seen it there.
    public var isInStream = false
    public var packets: (UInt64, UInt64) = (0, 0)
    public var bytes: (UInt64, UInt64) = (0, 0)
    /// Bytes seen per direction since the SYN.
    public var streamBytes: (UInt64, UInt64) = (0, 0)
    public var ageSeconds: UInt64 = 0
    public var now = Timestamp(nanoseconds: 0)
    /// Bits as in `StreamEventSet`.
    public var streamEvents: UInt64 = 0
    /// The flow's first packet in this direction: ip-only rules are judged once per direction.
    public var isFirstInDirection = false
    /// The flow ends with this call: last chance for rules that wait for the end of data.
    public var isEndOfFlow = false
    public init() {}
}

/// What detection remembers of one flow: flowbits, variables, stream windows, pending candidates.
public final class FlowDetectionState {
    public init() {}
}

/// A rule that matched.
public struct RuleMatch: Sendable {
    /// Index into `RuleSet.rules`.
    public var rule: Int
    public var transactionID: UInt64?
    public var actsOnFlow: Bool
    /// A threshold, `noalert` or suppression took the alert away; the action stands.
    public var isSilent: Bool
    public var evidence: Evidence?
}

/// The bytes that made a rule match, for events and `ipsctl explain`.
public struct Evidence: Sendable {
    /// `http.uri`, `payload`, `stream`, …
    public var buffer: String
    /// Of the match in the buffer, in bytes.
    public var offset: Int
    public var length: Int
    /// The match with up to 32 bytes of context on either side.
    public var context: [UInt8]
    public var contextOffset: Int
}
