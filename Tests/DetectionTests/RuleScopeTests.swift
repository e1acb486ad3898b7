import Detection
import RuleLanguage
import TestSupport
import Testing
import Wire

struct RuleScopeTests {
    @Test func addressesPortsAndDirections() {
        let lab = PayloadLab(
            rules: """
                alert udp 198.18.0.2 any -> any 53 (sid:1;)
                alert udp !198.18.0.0/24 any -> any any (sid:2;)
                alert udp any 53 -> any any (sid:3;)
                alert udp any 53 <> any any (sid:4;)
                alert ip any any -> fd00:198:18::/48 any (sid:5;)
                alert tcp any any -> any any (sid:6;)
                """)
        #expect(lab.diagnostics.isEmpty)
        #expect(Set(lab.sids([1])) == [1, 4])
        #expect(Set(lab.sids([1], from: .to(port: 53).reversed)) == [3, 4])
        #expect(Set(lab.sids([1], from: .webOverIPv6)) == [2, 5])
    }

    @Test(arguments: [
        ("ttl:64;", true), ("ttl:<64;", false), ("id:0;", true), ("ip_proto:17;", true), ("ip_proto:!17;", false),
        ("sameip;", false), ("fragbits:D;", true), ("tos:!0;", false),
    ])
    func headerKeywords(options: String, matches: Bool) {
        let lab = PayloadLab([options])
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        #expect(lab.sids([1]) == (matches ? [1] : []))
    }

    @Test(arguments: ["ip", "ip4", "udp", "pkthdr"])
    func contentIsLookedForInDatagrams(of proto: String) {
        let lab = PayloadLab(rules: "alert \(proto) any any -> any any (content:\"evil\"; sid:1;)")
        #expect(lab.diagnostics.isEmpty && lab.sids("evil") == [1] && lab.sids("good").isEmpty)
    }

    @Test func tcpFlags() {
        let lab = PayloadLab(
            ["flags:S;", "flags:S+;", "flags:*SF;", "flags:!A;", "flags:SA,E;", "seq:7;", "window:512;"],
            header: "alert tcp any any -> any any")
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        let builder = PacketBuilder.web
        #expect(Set(lab.sids(packet: builder.tcp(flags: .syn, sequence: 7))) == [1, 2, 3, 4, 6])
        #expect(Set(lab.sids(packet: builder.tcp(flags: [.syn, .ack, .ece], sequence: 8, window: 512))) == [2, 3, 5, 7])
    }

    @Test func icmpKeywords() {
        let lab = PayloadLab(["itype:8; icode:0;", "itype:>8;", "icmp_id:258;", "icmp_seq:9;"], header: "alert icmp any any -> any any")
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        #expect(Set(lab.sids(packet: PacketBuilder.web.icmp(type: 8, code: 0, rest: 0x0102_0009))) == [1, 3, 4])
    }

    /// Suricata: pass, drop, reject, alert; within one action by priority, then as loaded.
    @Test func orderOfEvaluation() {
        let lab = PayloadLab(
            rules: """
                alert udp any any -> any any (sid:1;)
                alert udp any any -> any any (priority:1; sid:2;)
                reject udp any any -> any any (sid:3;)
                drop udp any any -> any any (sid:4;)
                pass udp any any -> any any (sid:5;)
                alert udp any any -> any any (sid:6;)
                """)
        #expect(lab.ruleSet.rules.map(\.rule.sid) == [5, 4, 3, 2, 1, 6])
    }

    @Test func theHigherRevisionCounts() {
        let lab = PayloadLab(
            rules: """
                alert udp any any -> any any (content:"old"; sid:1; rev:1;)
                alert udp any any -> any any (content:"new"; sid:1; rev:2;)
                alert udp any any -> any any (content:"same"; sid:1; rev:2;)
                """)
        #expect(lab.sids("new") == [1] && lab.sids("old") == [] && lab.sids("same") == [])
        #expect(lab.diagnostics.map(\.severity) == [.warning, .error])
    }

    @Test func thresholds() {
        let lab = PayloadLab([
            "threshold:type limit, track by_src, count 2, seconds 10;",
            "threshold:type threshold, track by_dst, count 3, seconds 10;",
            "threshold:type both, track by_rule, count 2, seconds 10;",
            "detection_filter:track by_src, count 2, seconds 10;",
        ])
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        let seen = (0..<6).map { Set(lab.sids([1], at: $0)) }
        #expect(seen.map { $0.contains(1) } == [true, true, false, false, false, false])
        #expect(seen.map { $0.contains(2) } == [false, false, true, false, false, true])
        #expect(seen.map { $0.contains(3) } == [false, true, false, false, false, false])
        #expect(seen.map { $0.contains(4) } == [false, false, true, true, true, true])
        #expect(lab.sids([1], at: 30).contains(1))
        #expect(lab.sids([1], at: 31, from: PacketBuilder.to(port: 53).reversed).contains(1))
    }
}
