public import ArgumentParser
public import Hook
import Runtime

struct HookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Puts the netfilter rules in place that send container traffic to ipsd, and takes them out.",
        discussion: "Examples:\n  ipsctl hook install --queues 0-3\n  ipsctl hook show\n  ipsctl hook remove",
        subcommands: [Install.self, Remove.self, Show.self])

    struct Install: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Installs the hook, in place of an earlier one.",
            discussion: """
                Rules stand in chains of their own in the mangle table (or a table of their own with nft), so that \
                Docker's and Kubernetes' rules stay untouched.

                Examples:
                  ipsctl hook install --queues 0-3
                  ipsctl hook install --config /etc/rempart/ipsd.yaml
                  ipsctl hook install --fail-closed --backend nft
                """)

        @Option(help: ArgumentHelp("Configuration file, for queues and queue.fail-open.", valueName: "file"))
        var config: String?
        @Option(help: ArgumentHelp("Queue numbers, as ipsd's.", valueName: "n[-m]")) var queues: String?
        @Flag(help: "What becomes of packets while no ipsd has the queue; open unless the configuration says otherwise.")
        var failure: FailureChoice?
        @Option(help: "legacy, nft or native; chosen by what the host uses otherwise.") var backend: HookOptions.Backend?
        @Option(help: ArgumentHelp("Interfaces of containers, + at the end for any rest; may be repeated.", valueName: "pattern"))
        var interface: [String] = []

        func run() throws {
            var configuration = Configuration()
            do {
                if let config { try ConfigurationReader(file: config).read(into: &configuration) }
            } catch {
                throw Failure.unusable(error.description)
            }
            if let queues {
                guard let range = QueueRange.parse(queues) else {
                    throw Failure.unusable("--queues: \(QueueRange.expectation)")
                }
                configuration.queues = range
            }
            var options = HookOptions(queues: configuration.queues)
            options.failsOpen = failure.map { $0 == .failOpen } ?? configuration.failsOpen
            options.backend = backend
            if !interface.isEmpty { options.interfaces = interface }
            try HookCommand.report { () throws(HookError) in try HookInstaller().install(options) }
        }
    }

    enum FailureChoice: String, EnumerableFlag {
        case failOpen, failClosed

        static func help(for value: Self) -> ArgumentHelp? {
            value == .failOpen
                ? "Let packets pass while no ipsd has the queue (the default)." : "Drop packets while no ipsd has the queue."
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes out what install put in.", discussion: "Examples:\n  ipsctl hook remove")

        func run() throws { try HookCommand.report { () throws(HookError) in try HookInstaller().remove() } }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is in place. Exit status 1 when the hook is not installed.",
            discussion: "Examples:\n  ipsctl hook show\n  ipsctl hook show --json | jq .entries")

        @Flag(help: "Print one JSON document on standard output.") var json = false

        func run() throws {
            let status: HookStatus
            do { status = try HookInstaller().show() } catch { throw Failure.unusable(error.description) }
            if json {
                try Console.json(status)
            } else {
                for entry in status.entries where entry.state != .absent {
                    print("\(entry.backend.rawValue)\(entry.family.map { " \($0.rawValue)" } ?? ""): \(entry.state.rawValue)")
                    for rule in entry.rules { print("  \(rule)") }
                }
                if !status.isInstalled { print("no hook is installed") }
            }
            if !status.isInstalled { throw ExitCode(1) }
        }
    }

    private static func report(_ work: () throws(HookError) -> [String]) throws {
        do {
            for line in try work() { print(line) }
        } catch {
            throw Failure.unusable(error.description)
        }
    }
}

extension HookOptions.Backend: ExpressibleByArgument {}
