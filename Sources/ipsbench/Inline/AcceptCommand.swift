import ArgumentParser
import Foundation
import PacketIO
import Runtime

struct AcceptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Accepts every packet of netfilter queues: what `inline` compares the daemon with.",
        discussion: """
            Says `ready` on standard error once the queues are open; SIGTERM or SIGINT ends it, and it prints what
            it has seen.

            Examples:
              ipsbench accept --queues 0-1
            """)

    @Option(help: ArgumentHelp("Queue numbers; one thread for each.", valueName: "n[-m]")) var queues = "0"

    func run() throws {
        guard let range = QueueRange.parse(queues) else {
            throw Failure.unusable("--queues: \(QueueRange.expectation)")
        }
        let defaults = Runtime.Configuration()
        let loops = range.map { number in
            var configuration = NFQueueConfiguration(queueNumber: number)
            configuration.failsOpen = defaults.failsOpen
            configuration.maximumLength = defaults.queueLength
            configuration.receiveBufferBytes = defaults.receiveBufferBytes
            return AcceptLoop(configuration)
        }
        for loop in loops { try loop.start() }
        let signals = StopSignals()
        Console.note("accept: ready")
        signals.wait()

        var report = QueueReport()
        for loop in loops {
            let outcome = loop.stop()
            if let failure = outcome.failure { throw Failure.unmet(failure) }
            report.add(outcome.statistics)
        }
        try Console.json(report)
    }
}
