import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// What rules remember between packets and hosts, and what they know before.
struct StateKeywordTests {
    private func lab(_ rules: String, thresholds: String = "", files: [String: String] = [:]) -> Lab {
        var options = CompilerOptions()
        options.thresholds = ThresholdFile(file: "threshold.config", bytes: Array(thresholds.utf8), variables: RuleVariables())
        options.readFile = { path, _ throws(CompilerOptions.FileFailure) in
            guard let text = files[path] else { throw .init(message: "\(path): no such file") }
            return Array(text.utf8)
        }
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rules.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, options: options)
        precondition((parsed.diagnostics + problems).isEmpty, "\(parsed.diagnostics + problems)")
        return Lab(ruleSet: set)
    }

    private func datagrams(_ lab: Lab, _ count: Int, _ text: String = "evil", from port: UInt16 = 40_000) -> [Verdict] {
        (0..<count).map { _ in lab.send(PacketBuilder.to(port: 53_000, from: port).udp(payload: Array(text.utf8))) }
    }

    private let evil = #"alert udp any any -> any any (content:"evil"; sid:1;)"#

    @Test func aLimitOfTheThresholdFile() {
        let lab = lab(evil, thresholds: "threshold gen_id 1, sig_id 1, type limit, track by_src, count 2, seconds 60")
        _ = datagrams(lab, 5)
        #expect(lab.alerts == ["1", "1"])
        lab.wait(seconds: 61)
        _ = datagrams(lab, 1)
        #expect(lab.alerts.count == 3)
    }

    @Test func aSuppressionIsSilentButStillDrops() {
        let rule = evil.replacing("alert udp", with: "drop udp")
        let lab = lab(rule, thresholds: "suppress gen_id 1, sig_id 1, track by_src, ip 198.18.0.2")
        #expect(datagrams(lab, 1) == [.drop])
        #expect(lab.alerts.isEmpty)
    }

    @Test func aSilentDropNamesItsRule() {
        let lab = lab(#"drop udp any any -> any any (content:"evil"; noalert; sid:1;)"#)
        #expect(datagrams(lab, 1) == [.drop] && lab.alerts.isEmpty && lab.drops == ["rules 1"])
    }

    @Test func xbitsReachOtherFlowsOfTheHostUntilTheyExpire() {
        let rules = """
            alert udp any any -> any any (content:"mark"; xbits:set,bad,track ip_src,expire 10; noalert; sid:1;)
            alert udp any any -> any any (content:"evil"; xbits:isset,bad,track ip_src; sid:2;)
            """
        let lab = lab(rules)
        _ = datagrams(lab, 1)
        #expect(lab.alerts.isEmpty)
        _ = datagrams(lab, 1, "mark", from: 40_001)
        _ = datagrams(lab, 1, from: 40_002)
        #expect(lab.alerts == ["2"])
        lab.wait(seconds: 11)
        _ = datagrams(lab, 1, from: 40_003)
        #expect(lab.alerts == ["2"])
    }

    @Test func hostbitsExpireAfterTheirSeconds() {
        let lab = lab(
            """
            alert udp any any -> any any (content:"mark"; hostbits:set,bad,src,5; noalert; sid:1;)
            alert udp any any -> any any (content:"evil"; hostbits:isset,bad,src; sid:2;)
            """)
        _ = datagrams(lab, 1, "mark")
        _ = datagrams(lab, 1)
        lab.wait(seconds: 6)
        _ = datagrams(lab, 1)
        #expect(lab.alerts == ["2"])
    }

    /// `isnotset` with several names: one of them is not set.
    @Test func oneOfSeveralFlowbitsIsNotSet() {
        let lab = lab(
            """
            alert udp any any -> any any (content:"evil"; flowbits:isnotset,a|b; sid:1;)
            alert udp any any -> any any (content:"evil"; flowbits:set,a; noalert; sid:2;)
            alert udp any any -> any any (content:"mark"; flowbits:set,b; noalert; sid:3;)
            """)
        _ = datagrams(lab, 2)
        #expect(lab.alerts == ["1", "1"])
        _ = datagrams(lab, 1, "mark")
        _ = datagrams(lab, 1)
        #expect(lab.alerts == ["1", "1"])
    }

    @Test func aDatasetFromAFileAndOneThatGrows() {
        let rules = """
            alert http any any -> any any (http.host; dataset:isset,hosts,type string,load hosts.lst; sid:1;)
            alert http any any -> any any (http.user_agent; dataset:set,agents,type string; sid:2;)
            """
        // Base64 of "bad.example".
        let lab = lab(rules, files: ["hosts.lst": "YmFkLmV4YW1wbGU=\n"])
        for (port, host) in [(40_000, "bad.example"), (40_001, "good.example")] as [(UInt16, String)] {
            let client = PacketBuilder.to(port: 80, from: port)
            _ = lab.send(Conversation.web("GET / HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: x\r\n\r\n", client: client).packets)
        }
        #expect(lab.alerts.filter { $0 == "1" }.count == 1)
        // Only what is new to the set matches.
        #expect(lab.alerts.filter { $0 == "2" }.count == 1)
    }

    @Test func contradictionsAreRefused() {
        for options in [
            #"content:"a"; startswith; depth:5;"#, #"flowbits:isset,a; flowbits:isnotset,a;"#,
            #"dsize:<3; content:"abcd";"#, #"content:"a"; fast_pattern; content:"b"; fast_pattern;"#,
        ] {
            let parsed = RuleParser().parse(file: "lab.rules", bytes: Array("alert tcp any any -> any any (\(options) sid:1;)".utf8))
            #expect(parsed.rules.isEmpty && parsed.diagnostics.count == 1, "\(options)")
        }
    }
}
