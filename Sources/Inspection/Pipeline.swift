import AppLayer
public import Detection
public import Events
import Flow
public import Wire

/// One worker's engine: a pure function of its state, the packet, the packet's time and the rule set.
///
/// The way of a packet: decode, fragments, flow, TCP order, application layer, detection, verdict;
/// see `Pipeline+Judge.swift` for the steps and `Pipeline+Rules.swift` for what a matching rule does.
public final class Pipeline {
    let configuration: PipelineConfiguration
    public private(set) var ruleSet: RuleSet
    var containers = ContainerMap()
    let detector: Detector
    let decoder: PacketDecoder
    var flows: FlowTable
    /// Indexed by `FlowIndex.rawValue`.
    var states: [FlowState?] = []
    var fragments: FragmentReassembler
    let streamMemory: StreamMemory
    /// nil when neither records nor rules ask for whole files.
    private(set) var ranges: RangeStore?
    var events: [Event] = []
    var injections: [[UInt8]] = []
    var decisionRing: DecisionRing
    var limitReports = LimitReports()
    /// What was put together from fragments last, while its packet is judged.
    var reassembled: DecodedPacket?
    /// The packet on the wire around those in tunnels that are judged.
    var tunnelRoot: (packet: DecodedPacket, source: String)?

    /// What the rules of patches may do, and where.
    public private(set) var scopes: ScopeTable
    var scopePeriod = ScopePeriod.everything
    /// Times for which `scopePeriod` is the one, the end not included.
    var scopeFrom = Timestamp(nanoseconds: .max)
    var scopeUntil = Timestamp(nanoseconds: .min)
    private var lastTime = Timestamp(nanoseconds: .min)
    /// Differs for any two periods that were taken up one after the other.
    var scopeGeneration: UInt32 = 1

    var tally = PatchTally()

    /// Held by parsers and detection of all flows.
    var appLayerBytes = 0
    /// The slot that was looked at last for streams to shrink.
    var shrinkHand = 0
    /// Stands in for flows of which nothing has had to be remembered yet.
    var spareDetection = FlowDetectionState()

    /// Is shown each stretch of a TCP stream as it is inspected, with its place in the stream; 0 begins a connection's.
    package var streamWitness: ((_ bytes: Span<UInt8>, _ offset: UInt64, _ direction: Direction) -> Void)?

    let expectations: Expectations
    public internal(set) var counters = Counters()
    /// The whole packet to send in place of the last one, when its verdict was `.rewrite`.
    public internal(set) var rewrittenPacket: [UInt8] = []

    /// - Parameter scopes: what the rules of patches may do; its numbers of patches are the rule set's.
    /// - Parameter hosts: what rules set on hosts; one for all workers of a daemon.
    /// - Parameter expectations: connections that others have announced; one for all workers.
    /// - Parameter clock: what checks of rules are timed with. Without one nothing depends on time but that of packets.
    public init(
        configuration: PipelineConfiguration, ruleSet: RuleSet, scopes: ScopeTable = .everything, hosts: HostState = HostState(),
        expectations: Expectations = Expectations(), clock: CheckClock? = nil
    ) {
        self.expectations = expectations
        self.scopes = scopes
        self.configuration = configuration
        counters = Counters(configuration)
        self.ruleSet = ruleSet
        decoder = PacketDecoder(tunnels: configuration.tunnels)
        detector = Detector(ruleSet: ruleSet, hosts: hosts, latency: configuration.latency, clock: clock)
        detector.dropsAtExpressionLimit = configuration.dropsAtExpressionLimit
        var flow = configuration.flow
        flow.bytesBesideTable = FlowState.bytes + TCPSession.bytes
        flows = FlowTable(configuration: flow)
        var tcp = configuration.tcp
        tcp.isInline = configuration.mode == .prevent
        streamMemory = StreamMemory(configuration: tcp)
        fragments = FragmentReassembler(configuration: configuration.fragments)
        decisionRing = DecisionRing(capacity: configuration.decisionCapacity)
        if configuration.rangeMemcapBytes > 0, configuration.recordsTraffic || !ruleSet.fileDigests.isEmpty {
            ranges = RangeStore(
                memcapBytes: configuration.rangeMemcapBytes, timeoutSeconds: configuration.rangeTimeoutSeconds)
        }
    }

    /// Judges one packet. What was found is added to `takeEvents()`.
    public func process(_ frame: Span<UInt8>, metadata: PacketMetadata) -> Verdict {
        var packet = decoder.decode(
            frame, link: metadata.link, checksums: metadata.verifiesChecksums ? .verify : .ignore)
        setPlace(&packet)
        ranges?.now = metadata.time
        lastTime = metadata.time
        if metadata.time >= scopeUntil || metadata.time < scopeFrom { followScopes(at: metadata.time) }
        count(packet, bytes: frame.count)
        expireFlows(now: metadata.time, limit: 4)
        var judgement = Judgement()
        judge(packet, frame, metadata, &judgement)
        let verdict = conclude(packet, frame, metadata, judgement)
        if let state = judgement.state { releaseIfBlocked(state) }
        return verdict
    }

    /// What was found since the last call, in order.
    public func takeEvents() -> [Event] {
        guard !events.isEmpty else { return [] }
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Packets to send (resets, ICMP errors), each a whole IP packet.
    public func takeInjections() -> [[UInt8]] {
        guard !injections.isEmpty else { return [] }
        defer { injections.removeAll(keepingCapacity: true) }
        return injections
    }

    /// Takes up a new table between two packets, for the same rule set.
    public func adopt(_ scopes: ScopeTable) {
        self.scopes = scopes
        followScopes(at: lastTime)
    }

    /// Takes up a new rule set between two packets, and the table whose patches it numbers; flows keep their state.
    public func adopt(_ ruleSet: RuleSet, scopes: ScopeTable = .everything) {
        adopt(scopes)
        self.ruleSet = ruleSet
        detector.adopt(ruleSet)
        counters.noteLatency(of: detector)
    }

    /// Times out flows when no packet does it; `now` is the clock that packet times come from.
    public func tick(now: Timestamp) {
        expireFlows(now: now, limit: 4096)
        ranges?.now = now
        ranges?.expire()
        reportNotices(now: now)
    }

    /// Ends every flow: their last data is inspected and their records are written.
    public func finish() {
        while let index = flows.first { end(index, reason: .shutdown, now: flows[index].lastSeen) }
    }

    /// The decisions that are still remembered, oldest first.
    public var decisions: [Decision] { decisionRing.all }

    private func count(_ packet: DecodedPacket, bytes: Int) {
        counters.packets &+= 1
        counters.bytes &+= UInt64(bytes)
        counters.links[Int(packet.link.rawValue)] &+= 1
        counters.note(packet)
    }

    /// What each rule has cost so far.
    public var ruleCosts: RuleCosts { detector.costs }

    private func expireFlows(now: Timestamp, limit: Int) {
        detector.resumeRules(now: now)
        var left = limit
        while left > 0, let index = flows.nextExpired(now: now) {
            end(index, reason: .timeout, now: now)
            left -= 1
        }
    }
}
