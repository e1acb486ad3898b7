import Foundation

/// The program behind the queue, with the hook that leads there, in the host's namespace.
struct QueueProgram {
    private let process: ChildProcess
    private let control: String?
    private let network: BenchNetwork
    private let programs: ProgramPaths

    init(
        _ setup: Setup, _ options: InlineOptions, _ network: BenchNetwork, folder: String, cleanup: Cleanup
    ) throws {
        let programs = options.programs
        self.network = network
        self.programs = programs
        let socket = "\(folder)/ipsd.sock"
        var words = [programs.ipsbench, "accept", "--queues", options.queues]
        control = setup == .ipsd ? socket : nil
        if setup == .ipsd {
            words = [programs.ipsd, "--queues", options.queues, "--control", socket]
            for path in options.rules.rules { words += ["--rules", path] }
            if let patches = options.rules.patches { words += ["--patches", patches] }
            if options.events { words += ["--eve", "\(folder)/eve.json"] }
        }
        let process = try ChildProcess(
            BenchNetwork.inside(network.host, words), name: setup.title, output: "\(folder)/queue.log", cleanup: cleanup)
        self.process = process
        try process.wait { process.output.contains("ready") }
        try Command.run(
            BenchNetwork.inside(network.host, [programs.ipsctl, "hook", "install", "--queues", options.queues]))
    }

    /// Ends the program and says what it has seen.
    func end() throws -> QueueResult {
        var result = QueueResult()
        result.cpuSeconds = process.cpuSeconds
        if let control {
            let text = try Command.run(
                BenchNetwork.inside(network.host, [programs.ipsctl, "--control", control, "stats", "--json"]))
            let stats = try JSONDecoder().decode([String: UInt64].self, from: Data(text.utf8))
            result.packets = stats["nfq.packets"] ?? 0
            result.batches = stats["nfq.batches"] ?? 0
            result.unseen = (stats["nfq.unseen_fail_open"] ?? 0) + (stats["nfq.dropped_overrun"] ?? 0)
            result.dropped = (stats["ips.blocked"] ?? 0) + (stats["ips.rejected"] ?? 0)
            // The loads are harmless: a drop is worth a word.
            let reasons = ["ips.drop_reason.", "stream."]
            for (name, count) in stats where result.dropped > 0 && count > 0 && reasons.contains(where: { name.hasPrefix($0) }) {
                Console.note("ipsd dropped packets: \(name) \(count)")
            }
        }
        process.end()
        if control == nil {
            guard let line = process.output.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
                throw Failure.unmet("the accepting loop failed: \(process.output)")
            }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let report = try decoder.decode(QueueReport.self, from: Data(line.utf8))
            result.packets = report.packets
            result.batches = report.batches
            result.unseen = report.unseen
        }
        return result
    }
}

/// What the program behind the queue saw and used.
struct QueueResult {
    var packets: UInt64 = 0
    var batches: UInt64 = 0
    var unseen: UInt64 = 0
    var dropped: UInt64 = 0
    var cpuSeconds = 0.0
}
