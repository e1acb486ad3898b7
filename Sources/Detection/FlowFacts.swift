public import AppLayer
public import RuleLanguage
public import Wire

/// What detection needs to know of the packet's flow; facts only, no references.
public struct FlowFacts: Sendable {
    public var hasFlow = false
    public var flowID: UInt64 = 0
    public var direction = Direction.toServer
    public var isEstablished = false
    /// The packet's payload was taken into the stream, so that stream rules have seen it there.
    public var isInStream = false
    public var packets: (UInt64, UInt64) = (0, 0)
    public var bytes: (UInt64, UInt64) = (0, 0)
    /// Bytes in order so far: to server, to client.
    public var streamBytes: (UInt64, UInt64) = (0, 0)
    public var ageSeconds: UInt64 = 0
    public var now: Timestamp
    /// Bits as in `StreamEventSet`.
    public var streamEvents: UInt64 = 0
    /// The flow's first packet in this direction: ip-only rules are judged once per direction.
    public var isFirstInDirection = false
    /// The packet was put together from fragments.
    public var isReassembled = false
    /// The application protocol became known with this packet: rules on it alone are judged once.
    public var hasJustRecognised = false
    /// The payload is encrypted: nothing is searched for in it.
    public var isPayloadHidden = false
    /// The flow ends with this call: last chance for rules that wait for the end of data.
    public var isEndOfFlow = false
    /// Of `Detector.stages`: the containers that the flow is between.
    public var scopeRow: UInt32 = 0

    public init(now: Timestamp = Timestamp(nanoseconds: 0)) { self.now = now }
}

/// A rule that matched.
public struct RuleMatch: Sendable {
    /// Index into `RuleSet.rules`.
    public var rule: Int
    /// The rule's, or the one that a rate filter put in its place.
    public var action: Rule.Action
    public var isByRate: Bool
    public var transactionID: UInt64?
    /// The frame that the rule looks into.
    public var frame: StreamFrame.Extent?
    public var actsOnFlow: Bool
    /// The match was in the stream or in a transaction, not in the packet alone.
    public var isInStream: Bool
    /// A threshold or `noalert` took the alert away; the action stands.
    public var isSilent: Bool
    public var evidence: Evidence?
    /// JSON objects of datasets that the rule looked into, by name.
    public var contexts: [(key: String, json: String)] = []
    /// What expressions captured for the alert (`alert:name`).
    public var variables: [CapturedVariable] = []
    /// To be put in the packet's payload.
    public var replacements: [Replacement] = []
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

    static let contextBytes = 32
    /// A match longer than this is cut.
    static let matchBytes = 256

    init(buffer: String, match: Range<Int>, in bytes: Span<UInt8>, base: Int) {
        self.buffer = buffer
        let start = max(0, match.lowerBound - Self.contextBytes)
        let end = min(bytes.count, match.lowerBound + min(match.count, Self.matchBytes) + Self.contextBytes)
        var context: [UInt8] = []
        for index in start..<max(start, end) { context.append(bytes[index]) }
        offset = base &+ match.lowerBound
        length = match.count
        self.context = context
        contextOffset = base &+ start
    }
}

/// A rule or a group of its options holds.
struct Found {
    /// nil where nothing was searched for.
    let evidence: Evidence?
}

extension Found {
    init(_ matcher: BufferMatcher, buffer: String, in bytes: Span<UInt8>, base: Int) {
        evidence = matcher.lastMatch.map { Evidence(buffer: buffer, match: $0, in: bytes, base: base) }
    }
}
