public import ArgumentParser
import Control
import Events
import Foundation
public import Inspection
import PacketIO
import RuleLanguage
import Runtime

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs captures through the engine, exactly as live packets go through it.",
        discussion: """
            Times come from the capture, so that a run gives the same events each time. With neither \
            --rules nor --patches the shipped patches are used.

            Examples:
              ipsctl replay --rules emerging-all.rules --eve eve.json capture.pcap
              ipsctl replay --patches rules --forward out.pcap capture.pcapng
              ipsctl replay --rules my.rules --profile capture.pcap
              ipsctl replay --policy policy.yaml --containers containers.json --eve - capture.pcap
              ipsctl replay --mode detect --json *.pcap | jq .alerts
            """)

    @Option(help: ArgumentHelp("A rule file, a folder of them, or a pattern with * and ?; may be repeated.", valueName: "path"))
    var rules: [String] = []
    @Option(help: ArgumentHelp("A folder of patch packages.", valueName: "folder")) var patches: String?
    @Option(help: ArgumentHelp("Which patches hold where; else each patch has the stage of its own file.", valueName: "file"))
    var policy: String?
    @Option(help: ArgumentHelp("Which addresses are which containers, as 'ipsctl containers --json' prints them.", valueName: "file"))
    var containers: String?
    @OptionGroup var variables: VariableOptions
    @Option(help: "prevent or detect.") var mode: PipelineConfiguration.Mode?
    @Option(help: "verify: a packet with a wrong checksum is dropped; ignore: captured before the card set them.")
    var checksums: Checksums?
    @Flag(help: "Exit with status 1 when a rule can't be loaded.") var strict = false
    @Option(help: ArgumentHelp("Write EVE JSON lines here, in place of what the file held; - is standard output.", valueName: "path")) var eve: String?
    @Option(help: ArgumentHelp("Write the packets as they leave the IPS.", valueName: "pcap")) var forward: String?
    @Flag(help: "Print one JSON document with the counts on standard output.") var json = false
    @Flag(help: "Time every check of every rule and list what each has cost; with --json as rules_profile.")
    var profile = false
    @Argument(help: "Captures: pcap or pcapng.") var captures: [String]

    enum Checksums: String, ExpressibleByArgument { case verify, ignore }

    func run() throws {
        var configuration = try variables.configuration()
        configuration.rulePaths += rules
        if let patches { configuration.patchesPath = patches }
        if configuration.rulePaths.isEmpty && configuration.patchesPath == nil {
            configuration.patchesPath = ShippedPatches.folder
        }
        if let policy { configuration.policyPath = policy }
        if let mode { configuration.mode = mode }
        if let checksums { configuration.verifiesChecksums = checksums == .verify }
        if eve != nil { configuration.enrichEvents() }
        if json && eve == "-" { throw Failure.unusable("--json and --eve - both want standard output") }

        let loaded = try variables.load(configuration)
        for diagnostic in loaded.diagnostics { Console.note(diagnostic.description) }
        let report = try replay(configuration, loaded)
        for error in report.captureErrors {
            if error.isCutShort { Console.note("warning: \(error)") } else { Console.error(error.description) }
        }
        try finish(report, loaded)
    }

    private func replay(_ configuration: Configuration, _ loaded: RuleLoader.Result) throws -> Replay.Report {
        do {
            let writer = try forward.map { try CaptureWriter(path: $0) }
            let output = try eve.map { try EventFile(path: $0) }
            let report = try Replay(
                configuration: configuration, loaded: loaded, containers: try ContainerFile.snapshot(containers), profiles: profile
            )
            .run(captures: captures, forward: writer, sink: output.map { output in { try output.write($0) } })
            try writer?.close()
            try output?.close()
            return report
        } catch let error as CaptureError {
            throw Failure.unusable(error.description)
        } catch let error as EventSinkError {
            throw Failure.unusable(error.description)
        }
    }

    private func finish(_ report: Replay.Report, _ loaded: RuleLoader.Result) throws {
        let costs = report.ruleCosts.map { [$0] } ?? []
        let profile = RuleCost.top(costs, of: loaded.ruleSet, by: .cost, limit: json ? .max : 20).map(RuleCostReport.init)
        if self.profile, !json {
            if eve == "-" { Console.note(RuleCostTable.text(profile)) } else { print(RuleCostTable.text(profile)) }
        }
        if json {
            try Console.json(ReplayReport(report, loaded, self.profile ? profile : nil))
        } else if eve != "-" {
            print(
                """
                \(report.packets) packets, \(report.bytes) bytes, \(report.flows) flows: \
                \(report.alerts) alerts, \(report.drops) packets dropped, \(report.rejected) rejected
                """)
        }
        if report.packets == 0, !report.captureErrors.isEmpty { throw ExitCode(2) }
        if report.captureErrors.contains(where: { !$0.isCutShort }) || (strict && loaded.failed > 0) { throw ExitCode(1) }
    }
}

extension PipelineConfiguration.Mode: ExpressibleByArgument {}

/// `replay --json`.
private struct ReplayReport: Encodable {
    let packets, bytes, flows, alerts, drops, rejected: UInt64
    let rules_loaded, rules_failed: Int
    let seconds_load, seconds_engine: Double

    let rules_profile: [RuleCostReport]?

    init(_ report: Replay.Report, _ loaded: RuleLoader.Result, _ profile: [RuleCostReport]?) {
        rules_profile = profile
        packets = report.packets
        bytes = report.bytes
        flows = report.flows
        alerts = report.alerts
        drops = report.drops
        rejected = report.rejected
        rules_loaded = loaded.loaded
        rules_failed = loaded.failed
        seconds_load = loaded.seconds
        seconds_engine = report.secondsEngine
    }
}
