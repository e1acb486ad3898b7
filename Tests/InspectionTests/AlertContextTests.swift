import Events
import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// What an alert says of its flow and its transaction.
struct AlertContextTests {
    private let request = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n"

    private func alerts(_ lab: Lab) -> [(record: AlertRecord, header: EventHeader)] {
        lab.events.compactMap {
            guard case .alert(let alert, _) = $0.body else { return nil }
            return (alert, $0.header)
        }
    }

    @Test func aRuleWithoutBuffersIsToldOfTheOnlyTransactionWhenAsked() {
        let rules = "alert tcp any any -> any any (flow:to_server,established; sid:1;)"
        for guesses in [false, true] {
            let lab = Lab(rules) { $0.guessesTransactions = guesses }
            _ = lab.send(Conversation.web(request).packets)
            #expect(alerts(lab).map { $0.record.http?.url.map { String(decoding: $0, as: UTF8.self) } } == [guesses ? "/one" : nil])
            #expect(alerts(lab).map(\.header.transactionID) == [guesses ? 0 : nil])
        }
        // With two at once it could be either.
        let lab = Lab(rules) { $0.guessesTransactions = true }
        _ = lab.send(Conversation.web(request + request).packets)
        #expect(alerts(lab).allSatisfy { $0.record.http == nil && $0.header.transactionID == nil })
    }

    @Test func referencesAreAMatterOfTaste() {
        let rules = #"alert tcp any any -> any any (content:"one"; reference:cve,2021-44228; sid:1;)"#
        for carries in [false, true] {
            let lab = Lab(rules) { $0.alertsCarryReferences = carries }
            _ = lab.send(Conversation.web(request).packets)
            #expect(alerts(lab).map { $0.record.references.isEmpty } == [!carries])
        }
    }

    @Test func aPacketWithAWrongChecksumBelongsToItsFlow() throws {
        let lab = Lab("alert tcp any any -> any any (tcpv4-csum:invalid; sid:1;)")
        var damaged = PacketBuilder.web.tcp(flags: .syn, sequence: 1)
        damaged[36] ^= 0xff
        #expect(lab.send(damaged) == .drop && lab.alerts == ["1"])
        let alert = try #require(alerts(lab).first)
        #expect(alert.record.flow?.packets.0 == 1 && alert.record.direction == "to_server" && alert.header.flowID != nil)
        lab.finish()
        #expect(lab.flows.count == 1)
    }

    @Test func packetsWithAWrongChecksumDoNotSayWhoTheClientIs() {
        let lab = Lab(#"drop tcp any any -> any any (flow:to_server,established; content:"one"; sid:1;)"#)
        // As if the server had begun.
        var damaged = PacketBuilder.web.reversed.tcp(flags: .ack, sequence: 5000, acknowledgment: 1000, payload: [1])
        damaged[36] ^= 0xff
        _ = lab.send(damaged)
        let verdicts = lab.send(Conversation.web(request).packets)
        #expect(verdicts[3] == .drop && lab.alerts == ["1!"])
    }

    @Test func aConnectionIsClosedWhenOnlyItsLastAcknowledgmentIsMissing() {
        let lab = Lab("")
        var talk = Conversation.web(request)
        talk.close()
        _ = lab.send(Array(talk.packets.dropLast()))
        lab.finish()
        #expect(lab.flows.map(\.state) == ["closed"] && lab.flows.map(\.tcpState) == ["last_ack"])
    }
}
