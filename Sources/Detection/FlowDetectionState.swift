import MultiPattern
import RuleLanguage
public import Wire

/// What detection remembers of one flow: flowbits, variables, stream windows, pending candidates.
public final class FlowDetectionState {
    var bits: Set<UInt32> = []
    var ints: [UInt32: UInt32] = [:]
    /// nil until a capture has made one.
    var variables: VariableStore?
    /// What captures have put aside (`metadata.flowvars`).
    public var flowVariables: [(name: String, value: [UInt8])] { variables?.values ?? [] }
    /// The entropies that rules asked for, whether they matched or not (`metadata.entropy`): the last of each buffer.
    public private(set) var entropies: [(name: String, value: Double)] = []
    private var streams = (StreamWindow(), StreamWindow())
    /// The rule set that the windows' scans belong to.
    var generation: UInt32 = 0

    public init() {}

    /// Nothing is remembered: as good as none.
    public var isUnused: Bool {
        bits.isEmpty && ints.isEmpty && variables == nil && entropies.isEmpty && streams.0.isUnused && streams.1.isUnused
    }

    /// Bytes that are held, about.
    public var heldBytes: Int { 256 + 32 * bits.count + streams.0.heldBytes + streams.1.heldBytes }

    /// Forgets all but the newest bytes of the streams.
    public func shrink() {
        streams.0.shrink()
        streams.1.shrink()
    }

    /// Nothing of the flow will be inspected any more.
    public func forgetStreams() { streams = (StreamWindow(), StreamWindow()) }

    /// Lends the window of a direction's stream, to be changed in place.
    func withStream<Result>(_ direction: Direction, _ body: (inout StreamWindow) -> Result) -> Result {
        switch direction {
        case .toServer: body(&streams.0)
        case .toClient: body(&streams.1)
        }
    }

    /// The newest bytes of a direction's stream that are still held; for a gap `[N bytes missing]` (as in Suricata's
    /// alerts).
    public func streamBytes(_ direction: Direction, limit: Int) -> [UInt8] {
        let window = withStream(direction) { $0 }
        guard !window.earlier.isEmpty else { return Array(window.bytes.suffix(limit)) }
        var result: [UInt8] = []
        var end: UInt64?
        for part in window.parts {
            if let end { result += Array("[\(part.offset &- end) bytes missing]".utf8) }
            result += part.bytes
            end = part.offset &+ UInt64(part.bytes.count)
        }
        return Array(result.suffix(limit))
    }

    func value(_ term: FlowintTerm) -> UInt32? {
        switch term {
        case .number(let number): number
        case .variable(let variable): ints[variable]
        }
    }

    func note(entropy: Double, of name: String) {
        if let place = entropies.firstIndex(where: { $0.name == name }) {
            entropies[place].value = entropy
        } else {
            entropies.append((name, entropy))
        }
    }

    func apply(_ effect: Effect) {
        switch effect {
        case .setBit(let bit): bits.insert(bit)
        case .unsetBit(let bit): bits.remove(bit)
        case .toggleBit(let bit): if bits.remove(bit) == nil { bits.insert(bit) }
        case .setHostBit: break
        case .setInt(let number, let operation, let term):
            guard let operand = value(term) else { return }
            switch operation {
            case .add: ints[number] = (ints[number] ?? 0) &+ operand
            case .subtract: ints[number] = (ints[number] ?? 0) &- operand
            default: ints[number] = operand
            }
        }
    }
}

/// The end of one direction's stream, kept for rules whose parts lie in several segments.
struct StreamWindow {
    /// Bytes kept behind the newest chunk. Past that, a rule's first part is forgotten.
    static let tail = 8 * 1024
    private static let candidateLimit = 512
    private static let partLimit = 16

    struct Candidate {
        var rule: UInt32
        /// Stream offset at which its fast pattern ended.
        var seenAt: UInt64
    }

    /// What came before a gap and was not inspected before the newest bytes came, oldest first.
    var earlier: [(offset: UInt64, bytes: [UInt8])] = []
    var bytes: [UInt8] = []
    /// Stream offset of `bytes[0]`.
    var offset: UInt64 = 0
    var scan = PatternMatcher.StreamState.start
    var candidates: [Candidate] = []
    /// Rules that matched and wait for another fast pattern before they may again.
    var matched: Set<UInt32> = []
    /// Rules on packet and stream that matched in a packet: the flow's end says nothing new to them.
    var matchedInPacket: Set<UInt32> = []
    /// New bytes since the last inspection.
    var isFresh = false

    var heldBytes: Int {
        bytes.capacity + earlier.reduce(0) { $0 + 64 + $1.bytes.count } + 16 * candidates.count
            + 32 * (matched.count + matchedInPacket.count)
    }

    /// Bytes that are left of a stream that has been silent while memory is short.
    private static let shortTail = 256

    mutating func shrink() {
        guard !isFresh, bytes.count > Self.shortTail else { return }
        earlier = []
        offset = end &- UInt64(Self.shortTail)
        bytes = Array(bytes.suffix(Self.shortTail))
    }

    var isUnused: Bool {
        bytes.isEmpty && offset == 0 && candidates.isEmpty && matched.isEmpty && matchedInPacket.isEmpty
    }

    var end: UInt64 { offset &+ UInt64(bytes.count) }

    /// Everything held: the parts between gaps.
    var parts: [(offset: UInt64, bytes: [UInt8])] { earlier + [(offset, bytes)] }

    mutating func append(_ chunk: Span<UInt8>, at streamOffset: UInt64) {
        if !isFresh, !earlier.isEmpty { earlier = [] }
        if streamOffset != end {
            // Something between was not seen: nothing may be matched across the gap.
            if isFresh, !bytes.isEmpty, earlier.count < Self.partLimit { earlier.append((offset, bytes)) }
            bytes.removeAll(keepingCapacity: true)
            offset = streamOffset
            scan = .start
        } else if !isFresh, bytes.count > 2 * Self.tail {
            let surplus = bytes.count - Self.tail
            bytes.removeFirst(surplus)
            offset &+= UInt64(surplus)
        }
        bytes.append(copying: chunk)
        isFresh = true
    }

    mutating func add(_ rule: UInt32) {
        matched.remove(rule)
        if let place = candidates.firstIndex(where: { $0.rule == rule }) {
            candidates[place].seenAt = end
        } else {
            if candidates.count >= Self.candidateLimit { candidates.removeFirst() }
            candidates.append(Candidate(rule: rule, seenAt: end))
        }
    }

    /// The rule has matched: only another occurrence of its pattern makes it a candidate again.
    mutating func settle(_ rule: UInt32) {
        candidates.removeAll { $0.rule == rule }
        matched.insert(rule)
    }

    /// Forgets the candidates whose pattern has left the window.
    mutating func prune() {
        isFresh = false
        let end = end
        if !candidates.isEmpty { candidates.removeAll { $0.seenAt &+ UInt64(Self.tail) < end } }
    }

    mutating func forgetScan() {
        scan = .start
        candidates = []
        matched = []
        matchedInPacket = []
    }
}
