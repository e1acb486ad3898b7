import Events
import Inspection
import TestSupport
import Testing
import Wire

/// A regular expression that runs into its limit, as an attacker can make it do.
struct ExpressionLimitTests {
    private let rule = #"drop tcp any any -> any any (content:"aaaa"; pcre:"/^(a+)+$/"; sid:7;)"#
    private let negated = #"drop tcp any any -> any any (content:"aaaa"; pcre:!"/^(a+)+$/"; sid:7;)"#
    private var attack: [UInt8] { Array((String(repeating: "a", count: 40) + "!").utf8) }

    private func lab(_ rule: String, drops: Bool) -> Lab {
        let lab = Lab(rule) { $0.dropsAtExpressionLimit = drops }
        for port in [40_000, 40_001] as [UInt16] {
            var talk = Conversation(client: .to(port: 80, from: port))
            talk.open()
            talk.send(attack, from: .toServer)
            _ = lab.send(talk.packets)
        }
        return lab
    }

    private func reports(_ lab: Lab) -> [UInt32?] {
        lab.events.compactMap {
            guard case .anomaly(let record) = $0.body, record.event == "pcre_limit" else { return nil }
            return .some(record.signatureID)
        }
    }

    @Test func itIsCountedAndSaidOnceAMinute() {
        let lab = lab(rule, drops: false)
        #expect(lab.alerts.isEmpty && lab.pipeline.counters.pcreLimits >= 2)
        #expect(reports(lab) == [7])
    }

    @Test func theOperatorMayHaveItDrop() {
        #expect(lab(rule, drops: true).alerts.first == "7!")
    }

    @Test func aNegatedOneDoesNotHoldEither() {
        let lab = lab(negated, drops: false)
        #expect(lab.alerts.isEmpty && reports(lab) == [7])
        #expect(self.lab(negated, drops: true).alerts.first == "7!")
    }
}
