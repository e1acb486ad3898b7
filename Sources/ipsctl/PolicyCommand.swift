import ArgumentParser
import Control
import Patches
import RuleLanguage
import Runtime

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Says which patches hold where.",
        discussion: "Examples:\n  ipsctl policy check /etc/rempart/policy.yaml\n  ipsctl policy show",
        subcommands: [Check.self, Show.self, Except.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads a policy as ipsd would and says what is wrong with it.",
            discussion: """
                Warnings are of entries that do nothing: they have ended, name a patch or rule that is not there, or \
                are overridden. Exit status 1 when ipsd would not take the policy.

                Examples:
                  ipsctl policy check
                  ipsctl policy check --patches ./patches policy.yaml
                  ipsctl policy check --json policy.yaml | jq '.warnings[].message'
                """)

        @OptionGroup var sources: PolicySources
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "The policy; \(Configuration.defaultPolicyPath) when none is named.") var file: String?

        func run() throws {
            let configuration = try sources.configuration(policy: file)
            let path = configuration.policyPath ?? Configuration.defaultPolicyPath
            guard Paths.exists(path) else { throw Failure.unusable("\(path): no such file") }
            var report = Report()
            do {
                let policy = try PolicyReader.read(path)
                (report.lines, report.exceptions) = (policy.lines.count, policy.exceptions.count)
                let loaded = try sources.variables.load(configuration)
                report.warnings = PolicyCheck.warnings(loaded.policy, loaded.ruleSet).map(DiagnosticReport.init)
            } catch let error as PatchError {
                let place = SourceLocation(file: error.file, line: error.line ?? 1, column: error.column ?? 1)
                report.errors = [
                    DiagnosticReport(
                        Diagnostic(severity: .error, code: .file, location: place, sid: nil, message: error.message, excerpt: nil))
                ]
            }
            try write(report)
            if !report.errors.isEmpty { throw ExitCode(1) }
        }

        private func write(_ report: Report) throws {
            if json { return try Console.json(report) }
            for entry in report.errors + report.warnings {
                Console.note("\(entry.file):\(entry.line):\(entry.column): \(entry.severity): \(entry.message)")
            }
            guard report.errors.isEmpty else { return }
            print("\(report.lines) lines, \(report.exceptions) exceptions, \(report.warnings.count) warnings")
        }

        private struct Report: Encodable {
            var lines = 0
            var exceptions = 0
            var errors: [DiagnosticReport] = []
            var warnings: [DiagnosticReport] = []
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what holds for each patch: without a container, and where containers differ from that.",
            discussion: """
                Without a file it asks ipsd what holds now. With one it shows what that policy would say, of the \
                containers in --containers (as 'ipsctl containers --json' prints them).

                Examples:
                  ipsctl policy show
                  ipsctl policy show --json | jq '.patches[] | select(.stage == "enforce")'
                  ipsctl policy show --containers containers.json policy.yaml
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var sources: PolicySources
        @Option(help: ArgumentHelp("Containers as 'ipsctl containers --json' prints them.", valueName: "file")) var containers: String?
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "A policy; without one ipsd is asked.") var file: String?

        func run() async throws {
            let report = if let file { try offline(file) } else {
                try await connection.ask { try await $0.get("/v1/policy", as: PolicyReport.self) }
            }
            if json { try Console.json(report) } else { PolicyTable.write(report) }
        }

        private func offline(_ file: String) throws -> PolicyReport {
            let configuration = try sources.configuration(policy: file)
            do {
                let (policy, diagnostics) = try RuleLoader(configuration: configuration).loadPolicy()
                for diagnostic in diagnostics { Console.note(diagnostic.description) }
                return PolicyReport(policy, try ContainerFile.snapshot(containers))
            } catch let error as ConfigurationError {
                throw Failure.unusable(error.description)
            }
        }
    }
}

/// Which patches a policy is for.
struct PolicySources: ParsableArguments {
    @OptionGroup var variables: VariableOptions
    @Option(help: ArgumentHelp("A folder of patch packages; the shipped ones when none is named.", valueName: "folder"))
    var patches: String?
    @Option(help: ArgumentHelp("A rule file, a folder of them, or a pattern with * and ?; may be repeated.", valueName: "path"))
    var rules: [String] = []

    func configuration(policy: String?) throws -> Configuration {
        var configuration = try variables.configuration()
        configuration.rulePaths += rules
        if let patches { configuration.patchesPath = patches }
        if configuration.rulePaths.isEmpty && configuration.patchesPath == nil {
            configuration.patchesPath = ShippedPatches.folder
        }
        if let policy { configuration.policyPath = policy }
        return configuration
    }
}

/// `ipsctl policy show` for people.
enum PolicyTable {
    static func write(_ report: PolicyReport) {
        print("policy: \(report.file ?? "none; each patch has the stage of its own file")")
        var standard: PatchScopeReport?
        for entry in report.patches {
            if entry.container == nil {
                standard = entry
                print("\(entry.patch)  \(ruling(entry))")
            } else if ruling(entry) != standard.map(ruling) {
                print("  \(entry.container ?? "")  \(ruling(entry))")
            }
        }
        if !report.exceptions.isEmpty { print("exceptions:") }
        for exception in report.exceptions {
            let subject = exception.patch ?? exception.sid.map { "sid \($0)" } ?? ""
            let limits = [("where", exception.where), ("path", exception.path), ("source", exception.source)]
                .compactMap { name, value in value.map { " \(name) \($0)" } }.joined()
            print(
                "  \(subject)\(limits) until \(exception.until)\(exception.expired ? " (ENDED)" : ""): \(exception.reason) "
                    + "(\(exception.policy))")
        }
    }

    private static func ruling(_ entry: PatchScopeReport) -> String {
        let part = entry.share.map { " \($0) of flows" } ?? entry.chosen.map { $0 ? " enforced here" : " not enforced here" } ?? ""
        return "\(entry.stage)\(part) (\(entry.policy))\(entry.reason.map { ": \($0)" } ?? "")"
    }
}
