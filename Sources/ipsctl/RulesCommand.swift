import ArgumentParser
import Detection
import Events
import RuleLanguage
import Runtime

struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Checks and explains rule files; lists what rules cost.",
        discussion: "Examples:\n  ipsctl rules check /etc/rempart/rules\n  ipsctl rules analyze my.rules",
        subcommands: [Check.self, Analyze.self, Top.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Loads rules as ipsd would and says what is wrong with which.",
            discussion: """
                Exit status 1 when a rule can't be loaded.

                Examples:
                  ipsctl rules check emerging-all.rules
                  ipsctl rules check --json /etc/rempart/rules | jq .failed
                """)

        @OptionGroup var variables: VariableOptions
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "Rule files, or folders of them.") var paths: [String]

        func run() throws {
            let result = try variables.load(paths)
            if json {
                try Console.json(CheckReport(result))
            } else {
                for diagnostic in result.diagnostics { Console.note(diagnostic.description) }
                print("\(result.loaded) rules loaded, \(result.failed) failed")
            }
            if result.failed > 0 { throw ExitCode(1) }
        }
    }

    struct Analyze: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says for each rule which buffers it looks into and what it is found by.",
            discussion: """
                Examples:
                  ipsctl rules analyze my.rules
                """)

        @OptionGroup var variables: VariableOptions
        @Argument(help: "Rule files, or folders of them.") var paths: [String]

        func run() throws {
            let result = try variables.load(paths)
            for analysis in result.ruleSet.analysis {
                print("sid \(analysis.sid) (\(analysis.type)): \(analysis.message)")
                print("  buffers: \(analysis.buffers.isEmpty ? "none" : analysis.buffers.joined(separator: ", "))")
                let pattern = analysis.fastPattern.map { "\($0.buffer): \(Printable.text($0.bytes))" }
                print("  fast pattern: \(pattern ?? "none")")
                for warning in analysis.warnings { print("  warning: \(warning)") }
            }
            for diagnostic in result.diagnostics where diagnostic.severity == .error {
                Console.note(diagnostic.description)
            }
            if result.failed > 0 { throw ExitCode(1) }
        }
    }
}

/// `rules check --json`.
private struct CheckReport: Encodable {
    struct Entry: Encodable {
        let file: String
        let line: Int
        let column: Int
        let sid: UInt32?
        let message: String
    }

    let loaded: Int
    let failed: Int
    let errors: [Entry]
    let warnings: [Entry]

    init(_ result: RuleLoader.Result) {
        loaded = result.loaded
        failed = result.failed
        errors = Self.entries(result, .error)
        warnings = Self.entries(result, .warning)
    }

    private static func entries(_ result: RuleLoader.Result, _ severity: Diagnostic.Severity) -> [Entry] {
        result.diagnostics.filter { $0.severity == severity }.map {
            Entry(
                file: $0.location.file, line: $0.location.line, column: $0.location.column, sid: $0.sid,
                message: $0.message)
        }
    }
}
