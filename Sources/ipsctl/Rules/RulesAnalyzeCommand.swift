import ArgumentParser
import Detection
import Events
import RuleLanguage
import Runtime

extension RulesCommand {
    struct Analyze: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says for each rule which buffers it looks into, what it is found by, and what that costs.",
            discussion: """
                Rules come in the order of evaluation. Exit status 1 when a rule can't be loaded.

                Examples:
                  ipsctl rules analyze my.rules
                  ipsctl rules analyze --json my.rules | jq '.rules[] | select(.cost == "high") | .sid'
                """)

        @OptionGroup var variables: VariableOptions
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "Rule files, folders of them, or patterns with * and ?.") var paths: [String]

        func run() throws {
            let result = try variables.load(paths)
            if json {
                try Console.json(AnalysisReport(result))
            } else {
                for analysis in result.ruleSet.analysis { print(Self.text(analysis)) }
                for diagnostic in result.diagnostics where diagnostic.severity == .error {
                    Console.note(diagnostic.description)
                }
            }
            if result.failed > 0 { throw ExitCode(1) }
        }

        private static func text(_ analysis: RuleAnalysis) -> String {
            let pattern = analysis.fastPattern.map { "\($0.buffer): \(Printable.text($0.bytes))" }
            let lines = [
                "sid \(analysis.rule.sid) (\(analysis.type)): \(analysis.rule.message)",
                "  buffers: \(analysis.buffers.isEmpty ? "none" : analysis.buffers.joined(separator: ", "))",
                "  fast pattern: \(pattern ?? "none")",
                "  cost: \(analysis.cost.rawValue)",
            ]
            return (lines + analysis.warnings.map { "  warning: \($0.message) (\($0.code.rawValue))" }).joined(separator: "\n")
        }
    }
}

/// `rules analyze --json`.
private struct AnalysisReport: Encodable {
    struct Entry: Encodable {
        struct FastPattern: Encodable {
            let buffer: String
            /// Printable bytes as they are, others as dots.
            let text: String
            let hex: String
            let length: Int
        }

        let sid, gid, rev: UInt32
        let action, msg, type: String
        let file: String
        let line, column, endLine, endColumn: Int
        let buffers: [String]
        let fast_pattern: FastPattern?
        /// `low`, `medium` or `high`.
        let cost: String
        let warnings: [DiagnosticReport]

        init(_ analysis: RuleAnalysis) {
            let rule = analysis.rule
            (sid, gid, rev) = (rule.sid, rule.gid, rule.rev)
            (action, msg, type) = ("\(rule.action)", rule.message, analysis.type)
            file = rule.location.file
            (line, column) = (rule.location.line, rule.location.column)
            (endLine, endColumn) = (rule.end.line, rule.end.column)
            buffers = analysis.buffers
            fast_pattern = analysis.fastPattern.map {
                FastPattern(
                    buffer: $0.buffer, text: Printable.text($0.bytes), hex: Printable.hex($0.bytes), length: $0.bytes.count)
            }
            cost = analysis.cost.rawValue
            warnings = analysis.warnings.map(DiagnosticReport.init)
        }
    }

    let loaded, failed: Int
    let rules: [Entry]
    let diagnostics: [DiagnosticReport]

    init(_ result: RuleLoader.Result) {
        (loaded, failed) = (result.loaded, result.failed)
        rules = result.ruleSet.analysis.map(Entry.init)
        diagnostics = result.diagnostics.map(DiagnosticReport.init)
    }
}
