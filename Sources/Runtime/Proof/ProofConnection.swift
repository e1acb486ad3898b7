import Detection
import Inspection
import Traffic
import Wire

/// One connection of a proof: a client that follows a script, the engine, and a server behind it.
struct ProofConnection {
    private let script: ClientScript
    private let pipeline: Pipeline
    private var client: ScriptedClient
    private(set) var receiver: Receiver
    private var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    static let clientPort: UInt16 = 40_000

    init(_ script: ClientScript, port: UInt16, ruleSet: RuleSet) {
        self.script = script
        let builder = PacketBuilder(
            source: script.isIPv6 ? IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 2) : IPAddress(ipv4: 0xc612_0002),
            sourcePort: Self.clientPort,
            destination: script.isIPv6 ? IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 3) : IPAddress(ipv4: 0xc612_0003),
            destinationPort: port)
        pipeline = Pipeline(configuration: PipelineConfiguration(mode: .prevent), ruleSet: ruleSet)
        client = ScriptedClient(builder, initialSequence: script.initialSequence)
        receiver = Receiver(server: builder.reversed, window: script.serverWindow)
    }

    /// A rule dropped a packet.
    var isDropped: Bool { pipeline.counters.droppedByRules > 0 }
    /// The rules that matched.
    var sids: String { Set(pipeline.decisions.compactMap(\.sid)).sorted().map(String.init).joined(separator: ", ") }

    mutating func run() {
        for (number, step) in script.steps.enumerated() {
            switch step {
            case .segment(let segment): send(segment, isSeen: number >= script.unseenSteps)
            case .answer(let bytes): for packet in receiver.say(bytes, now: tick()) { answer(packet, isSeen: true) }
            case .reopen(let sequence): client.reopen(sequence: sequence)
            }
        }
        // Like every sender, the client sends again what was not acknowledged.
        for _ in 0..<3 where client.isOpen && client.acknowledged < script.stream.count {
            let start = max(client.acknowledged, 0)
            for segment in ScriptedSegment.segments(Array(script.stream[start...]), at: start, size: 1400) {
                send(segment, isSeen: true)
            }
        }
        send(ScriptedSegment(at: script.stream.count, flags: [.fin, .ack]), isSeen: true)
    }

    private mutating func send(_ segment: ScriptedSegment, isSeen: Bool) {
        let milliseconds = UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000)
        for packet in client.packets(segment, milliseconds: milliseconds) {
            let isFramed = !script.vlans.isEmpty
            let frame = isFramed ? client.builder.frame(packet, vlans: script.vlans) : packet
            let link = isFramed ? LinkType.ethernet : .rawIP
            guard let passed = isSeen ? pass(frame, link) : frame else { continue }
            for reply in receiver.receive(passed, link: link, now: tick()) { answer(reply, isSeen: isSeen) }
        }
    }

    private mutating func answer(_ packet: [UInt8], isSeen: Bool) {
        let isFramed = !script.vlans.isEmpty
        let frame = isFramed ? client.builder.frame(packet, vlans: script.vlans) : packet
        if isSeen, pass(frame, isFramed ? .ethernet : .rawIP) == nil { return }
        let sent = script.stream.count
        if client.receive(packet), client.isOpen {
            send(.acknowledge(at: max(0, min(client.acknowledged, sent))), isSeen: isSeen)
        }
    }

    /// What of a packet the engine lets through.
    private mutating func pass(_ frame: [UInt8], _ link: LinkType) -> [UInt8]? {
        let verdict = pipeline.process(
            frame.span, metadata: PacketMetadata(time: tick(), link: link, verifiesChecksums: true))
        return switch verdict {
        case .accept, .bypass: frame
        case .rewrite: pipeline.rewrittenPacket
        case .drop, .reject: nil
        }
    }

    private mutating func tick() -> Timestamp {
        time = time.advanced(byNanoseconds: 1_000_000)
        return time
    }
}
