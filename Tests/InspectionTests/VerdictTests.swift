import Events
import Inspection
import TestSupport
import Testing
import Wire

struct VerdictTests {
    private let dropEvil = #"drop http any any -> any any (msg:"evil"; http.uri; content:"/evil"; sid:1;)"#
    private let evil = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
    private let good = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aDropTakesTheFlowWithIt() {
        let lab = Lab(dropEvil)
        var talk = Conversation.web(evil)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(lab.send(talk.packets) == [.accept, .accept, .accept, .drop, .drop, .drop, .drop])
        #expect(lab.alerts == ["1!"] && lab.drops == ["rules 1", "flow drop", "flow drop", "flow drop"])
        lab.finish()
        #expect(lab.flows.map(\.action) == ["drop"] && lab.flows.first?.hasAlerted == true)
        #expect(lab.pipeline.counters.blocked == 4)
    }

    @Test func otherFlowsGoOn() {
        let lab = Lab(dropEvil)
        _ = lab.send(Conversation.web(evil).packets)
        #expect(lab.send(Conversation.web(good, client: .to(port: 80, from: 41_000)).packets).allSatisfy { $0 == .accept })
    }

    @Test func detectModeOnlySaysWhatItWouldHaveDone() {
        let lab = Lab(dropEvil, mode: .detect)
        #expect(lab.send(Conversation.web(evil).packets).allSatisfy { $0 == .accept })
        lab.finish()
        #expect(lab.alerts == ["1"] && lab.drops.isEmpty && lab.flows.map(\.action) == ["drop"])
    }

    @Test func passEndsWhatRulesAfterItCouldDo() {
        let lab = Lab(dropEvil + "\npass tcp 198.18.0.2 any -> any any (sid:2;)\n")
        #expect(lab.send(Conversation.web(evil).packets).allSatisfy { $0 == .accept })
        #expect(lab.alerts.isEmpty)
    }

    @Test func aPacketRuleDropsThePacketOnly() {
        let lab = Lab("drop icmp any any -> any any (itype:8; icmp_seq:2; sid:1;)")
        let verdicts = lab.send((1...3).map { PacketBuilder.web.icmp(type: 8, code: 0, rest: UInt32($0)) })
        #expect(verdicts == [.accept, .drop, .accept])
    }

    @Test func everyCutOfTheRequestIsDropped() {
        for size in [1, 2, 3, 7, 13] {
            let lab = Lab(dropEvil)
            let verdicts = lab.send(Conversation.web(evil, segmentSize: size).packets)
            #expect(verdicts.contains(.drop) && verdicts.last == .drop, "segments of \(size)")
            #expect(lab.alerts == ["1!"])
        }
    }

