import ArgumentParser
import Control
import Foundation

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says what the running ipsd does.",
        discussion: "Examples:\n  ipsctl status\n  ipsctl status --json | jq .rules_loaded")
    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let status = try await connection.ask { try await $0.get("/v1/status", as: StatusReport.self) }
        if json { return try Console.json(status) }
        print(
            """
            rempart \(status.version), mode \(status.mode), up \(Int(status.uptime_seconds)) s
            queues \(status.queues.map(String.init).joined(separator: " ")): \(status.packets) packets, \
            \(status.blocked) blocked, \(status.flows_active) flows
            rules \(status.rules_loaded) loaded, \(status.rules_failed) failed, \(status.reloads) reloads
            """)
        let counts = (status.containers ?? [:]).sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        if !counts.isEmpty { print("containers: \(counts.joined(separator: ", "))") }
        for runtime in status.runtimes ?? [] where runtime.state == "failed" {
            print("WARNING: \(runtime.runtime) at \(runtime.place) can't be followed: \(runtime.reason ?? "")")
        }
        if status.bridge_netfilter_ipv4 == false || status.bridge_netfilter_ipv6 == false {
            print("WARNING: net.bridge.bridge-nf-call-* is 0: traffic on one bridge passes uninspected")
        }
        for rule in status.rules_suspended ?? [] {
            print(
                "SUSPENDED: sid \(rule.sid) (\(rule.action)) until \(rule.until): its checks take too long, "
                    + "\(rule.checks_skipped) not made: \(rule.signature)")
        }
        if status.events_lost > 0 { print("events lost: \(status.events_lost)") }
    }
}

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Prints every counter.",
        discussion: "Examples:\n  ipsctl stats\n  ipsctl stats --json | jq '.\"ips.blocked\"'")
    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let stats = try await connection.ask { try await $0.get("/v1/stats", as: [String: UInt64].self) }
        if json { return try Console.json(stats) }
        for (name, value) in stats.sorted(by: { $0.key < $1.key }) { print("\(name) \(value)") }
    }
}

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Reads the rules anew; returns when every worker runs them.",
        discussion: """
            The running rules stay when the new ones can't be built; rules that are not in the files any more are \
            counted as gone. Exit status 1 when a rule failed or nothing changed.

            Examples:
              ipsctl reload
              ipsctl reload --json | jq .seconds
            """)
    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let report = try await connection.ask { try await $0.post("/v1/reload", as: ReloadReport.self) }
        if json {
            try Console.json(report)
        } else {
            for line in report.diagnostics { Console.note(line) }
            let seconds = String(format: "%.3f", report.seconds)
            print("\(report.rules_loaded) rules loaded, \(report.rules_failed) failed, \(report.rules_removed) went away, in \(seconds) s")
        }
        if report.rules_failed > 0 { throw ExitCode(1) }
    }
}

struct ReopenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen", abstract: "Opens the EVE file by its name again, after it was moved away.",
        discussion: "Examples:\n  mv eve.json eve.json.1 && ipsctl reopen")
    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let report = try await connection.ask { try await $0.post("/v1/reopen", as: ReopenReport.self) }
        if json { try Console.json(report) } else { print("the event file is opened anew") }
    }
}

struct FlowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows", abstract: "Lists the flows that ipsd follows.",
        discussion: "Examples:\n  ipsctl flows --limit 20\n  ipsctl flows --json | jq '.[] | select(.blocked)'")
    @OptionGroup var connection: ConnectionOptions
    @Option(help: "How many at most.") var limit = 1000
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        let flows = try await connection.ask { try await $0.get("/v1/flows?limit=\(limit)", as: [FlowReport].self) }
        if json { return try Console.json(flows) }
        for flow in flows {
            let mark = flow.blocked ? " BLOCKED" : flow.passed ? " passed" : ""
            print(
                "\(flow.flow_id) \(flow.client):\(flow.client_port) -> \(flow.server):\(flow.server_port) "
                    + "proto \(flow.proto) \(flow.app_proto) \(flow.state) "
                    + "\(flow.packets_toserver)/\(flow.packets_toclient) packets\(mark)"
                    + (flow.containers.map { "  \($0.client?.text ?? "-") -> \($0.server?.text ?? "-")" } ?? ""))
        }
    }
}

extension ContainerIdentityReport {
    /// The name with its pod, and the image.
    var text: String {
        let place = [namespace, pod, name].compactMap { $0 }.joined(separator: "/")
        return image.isEmpty ? place : "\(place) [\(image)]"
    }
}

struct UnblockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock", abstract: "Lets blocked flows go on; their next packets are inspected again.",
        discussion: """
            What was blocked counts as inspected: a client that still retransmits it gets it through. Only new bytes \
            are judged. Exit status 1 when no flow was blocked.

            Examples:
              ipsctl unblock --flow 1318482915627361
              ipsctl unblock --address 198.18.0.2
              ipsctl unblock --all
            """)
    @OptionGroup var connection: ConnectionOptions
    @Option(help: "flow_id as in EVE.") var flow: UInt64?
    @Option(help: "Every flow to or from this address.") var address: String?
    @Flag(help: "Every flow.") var all = false
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func run() async throws {
        guard [flow != nil, address != nil, all].filter({ $0 }).count == 1 else {
            throw Failure.unusable("expected one of --flow, --address and --all")
        }
        let body = try JSONEncoder().encode(UnblockRequest(flowID: flow, address: address, all: all ? true : nil))
        let report = try await connection.ask { try await $0.post("/v1/unblock", body: body, as: UnblockReport.self) }
        if json { try Console.json(report) } else { print("\(report.unblocked) flows unblocked") }
        if report.unblocked == 0 { throw ExitCode(1) }
    }
}
