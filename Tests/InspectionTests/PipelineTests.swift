import Events
import Flow
import Inspection
import TestSupport
import Testing
import Wire

struct PipelineTests {
    private let good = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func httpAndFlowRecords() throws {
        let lab = Lab("")
        var talk = Conversation.web(good)
        talk.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nContent-Type: text/plain; charset=x\r\n\r\nno")
        talk.close()
        #expect(lab.send(talk.packets).allSatisfy { $0 == .accept })
        lab.finish()
        let http = try #require(lab.requests.first)
        #expect(http.hostname == Array("a".utf8) && http.url == Array("/good".utf8) && http.status == 404 && http.length == 2)
        #expect(http.contentType == Array("text/plain".utf8))
        let flow = try #require(lab.flows.first)
        #expect(lab.flows.count == 1 && flow.state == "closed" && flow.action == nil && flow.reason == "shutdown")
        #expect(flow.packets.0 + flow.packets.1 == UInt64(talk.packets.count))
    }

    @Test func withoutRecordsOfTrafficAlertsAndCountersStay() {
        let lab = Lab(#"alert http any any -> any any (msg:"x"; http.uri; content:"/good"; sid:1;)"#) {
            $0.recordsTraffic = false
        }
        var talk = Conversation.web(good)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        talk.close()
        #expect(lab.send(talk.packets).allSatisfy { $0 == .accept })
        lab.finish()
        #expect(lab.alerts == ["1"] && lab.events.count == 1)
        #expect(lab.pipeline.counters.httpTransactions == 1 && lab.pipeline.counters.flows == 1)
    }

    @Test func idleFlowsTimeOut() {
        let lab = Lab("")
        lab.send(PacketBuilder.to(port: 53).udp(payload: [1]))
        lab.wait(seconds: 31)
        #expect(lab.flows.map(\.reason) == ["timeout"])
    }

    @Test func badChecksumsNeverReachTheReceiver() {
        let lab = Lab("")
        var talk = Conversation.web(good)
        var bad = talk.packets[3]
        bad[bad.count - 1] ^= 1
        #expect(lab.send(Array(talk.packets[..<3])) == [.accept, .accept, .accept])
        #expect(lab.send(bad) == .drop && lab.drops == ["stream error"])
        #expect(lab.pipeline.counters.checksumsInvalid == 1)
        #expect(lab.send(talk.packets[3]) == .accept)
        // A checksum that the sender's card would have computed is not bad.
        let offloaded = Lab("")
        #expect(talk.packets[..<3].map { offloaded.send($0) } == [.accept, .accept, .accept])
        #expect(offloaded.send(bad, checksums: false) == .accept)
        talk.close()
    }

    @Test func invalidPacketsAreDroppedAndCounted() {
        let lab = Lab("")
        var header = PacketBuilder.web.tcp(flags: .syn, sequence: 1)
        header[32] = 0x10
        #expect(lab.send(header) == .drop && lab.drops == ["decode error"] && lab.pipeline.counters.invalid == 1)
        let detect = Lab("", mode: .detect)
        #expect(detect.send(header) == .accept)
    }

    @Test func anOverlapWithOtherBytesIsSentAsItWasInspected() throws {
        let lab = Lab("")
        var talk = Conversation(client: .web)
        talk.open()
        _ = lab.send(talk.packets)
        let sequence = talk.clientSequence
        // The second half waits; then a whole segment comes that says something else there.
        lab.send(PacketBuilder.web.tcp(flags: .ack, sequence: sequence &+ 4, acknowledgment: talk.serverSequence, payload: Array("good".utf8)))
        let verdict = lab.send(
            PacketBuilder.web.tcp(flags: .ack, sequence: sequence, acknowledgment: talk.serverSequence, payload: Array("aaaaEVIL".utf8)))
        #expect(verdict == .rewrite)
        let sent = try #require(lab.rewritten.first)
        #expect(Array(sent.suffix(8)) == Array("aaaagood".utf8) && DecodedPacket(raw: sent).checksum == .valid)
        #expect(lab.pipeline.counters.tcpOverlapsDiffering > 0)
    }

    @Test func theFlowMemcapFollowsItsPolicy() {
        func lab(_ policy: ExceptionPolicy) -> Lab {
            Lab("") {
                $0.flow.memcapBytes = 16 << 10
                $0.exceptions[.flowMemcap] = policy
            }
        }
        let packets = (1...2000).flatMap { port in
            let client = PacketBuilder.to(port: 53, from: UInt16(port))
            return [client.udp(payload: [1]), client.reversed.udp(payload: [2])]
        }
        let closed = lab(.dropFlow)
        #expect(closed.send(packets).last == .drop && closed.drops.last == "flow memcap")
        #expect(lab(.ignore).send(packets).allSatisfy { $0 == .accept })
    }

