import Events
import Flow
import Inspection
import TestSupport
import Testing
import Wire

/// What the end of a connection brings up, and what comes with it.
struct StreamEndTests {
    private func opened() -> Conversation {
        var talk = Conversation(client: .web)
        talk.open()
        return talk
    }

    private func segment(_ talk: Conversation, at offset: UInt32, _ text: String) -> [UInt8] {
        PacketBuilder.web.tcp(
            flags: [.psh, .ack], sequence: talk.clientSequence &+ offset, acknowledgment: talk.serverSequence,
            payload: Array(text.utf8))
    }

    private func beside(_ rules: String, _ change: (inout PipelineConfiguration) -> Void = { _ in }) -> Lab {
        Lab(rules, mode: .detect) {
            $0.tcp.deliversOnAcknowledgment = true
            change(&$0)
        }
    }

    private let rules = """
        alert tcp-stream any any -> any any (content:"VERY"; sid:1;)
        alert tcp-stream any any -> any any (content:"DATA"; sid:2;)
        alert tcp-stream any any -> any any (content:"VERYDATA"; sid:3;)
        """

    /// What lies on either side of a hole that was never filled is inspected, each part by itself.
    @Test func bothSidesOfAHole() {
        let lab = beside(rules)
        let talk = opened()
        _ = lab.send(talk.packets + [segment(talk, at: 0, "VERY"), segment(talk, at: 8, "DATA")])
        #expect(lab.alerts.isEmpty)
        lab.finish()
        #expect(lab.alerts == ["1", "2"])
        for event in lab.events {
            guard case .alert(let alert, _) = event.body else { continue }
            #expect(alert.payload.payload == Array("VERY[4 bytes missing]DATA".utf8))
            #expect(event.header.packetSource == "stream (flow timeout)")
        }
        #expect(value("tcp.reassembly_gap", lab) == 0)
    }

    /// Inline nobody has got what waits behind a hole.
    @Test func behindAHoleInline() {
        let lab = Lab(rules)
        let talk = opened()
        _ = lab.send(talk.packets + [segment(talk, at: 0, "VERY"), segment(talk, at: 8, "DATA")])
        lab.finish()
        #expect(lab.alerts == ["1"])
    }

    /// The server's FIN comes with its last bytes still unacknowledged: they belong to the response.
    @Test func aFINBeforeTheAcknowledgment() {
        let lab = beside("")
        var talk = Conversation.web("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        talk.append(
            PacketBuilder.web.reversed.tcp(
                flags: [.psh, .ack, .fin], sequence: talk.serverSequence, acknowledgment: talk.clientSequence,
                payload: Array("HTTP/1.1 200 OK\r\n\r\nHello".utf8)))
        _ = lab.send(talk.packets)
        lab.finish()
        #expect(lab.requests.map(\.length) == [5])
    }

    @Test func theDepthIsReachedOnce() {
        let lab = Lab("alert tcp any any -> any any (stream-event:reassembly_depth_reached; sid:1;)") { $0.streamDepth = 6 }
        let talk = opened()
        _ = lab.send(talk.packets + [segment(talk, at: 0, "abcd")])
        #expect(lab.alerts.isEmpty)
        _ = lab.send([segment(talk, at: 4, "efgh"), segment(talk, at: 8, "ijkl")])
        #expect(lab.alerts == ["1"])
        #expect(value("stream.reassembly_depth_reached", lab) == 1)
    }

    /// Picked up with a bare acknowledgment of the server's: its first data tells which end it is.
    @Test func theServersAcknowledgmentFirst() {
        let lab = Lab(#"alert http any any -> any any (flow:to_client; http.stat_code; content:"200"; sid:1;)"#)
        var talk = Conversation.web("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        talk.acknowledge(from: .toClient)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        _ = lab.send(Array(talk.packets.dropFirst(4)))
        lab.finish()
        #expect(lab.alerts == ["1"])
        #expect(lab.flows.first.map { $0.packets.1 > 0 } == true)
        #expect(lab.events.contains { $0.header.destinationPort == 80 })
    }

    private func value(_ name: String, _ lab: Lab) -> UInt64? {
        lab.pipeline.counters.namedValues.first { $0.name == name }?.value
    }
}
