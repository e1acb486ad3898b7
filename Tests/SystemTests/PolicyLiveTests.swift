import Containers
import Events
import Foundation
import Inspection
import Runtime
import TestSupport
import Testing

/// A policy on a real queue, with network namespaces as containers: what holds follows who is behind which port.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, Comment(rawValue: TestTopology.requirement)))
struct PolicyLiveTests {
    private static let policy = """
        patches:
          - patch: demo
            where: {container: "web-*"}
            stage: enforce
          - patch: demo
            where: {container: db-1}
            stage: off

        """
    private let passed = ["404", "404"]
    private let dropped = ["000", "000"]

    @Test func whatHoldsFollowsTheContainers() async throws {
        let host = try await PolicyHost(policy: Self.policy)
        #expect(host.answers("/evil") == passed)
        try await host.adopt(client: nil, server: "web-1")
        #expect(host.answers("/evil") == dropped && host.answers("/good") == passed)
        let decision = try #require(await host.daemon.decisions().last)
        #expect(host.daemon.container(decision.destinationContainer)?.name == "web-1" && host.daemon.container(decision.sourceContainer) == nil)
        #expect(decision.patch?.id == "demo" && decision.patchTitle == "A demonstration" && decision.place.hasSuffix("patch.rules:1"))
        try await host.adopt(client: "web-1", server: nil)
        #expect(host.answers("/evil") == dropped)
        // The server's container decides before the client's.
        try await host.adopt(client: "web-1", server: "db-1")
        #expect(host.answers("/evil") == passed)
        try await host.adopt(client: "db-1", server: "web-1")
        #expect(host.answers("/evil") == dropped)
        try await host.adopt(client: nil, server: nil)
        #expect(host.answers("/evil") == passed)
        await host.end()
        let alerts = try host.site.events("alert").compactMap { $0["rempart"] as? [String: Any] }
        // Those of db-1 are off: no alert at all.
        #expect(alerts.count == 10, "\(alerts.count) alerts")
        #expect(alerts.count { $0["stage"] as? String == "enforce" } == 6)
        #expect(alerts.allSatisfy { alert in
            let place = alert["policy"] as? String ?? ""
            return alert["stage"] as? String == "enforce" ? place.hasSuffix("/policy.yaml:2") : place.hasSuffix("demo/patch.yaml:3")
        })
    }

    @Test func aReloadTakesThePolicyOrLeavesIt() async throws {
        let host = try await PolicyHost(policy: Self.policy)
        try await host.adopt(client: nil, server: "web-1")
        #expect(host.answers("/evil") == dropped)
        let excepted = Self.policy + "exceptions:\n  - {patch: demo, path: \"/evil/ours*\", until: 2099-12-31, reason: \"ours\"}\n"
        try host.site.folder.write("policy.yaml", excepted)
        _ = try await host.daemon.reload()
        #expect(host.answers("/evil/ours") == passed && host.answers("/evil/theirs") == dropped)
        #expect(host.answers("/evil/ours/../theirs") == dropped)
        // Broken, or gone: the running one goes on.
        try host.site.folder.write("policy.yaml", excepted.replacing("enforce", with: "enforse"))
        await #expect(throws: ConfigurationError.self) { _ = try await host.daemon.reload() }
        try FileManager.default.removeItem(atPath: "\(host.site.folder.path)/policy.yaml")
        await #expect(throws: ConfigurationError.self) { _ = try await host.daemon.reload() }
        #expect(host.answers("/evil/ours") == passed && host.answers("/evil/theirs") == dropped)
        // The containers are not forgotten by a reload, nor the policy by a new container.
        try host.site.folder.write("policy.yaml", "")
        _ = try await host.daemon.reload()
        #expect(host.answers("/evil") == passed)
        await host.end()
        let exceptions = try host.site.events("alert").compactMap { ($0["rempart"] as? [String: Any])?["exception"] as? [String: Any] }
        #expect(exceptions.count == 4 && exceptions.allSatisfy { $0["reason"] as? String == "ours" })
    }

    /// The daemon's own commands: what holds, a reload by command and by signal, and why something was dropped.
    @Test func theCommands() throws {
        let site = try Site()
        try site.folder.write("patches/demo/patch.yaml", "id: demo\ntitle: A demonstration\nstage: shadow\n")
        try site.folder.write(
            "patches/demo/patch.rules", "drop http any any -> any any (msg:\"demo\"; http.uri; content:\"/evil\"; sid:1;)\n")
        let policy = try site.folder.write("policy.yaml", "")
        try site.startDaemon(rules: "", arguments: ["--patches", "\(site.folder.path)/patches", "--policy", policy])
        #expect(site.log.contains("policy \(policy): 0 lines, 0 exceptions"))
        #expect(try site.control("policy", "show").contains("demo  shadow (\(site.folder.path)/patches/demo/patch.yaml:3)"))
        #expect(site.request("/evil") == "404")
        try site.folder.write("policy.yaml", "patches:\n  - patch: demo\n    stage: enforce\n    reason: \"seen clean\"\n")
        _ = try site.control("reload")
        #expect(site.request("/evil", ["--max-time", "1"]) == "000")
        #expect(try site.control("policy", "show").contains("demo  enforce (\(policy):2): seen clean"))
        let explanation = try site.control("explain", TestTopology.serverIPv4)
        #expect(explanation.contains("patch: demo, A demonstration\n  policy: enforce (\(policy):2)\n") && explanation.contains("policy except --patch demo --path /evil"))
        try site.folder.write("policy.yaml", "patches:\n  - patch: demo\n    stage: enforse\n")
        #expect {
            _ = try site.control("reload")
        } throws: { "\($0)".contains("policy.yaml:3:12: stage: 'enforse'") && "\($0)".contains("stay in force") }
        _ = try #require(site.ipsd.map { kill($0.processIdentifier, SIGHUP) })
        try site.wait("the signal's reload is refused") { site.log.contains("the running rules stay") }
        #expect(site.request("/evil", ["--max-time", "1"]) == "000")
        let stats = try JSONDecoder().decode([String: UInt64].self, from: Data(try site.control("stats", "--json").utf8))
        #expect(stats["policy.shadowed"] == 1 && stats["policy.enforced"] == 2)
        #expect(try site.endDaemon() == 0)
        // A daemon that can't read its policy does not start.
        let refused = try site.launchDaemon(
            ["--patches", "\(site.folder.path)/patches", "--policy", policy, "--queues", "5"], log: "refused.log")
        try site.wait("ipsd refuses") { !refused.isRunning }
        #expect(try refused.terminationStatus == 1 && site.folder.text("refused.log").contains("policy.yaml:3:12"))
    }
}
