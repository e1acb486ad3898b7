import Events
import Inspection
import TestSupport
import Testing
import Wire

/// The forms of DNS records.
struct DNSRecordTests {
    /// A message with one question for `a`, and an answer of one address when `isAnswer`.
    private func message(_ type: UInt8, isAnswer: Bool, questions: UInt8 = 1) -> [UInt8] {
        let header: [UInt8] = [0, 7, isAnswer ? 0x81 : 1, isAnswer ? 0x80 : 0, 0, questions, 0, isAnswer ? 1 : 0, 0, 0, 0, 0]
        let question: [UInt8] = [1, 0x61, 0, 0, type, 0, 1]
        let answer: [UInt8] = isAnswer ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4] : []
        return header + (0..<questions).flatMap { _ in question } + answer
    }

    private func records(questions: UInt8 = 1, _ change: (inout DNSRecordSettings) -> Void) -> [String] {
        let lab = Lab("") { change(&$0.dnsRecords) }
        let client = PacketBuilder.to(port: 53)
        lab.send(client.udp(payload: message(1, isAnswer: false, questions: questions)))
        lab.send(client.reversed.udp(payload: message(1, isAnswer: true)))
        var encoder = EventEncoder()
        return lab.events.filter { $0.body.name == "dns" }.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    @Test func theOlderFormIsToldFromTheClient() {
        let told = records(questions: 2) { $0.version = 2 }
        #expect(told.map { $0.contains(#""src_port":40000"#) } == [true, true, true])
        #expect(told.map { $0.contains(#""type":"query""#) } == [true, true, false])
        #expect(told.last?.contains(#""type":"answer","id":7,"flags":"8180","qr":true,"rd":true,"ra":true,"rrname":"a","rrtype":"A","rcode":"NOERROR""#) == true)
        #expect(told.last?.contains(#""grouped":{"A":["1.2.3.4"]}"#) == true)
    }

    @Test func whatIsRecorded() {
        #expect(records { $0.logsRequests = false }.map { $0.contains(#""type":"response""#) } == [true])
        #expect(records { $0.logsResponses = false }.map { $0.contains(#""type":"request""#) } == [true])
        #expect(records { $0.types = ["AAAA"] }.isEmpty)
        #expect(records { $0.types = ["A"] }.count == 2)
        let grouped = records { $0.isDetailed = false }.last
        #expect(grouped?.contains(#""answers""#) == false && grouped?.contains(#""grouped""#) == true)
        let detailed = records { $0.isGrouped = false }.last
        #expect(detailed?.contains(#""answers""#) == true && detailed?.contains(#""grouped""#) == false)
    }
}