    @Test func rawStreamRulesSeeAcrossSegments() {
        let lab = Lab(#"drop tcp any any -> any any (content:"secret word"; sid:1;)"#)
        let verdicts = lab.send(Conversation.web("the secret word", client: .to(port: 9999), segmentSize: 4).packets)
        #expect(lab.alerts == ["1!"] && verdicts.contains(.drop))
    }

    @Test(arguments: [PacketBuilder.web, .webOverIPv6])
    func rejectAnswersTheSender(client: PacketBuilder) throws {
        let lab = Lab(#"reject tcp any any -> any any (content:"evil"; sid:1;)"#)
        let talk = Conversation.web("evil", client: client)
        #expect(lab.send(talk.packets)[3] == .reject)
        let reset = try #require(lab.injections.first)
        let packet = DecodedPacket(raw: reset)
        #expect(lab.injections.count == 1 && packet.checksum == .valid && packet.tcp.flags.contains(.rst))
        #expect(packet.destination == client.source && packet.sourcePort == 80 && packet.destinationPort == 40_000)
        #expect(packet.tcp.sequence.rawValue == talk.serverSequence)
    }

    @Test func rejectBothAnswersBothEnds() {
        let lab = Lab(#"rejectboth tcp any any -> any any (content:"evil"; sid:1;)"#)
        _ = lab.send(Conversation.web("evil").packets)
        #expect(Set(lab.injections.map { DecodedPacket(raw: $0).destinationPort }) == [80, 40_000])
    }

    @Test func rejectOfADatagramIsUnreachable() throws {
        let lab = Lab(#"reject udp any any -> any any (content:"evil"; sid:1;)"#)
        #expect(lab.send(PacketBuilder.to(port: 53).udp(payload: Array("evil".utf8))) == .reject)
        let error = DecodedPacket(raw: try #require(lab.injections.first))
        #expect(error.transport == .icmp && error.icmpType == 3 && error.destination == PacketBuilder.web.source)
    }

    @Test func alertsBeyondTheLimitStillDrop() {
        let rules = (1...5).map { #"drop udp any any -> any any (content:"x"; sid:\#($0);)"# }.joined(separator: "\n")
        let lab = Lab(rules) { $0.packetAlertMax = 2 }
        #expect(lab.send(PacketBuilder.to(port: 53).udp(payload: [0x78])) == .drop)
        #expect(lab.alerts == ["1!", "2!"] && lab.pipeline.counters.alertQueueOverflows == 3)
        let none = Lab(rules) { $0.packetAlertMax = 0 }
        #expect(none.send(PacketBuilder.to(port: 53).udp(payload: [0x78])) == .drop && none.drops == ["rules"])
    }

    @Test func noalertTakesTheAlertAndNotTheDrop() {
        let lab = Lab(#"drop udp any any -> any any (content:"x"; noalert; sid:1;)"#)
        #expect(lab.send(PacketBuilder.to(port: 53).udp(payload: [0x78])) == .drop)
        #expect(lab.alerts.isEmpty && lab.drops == ["rules 1"])
    }

    @Test func unblockedFlowsGoOn() {
        let lab = Lab(dropEvil)
        var talk = Conversation.web(evil)
        _ = lab.send(talk.packets)
        #expect(lab.pipeline.unblock(.address(PacketBuilder.web.source)) == 1)
        let before = talk.packets.count
        talk.acknowledge(from: .toClient)
        #expect(lab.send(talk.packets[before]) == .accept)
        // The sender sends again what was dropped, and goes on; and says something else there.
        #expect(lab.send(talk.packets[3]) == .accept)
        talk.send([UInt8](repeating: 0x61, count: 3000), from: .toServer, acknowledges: false)
        #expect(lab.send(Array(talk.packets[(before + 1)...])).allSatisfy { $0 == .accept })
        let other = PacketBuilder.web.tcp(
            flags: .ack, sequence: talk.clientSequence &- 3100, acknowledgment: talk.serverSequence,
            payload: [UInt8](repeating: 0x62, count: 1400))
        #expect(lab.send(other) == .rewrite)
    }

    @Test func flowbitsCarryFromRequestToRequest() {
        let lab = Lab(
            """
            alert http any any -> any any (http.uri; content:"/login"; flowbits:set,login; noalert; sid:1;)
            drop http any any -> any any (http.uri; content:"/admin"; flowbits:isset,login; sid:2;)
            """)
        let admin = "GET /admin HTTP/1.1\r\n\r\n"
        #expect(!lab.send(Conversation.web(admin).packets).contains(.drop))
        let both = Conversation.web("GET /login HTTP/1.1\r\n\r\n" + admin, client: .to(port: 80, from: 41_000))
        #expect(lab.send(both.packets).contains(.drop) && lab.alerts == ["2!"])
    }

    @Test func responsesAreInspected() {
        let lab = Lab(#"drop http any any -> any any (http.stat_code; content:"500"; http.response_body; content:"trace"; sid:1;)"#)
        var talk = Conversation.web(good)
        talk.answer("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\ntrace")
        #expect(lab.send(talk.packets).contains(.drop) && lab.alerts == ["1!"])
    }

    @Test func flowDirectionAndStateCount() {
        let lab = Lab(
            """
            alert tcp any any -> any any (flow:established,to_server; content:"ping"; sid:1;)
            alert tcp any any -> any any (flow:established,to_client; content:"ping"; sid:2;)
            alert tcp any any -> any any (flow:not_established; flags:S; sid:3;)
            """)
        var talk = Conversation.web("ping", client: .to(port: 9))
        talk.answer("pong")
        _ = lab.send(talk.packets)
        #expect(lab.alerts == ["3", "1"])
    }

    @Test func aNewRuleSetBitesInARunningFlow() {
        let lab = Lab(#"drop http any any -> any any (http.uri; content:"/other"; sid:1;)"#)
        var talk = Conversation.web(good)
        #expect(!lab.send(talk.packets).contains(.drop))
        lab.pipeline.adopt(Lab.compile(dropEvil, previous: lab.pipeline.ruleSet))
        let before = talk.packets.count
        talk.send(Array(evil.utf8), from: .toServer)
        #expect(lab.send(Array(talk.packets[before...])).first == .drop)
    }
}
