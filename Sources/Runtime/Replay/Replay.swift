public import Containers
public import Detection
public import Events
import Inspection
public import PacketIO
import Wire

/// Runs captures through the engine, exactly as live packets go through it; times come from the capture.
public struct Replay {
    /// What one run saw; the numbers of `ipsctl replay --json`.
    public struct Report: Sendable {
        public var packets: UInt64 = 0
        public var bytes: UInt64 = 0
        public var flows: UInt64 = 0
        public var alerts: UInt64 = 0
        public var drops: UInt64 = 0
        public var rejected: UInt64 = 0
        /// Seconds inside the engine, without reading the capture and writing events.
        public var secondsEngine = 0.0
        /// What each rule has cost; nil without `profiles`.
        public var ruleCosts: RuleCosts?
        /// A capture that was cut short: what it said after its last good packet.
        public var captureErrors: [CaptureError] = []
    }

    private let configuration: Configuration
    private let pipeline: Pipeline

    private let profiles: Bool
    private let names: ContainerNames
    /// Packets' addresses say which containers they are between.
    private let knowsContainers: Bool

    /// What the policy says holds, for the containers at the packets' addresses.
    /// - Parameter profiles: time every check of every rule. No rule is left out for its time, so that a run gives the
    ///   same events each time.
    public init(
        configuration: Configuration, loaded: RuleLoader.Result, containers: InventorySnapshot = .none, profiles: Bool = false
    ) {
        knowsContainers = !containers.containers.isEmpty
        names = ContainerNames(containers)
        self.configuration = configuration
        self.profiles = profiles
        var settings = configuration.effectivePipeline
        settings.latency.scope = .none
        settings.latency.sampleInterval = 1
        pipeline = Pipeline(
            configuration: settings, ruleSet: loaded.ruleSet, scopes: loaded.policy.table(containers),
            clock: profiles ? .system : nil)
        pipeline.adopt(ContainerMap(addressesOf: containers))
    }

    /// - Parameters:
    ///   - forward: gets every packet that leaves the IPS: accepted, rewritten, injected.
    ///   - sink: gets the events in order.
    public func run(
        captures: [String], forward: CaptureWriter?, sink: ((Event) throws -> Void)?
    ) throws -> Report {
        var report = Report()
        let clock = ContinuousClock()
        var engine = Duration.zero
        var last = Timestamp(nanoseconds: 0)
        for path in captures {
            let reader = try CaptureReader(path: path)
            do {
                while let packet = try reader.next() {
                    report.packets += 1
                    report.bytes += UInt64(packet.originalLength)
                    last = packet.time
                    let bytes = reader.packetBytes
                    let start = clock.now
                    let verdict = judge(packet, bytes.span, number: report.packets)
                    engine += clock.now - start
                    try self.forward(verdict, packet, bytes.span, to: forward)
                    try drain(to: sink, of: path)
                }
            } catch let error as CaptureError {
                report.captureErrors.append(error)
            }
        }
        let start = clock.now
        pipeline.finish()
        engine += clock.now - start
        try drain(to: sink)
        if let sink { try sink(StatsRecord.event(pipeline.counters.namedValues, time: last)) }
        let counters = pipeline.counters
        report.flows = counters.flows
        report.alerts = counters.alerts
        report.drops = counters.blocked
        report.rejected = counters.rejected
        report.secondsEngine = engine.seconds
        report.ruleCosts = profiles ? pipeline.ruleCosts : nil
        return report
    }

    private func judge(_ packet: CapturedPacket, _ bytes: Span<UInt8>, number: UInt64) -> Verdict {
        var metadata = PacketMetadata(
            time: packet.time, link: packet.link, verifiesChecksums: configuration.verifiesChecksums ?? true)
        metadata.captureNumber = number
        metadata.linkNumber = packet.linkNumber
        if knowsContainers {
            metadata.inputInterface = ContainerMap.everyInterface
            metadata.outputInterface = ContainerMap.everyInterface
        }
        return pipeline.process(bytes, metadata: metadata)
    }

    private func forward(
        _ verdict: Verdict, _ packet: CapturedPacket, _ bytes: Span<UInt8>, to writer: CaptureWriter?
    ) throws {
        let injections = pipeline.takeInjections()
        guard let writer else { return }
        switch verdict {
        case .accept, .bypass: try writer.write(bytes, link: packet.link, time: packet.time)
        case .rewrite:
            let replacement = pipeline.rewrittenPacket
            try writer.write(replacement.span, link: packet.link, time: packet.time)
        case .drop, .reject: break
        }
        for injection in injections { try writer.write(injection.span, link: .rawIP, time: packet.time) }
    }

    private func drain(to sink: ((Event) throws -> Void)?, of capture: String? = nil) throws {
        let events = pipeline.takeEvents()
        guard let sink else { return }
        for var event in events {
            if event.header.captureNumber != nil { event.header.captureFile = capture }
            names.name(&event)
            try sink(event)
        }
    }
}
