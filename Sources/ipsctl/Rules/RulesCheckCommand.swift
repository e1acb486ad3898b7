import ArgumentParser
import RuleLanguage
import Runtime

extension RulesCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Loads rules as ipsd would and says what is wrong with which.",
            discussion: """
                Exit status 1 when a rule can't be loaded. With --json each diagnostic has file, line, column, endLine, \
                endColumn, severity, code, message, suggestion and sid; the codes are listed in docs/rules.md.

                Examples:
                  ipsctl rules check emerging-all.rules
                  ipsctl rules check '/etc/rempart/rules/*.rules'
                  ipsctl rules check --json /etc/rempart/rules | jq .failed
                """)

        @OptionGroup var variables: VariableOptions
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "Rule files, folders of them, or patterns with * and ?.") var paths: [String]

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
}

/// One diagnostic of `rules check --json` and `rules analyze --json`.
struct DiagnosticReport: Encodable {
    let file: String
    /// From 1; columns in bytes.
    let line, column: Int
    /// Behind the last byte that is meant.
    let endLine, endColumn: Int
    let severity: String
    /// One of `DiagnosticCode`.
    let code: String
    let message: String
    let suggestion: String?
    let sid: UInt32?

    init(_ diagnostic: Diagnostic) {
        file = diagnostic.location.file
        (line, column) = (diagnostic.location.line, diagnostic.location.column)
        let end = diagnostic.end ?? diagnostic.location
        (endLine, endColumn) = (end.line, end.column)
        severity = diagnostic.severity.rawValue
        code = diagnostic.code.rawValue
        message = diagnostic.message
        suggestion = diagnostic.suggestion
        sid = diagnostic.sid
    }
}

/// `rules check --json`.
private struct CheckReport: Encodable {
    let loaded: Int
    let failed: Int
    let errors: [DiagnosticReport]
    let warnings: [DiagnosticReport]

    init(_ result: RuleLoader.Result) {
        loaded = result.loaded
        failed = result.failed
        errors = result.diagnostics.filter { $0.severity == .error }.map(DiagnosticReport.init)
        warnings = result.diagnostics.filter { $0.severity == .warning }.map(DiagnosticReport.init)
    }
}
