import Events
import Inspection
import Testing
import TestSupport
import Traffic
import Wire

/// What parsers and detection hold is counted, bounded and given back.
@Suite struct MemoryTests {
    private func counters(_ lab: Lab) -> [String: UInt64] { Dictionary(uniqueKeysWithValues: lab.pipeline.counters.namedValues) }

    private let header = Array("GET / HTTP/1.1\r\nX-Padding: \(String(repeating: "z", count: 8000))\r\n".utf8)

    /// An open connection with `header`, of a request that does not end.
    private func begin(_ lab: Lab, port: UInt16) -> (conversation: Conversation, last: Verdict) {
        var conversation = Conversation(client: .to(port: 80, from: port))
        conversation.open()
        conversation.send(header, from: .toServer)
        return (conversation, lab.send(conversation.packets).last ?? .drop)
    }

    @Test func whatUnfinishedRequestsHoldIsBounded() {
        for (policy, expected) in [(ExceptionPolicy.dropFlow, Verdict.drop), (.ignore, .accept)] {
            let lab = Lab("") {
                $0.appLayerMemcapBytes = 256 << 10
                $0.exceptions[.appLayerMemcap] = policy
            }
            let verdicts = (2000..<2200).map { begin(lab, port: $0).last }
            #expect(verdicts.first == .accept && verdicts.last == expected)
            let now = counters(lab)
            let met = now["app_layer.memcap"] ?? 0
            #expect(met > 0)
            guard policy == .dropFlow else { continue }
            #expect(lab.drops.contains("applayer memcap") && (now["app_layer.memuse"] ?? 0) <= 256 << 10)
            #expect(now["exception_policy.app_layer.memcap.drop_flow"] == met)
        }
    }

    @Test func everythingIsGivenBackAtTheEnd() {
        let lab = Lab(#"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#)
        for port in UInt16(2000)..<2020 { _ = begin(lab, port: port) }
        #expect((counters(lab)["app_layer.memuse"] ?? 0) > 20 * 8000)
        lab.finish()
        #expect(counters(lab)["app_layer.memuse"] == 0 && counters(lab)["flow.memuse"] == 0)
    }

    @Test func aBlockedFlowHoldsNothing() {
        let lab = Lab(#"drop tcp any any -> any any (content:"EVIL"; sid:1;)"#)
        var (conversation, _) = begin(lab, port: 2000)
        #expect((counters(lab)["app_layer.memuse"] ?? 0) > 8000)
        conversation.send(Array("X: EVIL\r\n".utf8), from: .toServer)
        _ = lab.send(Array(conversation.packets.suffix(2)))
        #expect(lab.alerts == ["1!"] && counters(lab)["app_layer.memuse"] == 0)
        #expect(counters(lab)["tcp.reassembly_memuse"] == 0)
        lab.finish()
        #expect(lab.flows.first?.action == "drop")
    }

    /// Under pressure, flows that have been silent keep only the newest bytes of their streams.
    @Test func silentFlowsMakeRoom() {
        let lab = Lab(#"alert tcp any any -> any any (content:"zzzz"; content:"NEVER"; sid:1;)"#) {
            $0.appLayerMemcapBytes = 1 << 20
        }
        func answer(_ port: UInt16) -> Verdict {
            var conversation = Conversation(client: .to(port: 80, from: port))
            conversation.open()
            conversation.send([UInt8](repeating: 0x80, count: 12_000), from: .toClient)
            return lab.send(conversation.packets).last ?? .drop
        }
        for port in UInt16(2000)..<2020 { #expect(answer(port) == .accept) }
        lab.wait(seconds: 5)
        let verdicts = (UInt16(3000)..<3020).map(answer)
        #expect(verdicts.allSatisfy { $0 == .accept })
        #expect((counters(lab)["detect.streams_shrunk"] ?? 0) > 0 && counters(lab)["app_layer.memcap"] == 0)
    }

    /// What a decoder's library allocates is counted, not only what it has given out.
    @Test func decodersAreCounted() {
        let lab = Lab("")
        let before = counters(lab)["app_layer.memuse"] ?? 0
        var conversation = Conversation(client: .to(port: 80, from: 2000))
        conversation.open()
        conversation.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n"
        let gzip: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x01, 5, 0, 0xfa, 0xff] + Array("hello".utf8)
        conversation.send(Array(head.utf8) + gzip, from: .toClient)
        _ = lab.send(conversation.packets)
        #expect((counters(lab)["app_layer.memuse"] ?? 0) - before > 32 << 10)
    }
}
