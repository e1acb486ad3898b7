import ArgumentParser
import Control
import Foundation
import Runtime

/// `ipsctl patches promote`, `demote`, `hold` and `status`.
enum PromotionCommands {
    static let all: [any ParsableCommand.Type] = [Promote.self, Demote.self, Hold.self, Status.self]

    struct Target: ParsableArguments {
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .customLong("where"), help: ArgumentHelp("Only lines of the policy with this text in their where.", valueName: "text"))
        var place: String?
        @Option(help: "Why; it stands in the event.") var reason: String?
        @Flag(help: "Print one JSON document on standard output.") var json = false
        @Argument(help: "The patch.") var id: String

        func ask(_ action: PolicyRequest.Action) async throws {
            let request = PolicyRequest(patch: id, action: action, where: place, reason: reason)
            let body = try JSONEncoder().encode(request)
            let steps = try await connection.ask { try await $0.post("/v1/promotions", body: body, as: [PolicyStepReport].self) }
            if json { return try Console.json(steps) }
            for step in steps { print(step.text) }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings a patch's lines of the policy one stage on.",
            discussion: """
                off, shadow, canary, enforce. The policy's file is changed and in force when the command ends.

                Examples:
                  ipsctl patches promote log4shell
                  ipsctl patches promote log4shell --where shop --reason "seen clean for a week"
                """)
        @OptionGroup var target: Target
        func run() async throws { try await target.ask(.promote) }
    }

    struct Demote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a patch's lines of the policy one stage back.",
            discussion: "Examples:\n  ipsctl patches demote log4shell\n  ipsctl patches demote log4shell --where shop")
        @OptionGroup var target: Target
        func run() async throws { try await target.ask(.demote) }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps a patch's lines in their stage, whatever the evidence says.",
            discussion: """
                For lines that go on by themselves (promotion.lines in the configuration).

                Examples:
                  ipsctl patches hold log4shell --reason "a release is under way"
                  ipsctl patches hold --release log4shell
                """)
        @OptionGroup var target: Target
        @Flag(help: "Let them go on again.") var release = false
        func run() async throws { try await target.ask(release ? .release : .hold) }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how far each line of the policy has come, and what is due.",
            discussion: "Examples:\n  ipsctl patches status\n  ipsctl patches status --json | jq '.patches[] | select(.stage == \"canary\")'")
        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Print one JSON document on standard output.") var json = false

        func run() async throws {
            let report = try await connection.ask { try await $0.get("/v1/promotions", as: PromotionsReport.self) }
            if json { return try Console.json(report) }
            guard let policy = report.policy else { return print("no policy: each patch has the stage of its own file") }
            print("\(policy), lines that go on by themselves: \(report.lines)")
            for line in report.patches {
                let due = line.next.map { "\($0)\(line.because.map { ": \($0)" } ?? "")" } ?? "by hand"
                print("\(line.patch) \(line.where ?? "everywhere") (\(line.policy)): \(line.stage), \(due)")
            }
        }
    }
}
