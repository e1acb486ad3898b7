public import ArgumentParser
import Control
import Foundation
public import Inspection
import Logging
import Runtime

@main
struct IPSD: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ipsd",
        abstract: "Judges the packets of netfilter queues: a network IPS for container hosts.",
        discussion: """
            Runs in the foreground. SIGTERM ends it in order; SIGHUP reopens the EVE file and reloads the rules. \
            With neither --rules nor --patches, nor a configuration file that names rules, the shipped patches \
            are used.

            Examples:
              ipsd --queues 0-3 --patches /usr/share/rempart/rules
              ipsd --rules my.rules --mode detect --eve /var/log/rempart/eve.json
              ipsd --rules '/etc/rempart/rules/*.rules' --config /etc/rempart/ipsd.yaml
            """,
        version: "ipsd \(Version.text)")

    static let defaultConfiguration = "/etc/rempart/ipsd.yaml"

    @Option(help: ArgumentHelp("Configuration file; \(defaultConfiguration) when it is there.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("Queue numbers; one worker thread for each.", valueName: "n[-m]")) var queues: String?
    @Option(help: ArgumentHelp("A rule file, a folder of them, or a pattern with * and ?; may be repeated.", valueName: "path"))
    var rules: [String] = []
    @Option(help: ArgumentHelp("A folder of patch packages.", valueName: "folder")) var patches: String?
    @Option(help: ArgumentHelp("Which patches hold where; \(Runtime.Configuration.defaultPolicyPath) when it is there.", valueName: "file"))
    var policy: String?
    @Option(help: "prevent or detect.") var mode: PipelineConfiguration.Mode?
    @Option(help: ArgumentHelp("Control socket.", valueName: "path")) var control: String?
    @Option(help: ArgumentHelp("EVE JSON lines go here.", valueName: "path")) var eve: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: String?

    static func main() async {
        do {
            let command = try parse()
            try await command.run()
        } catch where exitCode(for: error) == .validationFailure {
            // One line: what is wrong, without the usage that follows it.
            let text = message(for: error).split(separator: "\n").first.map(String.init) ?? "unusable arguments"
            fail(text, status: 2)
        } catch {
            exit(withError: error)
        }
    }

    func run() async throws {
        let configuration: Runtime.Configuration
        do { configuration = try effectiveConfiguration() } catch { return Self.fail("\(error)", status: 2) }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "ipsd")
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let daemon: Daemon
        do {
            daemon = try Daemon(configuration: configuration, logger: logger) { reason in
                Self.fail(reason, status: 1)
            }
        } catch {
            return Self.fail("\(error)", status: 1)
        }
        let keeper = PolicyKeeper(daemon: daemon, configuration: configuration, logger: logger)
        let service = DaemonService(daemon: daemon, keeper: keeper, configuration: configuration)
        await Supervisor(daemon: daemon, keeper: keeper, service: service, configuration: configuration, logger: logger).run()
    }

    private func effectiveConfiguration() throws -> Runtime.Configuration {
        var configuration = Runtime.Configuration()
        if let config {
            try ConfigurationReader(file: config).read(into: &configuration)
        } else if FileManager.default.fileExists(atPath: Self.defaultConfiguration) {
            try ConfigurationReader(file: Self.defaultConfiguration).read(into: &configuration)
        }
        if let queues {
            guard let range = QueueRange.parse(queues) else {
                throw ConfigurationError(file: "--queues", message: QueueRange.expectation)
            }
            configuration.queues = range
        }
        configuration.rulePaths += rules
        if let patches { configuration.patchesPath = patches }
        if configuration.rulePaths.isEmpty && configuration.patchesPath == nil {
            configuration.patchesPath = ShippedPatches.folder
        }
        if let policy { configuration.policyPath = policy }
        if configuration.policyPath == nil {
            configuration.policyPath = Runtime.Configuration.defaultPolicyPath
            configuration.isPolicyOptional = true
        }
        if let mode { configuration.mode = mode }
        if let control { configuration.controlPath = control }
        if let eve { configuration.eventsPath = eve }
        if let logLevel {
            guard Logger.Level(rawValue: logLevel) != nil else {
                throw ConfigurationError(file: "--log-level", message: "'\(logLevel)' is not a log level")
            }
            configuration.logLevel = logLevel
        }
        return configuration
    }

    /// One line on standard error, then the end.
    static func fail(_ message: String, status: Int32) {
        FileHandle.standardError.write(Data("ipsd: \(message)\n".utf8))
        Foundation.exit(status)
    }
}

extension PipelineConfiguration.Mode: ExpressibleByArgument {}
