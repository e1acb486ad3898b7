import Foundation
import TestSupport
import Testing

/// A rule whose checks take too long, in a running daemon.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(3)))
struct RuleLatencyLiveTests {
    private let rules = #"""
        alert http any any -> any any (msg:"slow"; flow:to_server; http.uri; content:"a"; pcre:"/^(a+)+$/R"; sid:1;)
        drop http any any -> any any (msg:"protects"; http.uri; content:"/evil"; sid:2;)
        """#

    @Test func itIsLeftOutAndTakenBackAndTrafficFlows() throws {
        let site = try Site()
        // Every check of the expression is over one microsecond.
        let file = try site.folder.write(
            "ipsd.yaml",
            "latency: {rule: {max-microseconds: 1, suspend-threshold: 3, window-seconds: 60, suspend-seconds: 3, suspend: alerts}}\n")
        try site.startDaemon(rules: rules, arguments: ["--config", file])
        let target = "/" + String(repeating: "a", count: 200) + "!"
        try site.wait("the rule is left out") {
            #expect(site.request(target) == "404")
            return site.log.contains("rule sid 1 (alert, slow) is left out for 3 s")
        }
        #expect(try site.control("status").contains("SUSPENDED: sid 1 (alert)"))
        #expect(try site.control("rules", "top", "--sort", "checks").contains("SUSPENDED slow"))
        #expect(site.request(target) == "404" && site.request("/evil", ["--max-time", "1"]) == "000")
        try site.wait("the rule is back") { site.log.contains("rule sid 1 (alert, slow) is back") }
        #expect(site.request("/") == "200")
        #expect(try site.endDaemon() == 0)
        let events = try site.events("anomaly").compactMap { ($0["anomaly"] as? [String: Any])?["event"] as? String }
        #expect(events.contains("rule_suspended") && events.contains("rule_resumed"))
    }
}
