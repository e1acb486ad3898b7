import Foundation
import Logging
import Patches
@testable import Runtime
import TestSupport
import Testing

/// Promotion and retirement on a real queue: what clients do is the evidence, the policy's file is what changes.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, Comment(rawValue: TestTopology.requirement)))
struct PromotionLiveTests {
    private static let policy = """
        patches:              # of people
          - patch: demo
            where: {container: "web-*"}
            stage: shadow
            reason: "recommended: CVE-2024-0001 in web 1"

        """

    private func keeper(_ host: PolicyHost) -> PolicyKeeper {
        PolicyKeeper(daemon: host.daemon, configuration: host.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func cleanTrafficBringsAPatchIntoForceAndItsEndRetiresIt() async throws {
        let host = try await PolicyHost(policy: Self.policy) { configuration in
            configuration.steward.lines = .recommended
            configuration.steward.retirement = .auto
            configuration.steward.retireAfterSeconds = 0
            configuration.steward.thresholds.cleanTransactions = 6
            configuration.steward.thresholds.matchShare = 5_000
        }
        try await host.adopt(client: nil, server: "web-1")
        // Both over IPv4 and IPv6: in shadow the match is answered.
        #expect(host.answers("/evil") == ["404", "404"])
        for _ in 0..<2 { _ = host.answers("/good") }
        var keeper = keeper(host)
        try await keeper.advance()
        #expect(try host.site.folder.text("policy.yaml") == Self.policy, "four of six are clean")

        // What was seen survives a restart.
        keeper = self.keeper(host)
        for _ in 0..<2 { _ = host.answers("/good") }
        try await keeper.advance()
        #expect(try host.site.folder.text("policy.yaml").contains("stage: canary"))
        #expect(host.daemon.loadedRules.policy.policy.lines.map(\.stage) == [.canary])

        for _ in 0..<4 { _ = host.answers("/good") }
        try await keeper.advance()
        #expect(host.daemon.loadedRules.policy.policy.lines.map(\.stage) == [.enforce])
        #expect(host.answers("/evil") == ["000", "000"] && host.answers("/good") == ["404", "404"])

        // By hand, and what cannot be done.
        let back = try await keeper.perform(PolicyRequest(patch: "demo", action: .demote, reason: "looked at"))
        #expect(back.map(\.action) == [.demote] && host.daemon.loadedRules.policy.policy.lines.map(\.stage) == [.canary])
        _ = try await keeper.perform(PolicyRequest(patch: "demo", action: .hold, reason: "a release"))
        for _ in 0..<4 { _ = host.answers("/good") }
        try await keeper.advance()
        #expect(await keeper.report().patches.first?.because == "held: a release")
        await #expect { _ = try await keeper.perform(PolicyRequest(patch: "other", action: .promote)) } throws: {
            "\($0)".contains("has no line for the patch other alone")
        }

        // The container is gone.
        try await host.adopt(client: nil, server: nil)
        try await keeper.advance()
        #expect(try host.site.folder.text("policy.yaml") == "patches: []              # of people\n")
        await host.end()
        let steps = try host.site.events("patch").compactMap { $0["patch"] as? [String: Any] }
        #expect(steps.compactMap { $0["action"] as? String } == ["promote", "promote", "demote", "hold", "retire"])
        #expect(steps.first?["to"] as? String == "canary" && steps.last?["to"] == nil)
        #expect((steps.first?["evidence"] as? [String: Any])?["matches"] as? Int == 2)
    }

    @Test func aPolicyThatIsNotInForceIsLeftAlone() async throws {
        let host = try await PolicyHost(policy: Self.policy) { configuration in
            configuration.steward.lines = .all
            configuration.steward.thresholds.cleanTransactions = 1
        }
        try await host.adopt(client: nil, server: "web-1")
        _ = host.answers("/good")
        let edited = Self.policy + "  - {patch: demo, stage: off}\n"
        try host.site.folder.write("policy.yaml", edited)
        let keeper = keeper(host)
        try await keeper.advance()
        #expect(try host.site.folder.text("policy.yaml") == edited)
        await #expect { _ = try await keeper.perform(PolicyRequest(patch: "demo", action: .promote)) } throws: {
            "\($0)".contains("was changed and is not in force")
        }
        await host.end()
    }
}
