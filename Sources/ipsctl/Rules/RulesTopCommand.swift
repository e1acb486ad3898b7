public import ArgumentParser
import Control
import Detection
public import Runtime

extension RulesCommand {
    struct Top: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the rules that cost the running ipsd most.",
            discussion: """
                Checks and matches are counted; times are estimated from one check in sixteen of each rule \
                (latency.rule.sample). Numbers begin with ipsd and go on over a reload for rules that did not change. \
                For a capture there is ipsctl replay --profile.

                Examples:
                  ipsctl rules top
                  ipsctl rules top --sort average --limit 5
                  ipsctl rules top --json | jq '.[] | select(.suspended > 0)'
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "cost, checks, matches, average or longest.") var sort = RuleCost.Order.cost
        @Option(help: "How many at most.") var limit = 20
        @Flag(help: "Print one JSON document on standard output.") var json = false

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit: expected a number from 1 on") }
        }

        func run() async throws {
            let rules = try await connection.ask {
                try await $0.get("/v1/rules/top?sort=\(sort.rawValue)&limit=\(limit)", as: [RuleCostReport].self)
            }
            if json { return try Console.json(rules) }
            print(RuleCostTable.text(rules))
        }
    }
}

extension RuleCost.Order: ExpressibleByArgument {}

enum RuleCostTable {
    static func text(_ rules: [RuleCostReport]) -> String {
        let head = ["sid", "action", "checks", "matches", "total ms", "average µs", "longest µs", "over"]
        let rows = rules.map { rule in
            [
                "\(rule.sid)", rule.action, "\(rule.checks)", "\(rule.matches)", thousandths(rule.total_nanoseconds / 1000),
                thousandths(rule.average_nanoseconds), thousandths(rule.longest_nanoseconds), "\(rule.overruns)",
            ]
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String], _ last: String) -> String {
            zip(cells, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ") + "  \(last)"
        }
        let lines = zip(rows, rules).map { row, rule in
            line(row, "\(rule.suspended > 0 ? "SUSPENDED " : "")\(rule.signature) (\(rule.place))")
        }
        return ([line(head, "rule")] + lines).joined(separator: "\n")
    }

    /// 1234567 → `1234.567`.
    private static func thousandths(_ value: UInt64) -> String {
        let rest = String(value % 1000)
        return "\(value / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

extension RuleCostReport {
    init(_ cost: RuleCost) {
        self.init(
            sid: cost.rule.sid, gid: cost.rule.gid, rev: cost.rule.rev, action: "\(cost.rule.action)",
            signature: cost.rule.message, place: cost.place, checks: cost.checks, matches: cost.matches,
            totalNanoseconds: cost.nanoseconds, averageNanoseconds: cost.average, longestNanoseconds: cost.longest,
            overruns: cost.overruns, suspended: cost.suspendedBy)
    }
}
