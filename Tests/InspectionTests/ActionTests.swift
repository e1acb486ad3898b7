import Detection
import Events
import Flow
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// What an action reaches: the packet, the flow, the rules after it.
struct ActionTests {
    private let request = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aPassRuleOnAddressesLetsTheWholeFlowGo() {
        let lab = Lab(
            """
            pass tcp any any -> any 80 (sid:1;)
            drop tcp any any -> any any (content:"evil"; sid:2;)
            """)
        var talk = Conversation.web(request)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(lab.send(talk.packets).allSatisfy { $0 == .accept })
        lab.finish()
        #expect(lab.alerts.isEmpty && lab.flows.map(\.action) == ["pass"])
        // Passed flows are still logged.
        #expect(lab.requests.count == 1)
    }

    @Test func aPassWithAlertSaysSo() {
        let lab = Lab(#"pass tcp any any -> any any (alert; content:"evil"; sid:1;)"#)
        let verdicts = lab.send(Conversation.web(request).packets)
        #expect(verdicts.allSatisfy { $0 == .accept } && lab.alerts == ["1"])
    }

    @Test func rulesThatNeedAPacketDropThatPacketOnly() {
        let lab = Lab(#"drop http any any -> any any (flow:to_server; dsize:>100; sid:1;)"#)
        var talk = Conversation.web(request)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let before = talk.packets.count
        talk.send(Array(("GET /" + String(repeating: "a", count: 200) + " HTTP/1.1\r\n\r\n").utf8), from: .toServer)
        let verdicts = lab.send(talk.packets)
        #expect(verdicts[..<before].allSatisfy { $0 == .accept })
        #expect(verdicts[before] == .drop && verdicts.filter { $0 == .drop }.count == 1)
        lab.finish()
        #expect(lab.flows.map(\.action) == [nil])
    }

    @Test func segmentsThatTheStreamRefusesAreStillLookedAt() {
        let lab = Lab(#"alert tcp any any -> any any (content:"evil"; sid:1;)"#)
        // Data without ACK is no part of a stream.
        let stray = PacketBuilder.web.tcp(flags: .psh, sequence: 5, payload: Array("evil".utf8))
        #expect(lab.send(stray) == .drop)
        #expect(lab.alerts == ["1"] && lab.drops == ["stream error"])
    }

    @Test func bypassEndsTheInspectionOfItsFlow() {
        let lab = Lab(
            """
            alert tcp any any -> any 80 (content:"hello"; bypass; sid:1;)
            drop tcp any any -> any any (content:"evil"; sid:2;)
            """)
        var talk = Conversation.web("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let first = lab.send(talk.packets)
        #expect(first.contains(.bypass) && lab.alerts == ["1"])
        let before = talk.packets.count
        talk.send(Array(request.utf8), from: .toServer)
        #expect(lab.send(Array(talk.packets[before...])).allSatisfy { $0 != .drop })
        lab.finish()
        #expect(lab.alerts == ["1"] && lab.flows.map(\.state) == ["bypassed"])
    }

    @Test func aPassThatComesAfterADropTakesNothingBack() {
        let parsed = RuleParser().parse(
            file: "order.rules",
            bytes: Array(
                """
                pass tcp any any -> any any (alert; sid:1;)
                drop tcp any any -> any any (content:"evil"; sid:2;)
                """.utf8))
        var options = CompilerOptions()
        options.actionOrder = [.drop, .pass, .reject, .alert]
        let lab = Lab(ruleSet: RuleSet.compile(parsed.rules, options: options).0)
        // Data in a SYN: the stream refuses it before the rule does.
        let stray = PacketBuilder.web.tcp(flags: .syn, sequence: 5, payload: Array("evil".utf8))
        #expect(lab.send([stray, stray]) == [.drop, .drop])
        #expect(lab.alerts == ["2!", "1", "2!"])
    }

    @Test func aHandshakeEndsWithItsBareAcknowledgement() {
        let rules = #"alert tcp any any -> any any (flow:established,to_server; sid:1;)"#
        var talk = Conversation(client: .web)
        talk.open()
        let lab = Lab(rules)
        #expect(lab.send(talk.packets).count == 3 && lab.alerts.isEmpty)
        // Data in the packet that completes the handshake is no less established.
        talk.send(Array(request.utf8), from: .toServer)
        let hasty = Lab(rules)
        _ = hasty.send(Array(talk.packets[..<2]) + [talk.packets[3]])
        #expect(hasty.alerts == ["1"])
    }

    private func midstream(_ policy: ExceptionPolicy, _ mode: PipelineConfiguration.Mode = .prevent, picksUp: Bool = true) -> Lab {
        let lab = Lab(#"alert http any any -> any any (http.uri; content:"/evil"; sid:1;)"#, mode: mode) {
            $0.exceptions[.streamMidstream] = policy
            $0.tcp.acceptsMidstream = picksUp
        }
        var talk = Conversation.web(request)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        // The handshake was before our time.
        _ = lab.send(Array(talk.packets[3...]))
        lab.finish()
        return lab
    }

    @Test func whatAMidstreamPolicyDoes() {
        #expect(midstream(.ignore).alerts == ["1"])
        let dropped = midstream(.dropFlow)
        #expect(dropped.alerts.isEmpty && dropped.drops.first == "stream midstream")
        #expect(dropped.drops.dropFirst().allSatisfy { $0 == "exception policy flow drop" } && dropped.flows.map(\.action) == ["drop"])
        let passed = midstream(.passFlow)
        #expect(passed.alerts.isEmpty && passed.drops.isEmpty && passed.flows.map(\.action) == ["pass"])
        #expect(midstream(.bypass).flows.map(\.state) == ["bypassed"])
        #expect(midstream(.dropFlow, .detect).drops.isEmpty)
        #expect(midstream(.ignore).flows.first?.exceptionPolicies.map(\.policy) == ["ignore"])
    }

    @Test func aListenerBesideTheWireWaitsForTheAcknowledgment() {
        let lab = Lab(#"alert http any any -> any any (http.uri; content:"/evil"; sid:1;)"#, mode: .detect) {
            $0.tcp.deliversOnAcknowledgment = true
        }
        var talk = Conversation.web(request)
        _ = lab.send(talk.packets)
        #expect(lab.alerts.isEmpty)
        let sent = talk.packets.count
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        talk.acknowledge(from: .toServer)
        _ = lab.send(Array(talk.packets[sent...]))
        #expect(lab.alerts == ["1"])
        // What nobody acknowledged is looked at when the flow ends.
        let late = Lab(#"alert http any any -> any any (http.uri; content:"/evil"; sid:1;)"#, mode: .detect) {
            $0.tcp.deliversOnAcknowledgment = true
        }
        _ = late.send(Conversation.web(request).packets)
        late.finish()
        #expect(late.alerts == ["1"])
    }

    @Test func oneSidedConnectionsAreFollowedWhenAsked() {
        for isAsked in [true, false] {
            let lab = Lab(#"alert http any any -> any any (http.uri; content:"/evil"; sid:1;)"#) { $0.tcp.acceptsOneSided = isAsked }
            let talk = Conversation.web(request)
            let decoder = PacketDecoder()
            let client = talk.packets.filter {
                decoder.decode($0.span, link: .rawIP, checksums: .ignore).destinationPort == 80
            }
            _ = lab.send(client)
            #expect(lab.alerts == (isAsked ? ["1"] : []))
        }
    }
}
