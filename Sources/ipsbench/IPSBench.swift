import ArgumentParser
import Foundation

@main
struct IPSBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ipsbench",
        abstract: "Measures Rempart: the pattern matcher, the engine offline, and the daemon on a real queue.",
        discussion: """
            Each command measures Rempart and what it is compared with in turn, in the same run, and gives medians.
            Exit status: 0 done; 1 done, but what was asked to hold does not; 2 unusable arguments or input.

            Examples:
              ipsbench scan --patterns patterns.txt --text text.bin
              ipsbench replay --patches rules capture.pcap
              ipsbench inline --rounds 5 --seconds 3
              ipsbench bounds --steps 100000
            """,
        subcommands: [
            ScanCommand.self, ReplayCommand.self, InlineCommand.self, AcceptCommand.self, BoundsCommand.self,
            ExtractCommand.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as Failure {
            Console.note("ipsbench: \(error.message)")
            exit(withError: ExitCode(error.status))
        } catch where exitCode(for: error) == .validationFailure {
            Console.note(fullMessage(for: error))
            exit(withError: ExitCode(2))
        } catch {
            exit(withError: error)
        }
    }
}
