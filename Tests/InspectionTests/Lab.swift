import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Wire

/// An engine with rules; packets go in as raw IP, a millisecond apart.
final class Lab {
    let pipeline: Pipeline
    private(set) var events: [Event] = []
    private(set) var injections: [[UInt8]] = []
    private(set) var rewritten: [[UInt8]] = []
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    init(_ rules: String, mode: PipelineConfiguration.Mode = .prevent, _ change: (inout PipelineConfiguration) -> Void = { _ in }) {
        var configuration = PipelineConfiguration(mode: mode)
        change(&configuration)
        pipeline = Pipeline(configuration: configuration, ruleSet: Self.compile(rules))
    }

    init(
        ruleSet: RuleSet, scopes: ScopeTable, mode: PipelineConfiguration.Mode, _ change: (inout PipelineConfiguration) -> Void = { _ in }
    ) {
        var configuration = PipelineConfiguration(mode: mode)
        change(&configuration)
        pipeline = Pipeline(configuration: configuration, ruleSet: ruleSet, scopes: scopes)
    }

    init(ruleSet: RuleSet) { pipeline = Pipeline(configuration: PipelineConfiguration(mode: .prevent), ruleSet: ruleSet) }

    static func compile(_ rules: String, previous: RuleSet? = nil) -> RuleSet {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rules.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, previous: previous)
        precondition((parsed.diagnostics + problems).isEmpty, "\(parsed.diagnostics + problems)")
        return set
    }

    @discardableResult
    func send(
        _ packet: [UInt8], link: LinkType = .rawIP, checksums: Bool = true, from input: UInt32 = 0, to output: UInt32 = 0
    ) -> Verdict {
        time = time.advanced(byNanoseconds: 1_000_000)
        var metadata = PacketMetadata(time: time, link: link, verifiesChecksums: checksums)
        (metadata.inputInterface, metadata.outputInterface) = (input, output)
        let verdict = pipeline.process(packet.span, metadata: metadata)
        collect()
        if verdict == .rewrite { rewritten.append(pipeline.rewrittenPacket) }
        return verdict
    }

    func send(_ packets: [[UInt8]]) -> [Verdict] { packets.map { send($0) } }

    /// Containers at the ends: `PacketBuilder.web`'s client behind interface 1, its server behind 2.
    func place(client: UInt32?, server: UInt32?, generation: UInt32 = 1) {
        let ports = [(UInt32(1), client), (2, server)].compactMap { port, number in number.map { (port, ContainerNumber(rawValue: $0)) } }
        pipeline.adopt(ContainerMap(generation: generation, ports: Dictionary(uniqueKeysWithValues: ports), places: [:]))
    }

    /// Each packet by the interfaces of `place`.
    func sendBetweenContainers(_ packets: [[UInt8]]) -> [Verdict] {
        packets.map { packet in
            let isToServer = DecodedPacket(raw: packet).source == PacketBuilder.web.source
            return send(packet, from: isToServer ? 1 : 2, to: isToServer ? 2 : 1)
        }
    }

    func wait(seconds: Int) {
        time = time.advanced(byNanoseconds: Int64(seconds) * 1_000_000_000)
        pipeline.tick(now: time)
        collect()
    }

    func finish() {
        pipeline.finish()
        collect()
    }

    private func collect() {
        events += pipeline.takeEvents()
        injections += pipeline.takeInjections()
    }

    var records: [AlertRecord] {
        events.compactMap { if case .alert(let alert, _) = $0.body { alert } else { nil } }
    }

    /// Alerts as `sid`, or `sid!` when blocked.
    var alerts: [String] {
        events.compactMap {
            guard case .alert(let alert, _) = $0.body else { return nil }
            return "\(alert.signatureID)\(alert.isBlocked ? "!" : "")"
        }
    }

    /// Reasons of drops, each with the sid of its alert where there is one.
    var drops: [String] {
        events.compactMap {
            guard case .drop(let drop) = $0.body else { return nil }
            return drop.alert.map { "\(drop.reason) \($0.signatureID)" } ?? drop.reason
        }
    }

    var requests: [HTTPRecord] {
        events.compactMap {
            guard case .http(let http) = $0.body else { return nil }
            return http
        }
    }

    var flows: [FlowEventRecord] {
        events.compactMap {
            guard case .flow(let flow, _) = $0.body else { return nil }
            return flow
        }
    }
}

extension Conversation {
    /// An opened connection, one request and its answer.
    static func web(_ request: String, client: PacketBuilder = .web, segmentSize: Int = 1460) -> Conversation {
        var talk = Conversation(client: client, segmentSize: segmentSize)
        talk.open()
        talk.send(Array(request.utf8), from: .toServer)
        return talk
    }

    mutating func answer(_ response: String) { send(Array(response.utf8), from: .toClient) }
}
