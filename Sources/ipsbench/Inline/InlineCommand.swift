import ArgumentParser
import Foundation
import Runtime

struct InlineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inline",
        abstract: "Measures ipsd on a real NFQUEUE, next to no queue at all and to a loop that accepts everything.",
        discussion: """
            As root. Makes a host with a bridge, a client and a server in network namespaces of their own, fresh
            for each set-up of each round, and takes it away again. Loads: iperf3 for one TCP stream, wrk against nginx with
            an object of 600 bytes for requests on new and on kept-alive connections. Figures are medians over the rounds.

            Examples:
              ipsbench inline
              ipsbench inline --queues 0-1 --rounds 5 --seconds 4 --patches rules --json
            """)

    @OptionGroup var options: InlineOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() throws {
        try checkMachine()
        let cleanup = Cleanup()
        let signals = StopSignals { number in
            cleanup.run()
            Foundation.exit(128 + number)
        }
        defer {
            cleanup.run()
            withExtendedLifetime(signals) {}
        }
        let folder = "/tmp/rempart-bench.\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        cleanup.add(folder: folder)

        var figures: [Setup: [InlineFigures]] = [:]
        var number = 0
        for round in 0..<options.rounds {
            // In turns and in changing order, so that what else the machine does meets all alike.
            for setup in round % 2 == 0 ? Setup.allCases : Setup.allCases.reversed() {
                Console.note("round \(round + 1) of \(options.rounds): \(setup.title)")
                let one = InlineRound(
                    setup: setup, options: options, cleanup: cleanup, folder: "\(folder)/\(number)")
                figures[setup, default: []].append(try one.run(number: number))
                number += 1
            }
        }
        let report = InlineReport(figures, options)
        if json { try Console.json(report) } else { print(report.text) }
    }

    private func checkMachine() throws {
        guard geteuid() == 0 else { throw Failure.unusable("inline needs root, for network namespaces and NFQUEUE") }
        guard FileManager.default.fileExists(atPath: "/proc/net/netfilter/nfnetlink_queue") else {
            throw Failure.unusable("this kernel has no NFQUEUE")
        }
        guard QueueRange.parse(options.queues) != nil else {
            throw Failure.unusable("--queues: \(QueueRange.expectation)")
        }
        for tool in ["ip", "nsenter", "iperf3", "wrk", "nginx"] where !Command.isInstalled(tool) {
            throw Failure.unusable("\(tool) is not installed (scripts/setup installs what is needed)")
        }
        let programs = options.programs
        for program in [programs.ipsd, programs.ipsctl] where !FileManager.default.isExecutableFile(atPath: program) {
            throw Failure.unusable("\(program) is not there: build it first")
        }
    }
}
