import ArgumentParser
import Runtime

@main
struct IPSCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ipsctl",
        abstract: "Drives Rempart: rules, captures, patches, and the running ipsd.",
        discussion: """
            Exit status: 0 done; 1 done, but what was asked to hold does not; 2 unusable arguments or input.

            Examples:
              ipsctl replay --rules my.rules --eve - capture.pcap
              ipsctl rules check /etc/rempart/rules
              ipsctl patches test
              ipsctl rules top
              ipsctl status
            """,
        version: "ipsctl \(Version.text)",
        subcommands: [
            ReplayCommand.self, RulesCommand.self, PatchesCommand.self, PolicyCommand.self, HookCommand.self,
            StatusCommand.self, StatsCommand.self, ReloadCommand.self, ReopenCommand.self, FlowsCommand.self, ContainersCommand.self,
            ExplainCommand.self, UnblockCommand.self,
        ])
    /// Here too, so that `--control` may stand before the command as well as after it.
    @OptionGroup var connection: ConnectionOptions

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as Failure {
            Console.error(error.message)
            exit(withError: ExitCode(error.status))
        } catch where exitCode(for: error) == .validationFailure {
            Console.error(fullMessage(for: error))
            exit(withError: ExitCode(2))
        } catch {
            exit(withError: error)
        }
    }
}

/// A run that ends with one clear line and an exit status.
struct Failure: Error {
    let status: Int32
    let message: String

    /// Unusable arguments or input.
    static func unusable(_ message: String) -> Failure { Failure(status: 2, message: message) }
    /// Done, but what was asked to hold does not.
    static func unmet(_ message: String) -> Failure { Failure(status: 1, message: message) }
}
