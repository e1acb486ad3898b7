import Detection
import Events
import Flow
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// What leaves and what does not when rules count: packet by packet.
struct RateVerdictTests {
    private func lab(_ rule: String, _ thresholds: String) -> Lab {
        var options = CompilerOptions()
        options.thresholds = ThresholdFile(file: "threshold.config", bytes: Array(thresholds.utf8), variables: RuleVariables())
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, options: options)
        precondition((parsed.diagnostics + problems).isEmpty, "\(parsed.diagnostics + problems)")
        return Lab(ruleSet: set)
    }

    /// Letters of six datagrams, of one flow or of a flow each, and of two more after 40 seconds.
    private func letters(_ lab: Lab, ofOneFlow: Bool) -> String {
        func send(_ number: Int) -> Verdict {
            let builder = PacketBuilder.to(port: 53_000, from: ofOneFlow ? 40_000 : UInt16(40_000 + number))
            return lab.send(builder.udp(payload: Array("evil".utf8)))
        }
        let first = (0..<6).map(send)
        lab.wait(seconds: 40)
        return ActionMatrixTests.letters(first) + " " + ActionMatrixTests.letters((6..<8).map(send))
    }

    static let rate = "rate_filter gen_id 1, sig_id 1, track by_src, count 2, seconds 60, timeout 30, new_action"

    static let cases: [(rule: String, thresholds: String, letters: String, alerts: String, reason: String?)] = [
        ("alert", "\(rate) drop", "..dddd ..", "1 1 1! 1! 1! 1! 1 1", "threshold detection_filter 1"),
        ("alert", "\(rate) reject", "..rrrr ..", "1 1 1! 1! 1! 1! 1 1", "threshold detection_filter 1"),
        ("alert", "\(rate) pass", "...... ..", "1 1 1 1", nil),
        ("drop", "\(rate) alert", "dd.... dd", "1! 1! 1 1 1 1 1! 1!", "rules 1"),
        ("drop", "\(rate) pass", "dd.... dd", "1! 1! 1! 1!", "rules 1"),
        ("pass", "\(rate) drop", "..dddd ..", "1! 1! 1! 1!", "threshold detection_filter 1"),
        ("drop detection_filter:track by_src, count 2, seconds 60;", "", "..dddd dd", "1! 1! 1! 1! 1! 1!", "rules 1"),
        ("reject detection_filter:track by_src, count 2, seconds 60;", "", "..rrrr rr", "1! 1! 1! 1! 1! 1!", "rules 1"),
        ("drop threshold:type limit, track by_src, count 1, seconds 60;", "", "dddddd dd", "1!", "rules 1"),
        ("drop threshold:type threshold, track by_src, count 3, seconds 60;", "", "..d..d ..", "1! 1!", "rules 1"),
        ("drop threshold:type both, track by_src, count 3, seconds 60;", "", "..dddd dd", "1!", "rules 1"),
        ("drop", "suppress gen_id 1, sig_id 1", "dddddd dd", "", "rules 1"),
        ("drop", "suppress gen_id 1, sig_id 1, track by_src, ip 198.18.0.2", "dddddd dd", "", "rules 1"),
        ("pass", "suppress gen_id 1, sig_id 1", "...... ..", "", nil),
    ]

    @Test(arguments: cases.indices) func everyPacket(_ number: Int) {
        let one = Self.cases[number]
        let options = one.rule.split(separator: " ", maxSplits: 1)
        let rule = "\(options[0]) udp any any -> any any (content:\"evil\"; \(options.count > 1 ? String(options[1]) : "") sid:1;)"
        for ofOneFlow in [false, true] {
            let lab = lab(rule, one.thresholds)
            #expect(letters(lab, ofOneFlow: ofOneFlow) == one.letters)
            #expect(lab.alerts.joined(separator: " ") == one.alerts)
            let dropped = one.letters.count { $0 == "d" || $0 == "r" }
            #expect(lab.drops == [String](repeating: one.reason ?? "", count: dropped))
        }
    }
}
