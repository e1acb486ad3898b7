import ArgumentParser
import Flow
import Inspection
import Patches
import Runtime

struct BoundsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bounds",
        abstract: "Measures what floods cost: memory, time per packet, and whether connections beside them work.",
        discussion: """
            Each kind of pressure goes through a new engine in prevent mode with the default limits, on one thread. 64
            connections are open before; afterwards each has a request answered, and one carries the exploit of a patch
            (unless --rules is given without --patches).
            Kinds: \(Pressure.allCases.map { "\($0.rawValue) (\($0.about))" }.joined(separator: ", ")).

            Examples:
              ipsbench bounds
              ipsbench bounds --steps 100000 --flow-memcap 700 idle
            """)

    @OptionGroup var rules: RuleOptions
    @Option(help: "Flows or packets of pressure.") var steps = 1_000_000
    @Option(help: ArgumentHelp("flow.memcap, in MiB.", valueName: "MiB")) var flowMemcap: Int?
    @Flag(help: "Print one JSON document on standard output.") var json = false
    @Argument(help: "Kinds of pressure; all of them else.") var kinds: [Pressure] = []

    func validate() throws {
        guard steps > 0, steps <= 100_000_000 else { throw ValidationError("--steps: expected 1 to 100000000") }
        if let flowMemcap, flowMemcap < 1 || flowMemcap > 1 << 20 {
            throw ValidationError("--flow-memcap: expected 1 to 1048576")
        }
    }

    func run() throws {
        let loaded = try rules.load()
        var configuration = rules.configuration().effectivePipeline
        if let flowMemcap { configuration.flow.memcapBytes = flowMemcap << 20 }
        let meter = BoundsMeter(
            configuration: configuration, ruleSet: loaded.ruleSet, exploit: try exploit())
        var report = BoundsReport(
            flowMemcapMebibytes: configuration.flow.memcapBytes >> 20,
            reassemblyMemcapMebibytes: configuration.tcp.reassemblyMemcapBytes >> 20)
        for pressure in kinds.isEmpty ? Pressure.allCases : kinds {
            report.rows.append(meter.run(pressure, steps: steps))
        }
        if json { try Console.json(report) } else { print(report.text) }
        guard report.rows.allSatisfy({ $0.served == $0.bystanders && $0.exploitDropped != false }) else {
            throw Failure.unmet("connections beside the pressure did not work, or an exploit passed")
        }
    }

    /// A request that an enforcing patch for port 80 drops; nil when patches are not measured with.
    private func exploit() throws -> [UInt8]? {
        guard let folder = rules.configuration().patchesPath else { return nil }
        do {
            let library = try PatchReader().library(folder)
            if let patch = library.first(where: { $0.stage == .enforce && $0.port == 80 }), let request = patch.exploits.first {
                return request.bytes
            }
        } catch {
            throw Failure.unusable(error.description)
        }
        throw Failure.unusable("no enforcing patch for port 80 in \(folder)")
    }
}

extension Pressure: ExpressibleByArgument {}
