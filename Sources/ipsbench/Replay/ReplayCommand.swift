import ArgumentParser
import Inspection
import PacketIO
import Runtime

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Measures the engine offline: captures from memory, one thread, no queue and no events written.",
        discussion: """
            The packets are read into memory first. Each round takes them through a new engine, and through the decoder
            alone for comparison. Captures of traffic between containers have checksums that nobody computed,
            so they are ignored unless --checksums verify asks for them.

            Examples:
              ipsbench replay capture.pcap
              ipsbench replay --rules emerging-all.rules --rounds 9 --json *.pcap
              ipsbench replay --without-normaliser capture.pcap
            """)

    @OptionGroup var rules: RuleOptions
    @Option(help: "Rounds through the engine and the decoder.") var rounds = 7
    @Option(help: "verify or ignore.") var checksums = Checksums.ignore
    @Flag(help: "Each round also without what keeps and compares copies of TCP's bytes: its cost.") var withoutNormaliser = false
    @Flag(help: "Print one JSON document on standard output.") var json = false
    @Argument(help: "Captures: pcap or pcapng.") var captures: [String]

    enum Checksums: String, ExpressibleByArgument { case verify, ignore }

    func validate() throws {
        guard rounds > 0, rounds <= 10_000 else { throw ValidationError("--rounds: expected 1 to 10000") }
    }

    func run() throws {
        let capture = CaptureMemory(captures)
        for error in capture.errors { Console.note("ipsbench: \(error.description)") }
        guard !capture.packets.isEmpty else { throw Failure.unusable("no packet in \(captures.joined(separator: ", "))") }
        let loaded = try rules.load()
        let report = measure(
            ReplayMeter(
                capture: capture, configuration: rules.configuration().effectivePipeline, ruleSet: loaded.ruleSet,
                verifiesChecksums: checksums == .verify),
            rulesLoaded: loaded.loaded)
        if json { try Console.json(report) } else { print(report.text) }
        if !capture.errors.isEmpty { throw ExitCode(1) }
    }

    private func measure(_ meter: ReplayMeter, rulesLoaded: Int) -> ReplayReport {
        var engine: [Double] = []
        var bare: [Double] = []
        var decoder: [Double] = []
        var payloadBytes = 0
        var last = ReplayMeter.Run()
        for _ in 0..<rounds {
            last = meter.runEngine()
            engine.append(last.seconds)
            if withoutNormaliser { bare.append(meter.runEngine(keepsCopies: false).seconds) }
            let decoded = meter.runDecoder()
            decoder.append(decoded.seconds)
            payloadBytes = decoded.payloadBytes
        }
        let (packets, bytes) = (meter.capture.packets.count, meter.capture.bytes.count)
        return ReplayReport(
            packets: packets, bytes: bytes, payloadBytes: payloadBytes, flows: last.counters.flows, alerts: last.counters.alerts,
            dropped: last.counters.blocked + last.counters.rejected, events: last.events, rulesLoaded: rulesLoaded,
            rounds: rounds, engine: .init(packets: packets, bytes: bytes, seconds: engine.median),
            withoutNormaliser: withoutNormaliser ? .init(packets: packets, bytes: bytes, seconds: bare.median) : nil,
            floor: .init(packets: packets, bytes: bytes, seconds: decoder.median))
    }
}