    @Test func flowsWithoutAnswerMakeRoomForOthers() {
        let lab = Lab(#"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#) { $0.flow.memcapBytes = 16 << 10 }
        var old = Conversation(client: .to(port: 80, from: 1000))
        old.open()
        #expect(lab.send(old.packets).allSatisfy { $0 == .accept })
        for port in 2000..<4000 {
            #expect(lab.send(PacketBuilder.to(port: 80, from: UInt16(port)).tcp(flags: .syn, sequence: 1)) == .accept)
        }
        let counters = Dictionary(uniqueKeysWithValues: lab.pipeline.counters.namedValues)
        #expect(counters["flow.memcap"] == 0 && (counters["flow.get_used"] ?? 0) > 1900)
        // What was established before is still followed.
        let request = Array("GET /evil HTTP/1.1\r\n\r\n".utf8)
        #expect(lab.send(old.segments(of: request, from: .toServer)).last == .drop && lab.alerts == ["1!"])
    }

    @Test func fragmentsAreJoinedBeforeRules() {
        let lab = Lab(#"drop udp any any -> any any (content:"secret word"; sid:1;)"#)
        let builder = PacketBuilder.to(port: 53)
        let whole = builder.udp(payload: Array("xxxxxxxxsecret wordxxxxxxxxxx".utf8))
        let verdicts = lab.send(builder.fragments(of: whole, bytes: 16))
        #expect(verdicts.last == .drop && lab.alerts == ["1!"])
        // The receiver still holds the others.
        #expect(lab.send(builder.fragments(of: whole, bytes: 16)).allSatisfy { $0 == .drop })
    }

    @Test func midstreamFlowsAreInspected() {
        let lab = Lab(#"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#)
        let talk = Conversation.web("GET /evil HTTP/1.1\r\n\r\n")
        #expect(lab.send(Array(talk.packets[3...])).contains(.drop))
    }

    @Test func decisionsExplainDrops() throws {
        let lab = Lab(#"drop http any any -> any any (msg:"m"; http.uri; content:"/evil"; sid:1;)"#)
        _ = lab.send(Conversation.web("GET /an/evil HTTP/1.1\r\n\r\n").packets)
        let decision = try #require(lab.pipeline.decisions.first)
        #expect(lab.pipeline.decisions.count == 1 && decision.sid == 1 && decision.reason == .rules && decision.verdict == .drop)
        #expect(decision.buffer == "http.uri" && decision.matchOffset == 3 && decision.matchLength == 5)
        #expect(decision.context == Array("/an/evil".utf8))
    }

    @Test func theSamePacketsGiveTheSameVerdicts() {
        let rules = #"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#
        let packets = Conversation.web("GET /evil HTTP/1.1\r\n\r\n", segmentSize: 5).packets
        let runs = (0..<3).map { _ in
            let lab = Lab(rules)
            return lab.send(packets)
        }
        #expect(runs[0] == runs[1] && runs[1] == runs[2])
    }

    /// Mutated packets of many flows, in any order: no crash, and each gets a verdict.
    @Test func mutatedTraffic() {
        let rules = """
            drop http any any -> any any (http.uri; content:"/evil"; pcre:"/evil.*x/U"; sid:1;)
            alert tcp any any -> any any (content:"a"; content:"b"; distance:0; within:10; sid:2;)
            reject udp any any -> any any (content:"x"; byte_test:2,>,5,0; sid:3;)
            alert ip any any -> any any (sid:4;)
            """
        var random = SeededRandom(seed: 11)
        let lab = Lab(rules)
        let seeds =
            Conversation.web(good + "POST /evil?x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", segmentSize: 20).packets
            + Conversation.web("GET /evilx HTTP/1.1\r\n\r\n", client: .webOverIPv6, segmentSize: 6).packets
            + PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: [UInt8](repeating: 0x78, count: 60)), bytes: 16)
            + [PacketBuilder.web.icmp(type: 3, code: 3, payload: PacketBuilder.web.tcp(flags: .ack, sequence: 1))]
        var count: UInt64 = 0
        for _ in 0..<20_000 {
            var packet = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                packet[Int.random(in: 0..<packet.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 { packet.removeLast(Int.random(in: 0..<packet.count, using: &random)) }
            lab.send(packet, checksums: Bool.random(using: &random))
            count += 1
        }
        lab.finish()
        let counters = lab.pipeline.counters
        #expect(counters.packets == count && counters.accepted + counters.blocked + counters.rejected == count)
    }
}
