import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// Records where they lie in the bytes (https://docs.suricata.io/en/suricata-8.0.0/rules/frame-keywords.html).
struct FrameTests {
    private static func alerts(_ rules: String, segmentSize: Int, _ body: (inout Conversation) -> Void) -> [String] {
        let lab = Lab(rules, mode: .detect)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        body(&talk)
        talk.close()
        _ = lab.send(talk.packets)
        lab.finish()
        return lab.alerts.sorted()
    }

    private static let request = "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 6\r\n\r\nbody-1"
    private static let response = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nuid="

    @Test(arguments: [1, 3, 17, 1460])
    func messagesOfHTTPAreFramesFromTheFirstLineToTheBodysEnd(segmentSize: Int) {
        let rules = """
            alert http any any -> any any (frame:http1.request; content:"POST /a"; startswith; bsize:\(Self.request.utf8.count); sid:1;)
            alert http1 any any -> any any (frame:request; content:"body-1"; endswith; sid:2;)
            alert tcp any any -> any any (flow:to_client; frame:http1.response; content:"HTTP/1.1"; startswith; content:"uid="; endswith; sid:3;)
            alert http1 any any -> any any (frame:request; strip_whitespace; content:"POST/aHTTP/1.1Host:b"; startswith; sid:4;)
            alert http1 any any -> any any (frame:request; content:"|0d 0a 0d 0a|body-1POST"; sid:5;)
            alert http1 any any -> any any (frame:response; bsize:\(Self.response.utf8.count); sid:6;)
            alert http1 any any -> any any (frame:request; content:!"uid="; content:"GET /c"; startswith; sid:7;)
            """
        let alerts = Self.alerts(rules, segmentSize: segmentSize) { talk in
            // Blank lines before a request belong to none.
            talk.send(Array((Self.request + "\r\n" + Self.request + "GET /c HTTP/1.1\r\nHost: b\r\n\r\n").utf8), from: .toServer)
            talk.send(Array((Self.response + Self.response + Self.response).utf8), from: .toClient)
        }
        #expect(alerts == ["1", "1", "2", "2", "3", "3", "3", "4", "4", "6", "6", "6", "7"])
    }

    @Test(arguments: [1, 4, 1460])
    func recordsOfTLSAreFrames(segmentSize: Int) {
        let rules = """
            alert tls any any -> any any (frame:pdu; content:"|17 03 03 00 04|"; startswith; bsize:9; sid:1;)
            alert tls any any -> any any (frame:tls.hdr; content:"|15|"; startswith; bsize:5; sid:2;)
            alert tcp any any -> any any (frame:tls.data; content:"abcd"; startswith; endswith; sid:3;)
            alert tls any any -> any any (frame:alert; content:"|01 00|"; bsize:2; sid:4;)
            alert tls any any -> any any (frame:tls.heartbeat; content:"|01|"; sid:5;)
            alert tls any any -> any any (frame:stream; content:"|16 03 01|"; startswith; content:"abcd|15|"; sid:6;)
            alert ssh any any -> any any (frame:stream; content:"abcd"; sid:7;)
            """
        let hello: [UInt8] = [0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0, 0, 0]
        let alerts = Self.alerts(rules, segmentSize: segmentSize) { talk in
            talk.send(hello + [0x17, 3, 3, 0, 4] + Array("abcd".utf8) + [0x15, 3, 3, 0, 2, 1, 0], from: .toServer)
        }
        #expect(alerts == ["1", "2", "3", "4", "6"])
    }

    @Test(arguments: [1, 5, 1460])
    func linesAndMessagesOfMailAreFrames(segmentSize: Int) {
        let rules = """
            alert smtp any any -> any any (frame:command_line; content:"RCPT TO:<b@example>"; startswith; endswith; sid:1;)
            alert smtp any any -> any any (frame:smtp.response_line; content:"354 go"; bsize:6; sid:2;)
            alert tcp any any -> any any (frame:smtp.data; content:"Subject: x"; startswith; content:"end|0d 0a|"; endswith; sid:3;)
            alert smtp any any -> any any (frame:command_line; content:"Subject"; sid:4;)
            alert smtp any any -> any any (frame:smtp.data; content:"QUIT"; sid:5;)
            """
        let lab = Lab(rules, mode: .detect)
        _ = lab.send(MailVerdictTests.mail("Subject: x\r\n\r\nRCPT TO:<b@example>\r\nend\r\n", segmentSize: segmentSize).packets)
        lab.finish()
        #expect(lab.alerts.sorted() == ["1", "2", "3"])
        let frames = lab.events.compactMap { event -> String? in
            guard case .alert(let alert, appProtocol: _) = event.body, let frame = alert.frame else { return nil }
            return "\(frame.type) \(frame.direction) \(frame.streamOffset) \(frame.length) \(frame.isComplete)"
        }
        #expect(frames.sorted() == ["command_line toserver 32 19 true", "data toserver 59 40 true", "response_line toclient 42 6 true"])
    }

    @Test
    func messagesOfDNSAreFramesWithoutTheirLength() {
        let query: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]
        let rules = """
            alert dns any any -> any any (frame:pdu; content:"|00 01 01 00|"; startswith; bsize:\(query.count); sid:1;)
            alert udp any any -> any any (frame:dns.pdu; content:"|01|a|00|"; sid:2;)
            """
        let lab = Lab(rules)
        _ = lab.send(PacketBuilder.to(port: 53).udp(payload: query))
        #expect(lab.alerts == ["1", "2"])
        #expect(
            Self.alerts(rules, segmentSize: 5) { talk in
                talk.send([0, UInt8(query.count)] + query + [0, UInt8(query.count)] + query, from: .toServer)
            } == ["1", "1"])
    }

    /// A rule on frames that drops, drops the segment that completes its match and the flow after it.
    @Test
    func aFrameIsBlockedWhileItComesIn() {
        let lab = Lab(#"drop http any any -> any any (frame:http1.request; content:"evil"; sid:1;)"#)
        var talk = Conversation(client: .web, segmentSize: 4)
        talk.open()
        talk.send(Array("GET /x?evil HTTP/1.1\r\nHost: b\r\n\r\n".utf8), from: .toServer, acknowledges: false)
        let verdicts = lab.send(talk.packets)
        // The frame begins with the first line: its end is in the sixth segment.
        #expect(verdicts.firstIndex(of: .drop) == 3 + 5)
        #expect(verdicts.dropFirst(8).allSatisfy { $0 == .drop })
        #expect(lab.alerts == ["1!"])
    }

    @Test
    func nothingIsMatchedAcrossAGap() {
        let rules = #"alert http any any -> any any (frame:http1.response; content:"abcd"; sid:1;)"#
        let lab = Lab(rules, mode: .detect)
        var talk = Conversation.web("GET / HTTP/1.1\r\nHost: b\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nab")
        _ = lab.send(talk.packets)
        _ = talk.segments(of: Array("lost".utf8), from: .toClient)
        for packet in talk.segments(of: Array("cdxxxx".utf8), from: .toClient) { lab.send(packet) }
        lab.finish()
        #expect(lab.alerts == [])
    }

    @Test(arguments: [
        (#"alert tcp-pkt any any -> any any (frame:tls.pdu; content:"a"; sid:1;)"#, "no frame"),
        (#"alert udp any any -> any any (frame:tls.pdu; content:"a"; sid:1;)"#, "no frame"),
        (#"alert smb any any -> any any (frame:tls.pdu; content:"a"; sid:1;)"#, "the rule is on smb"),
        (#"alert tcp any any -> any any (frame:tls; content:"a"; sid:1;)"#, "expected 'frame:PROTOCOL.FRAME'"),
        (#"alert tls any any -> any any (frame:smb1.pdu; content:"a"; sid:1;)"#, "tls has no frame 'smb1.pdu': expected tls.pdu"),
        (#"alert tls any any -> any any (content:"abc"; frame:tls.pdu; content:"a"; sid:1;)"#, "beside it"),
        (#"alert tls any any -> any any (tls.version:1.0; frame:tls.pdu; content:"a"; sid:1;)"#, "beside it"),
        (#"alert tls any any -> any any (frame:tls.pdu; content:"a"; tls.sni; content:"b"; sid:1;)"#, "beside it"),
        (#"alert http any any => any any (frame:http1.request; content:"a"; sid:1;)"#, "one side"),
        (#"alert tls any any -> any any (frame; content:"a"; sid:1;)"#, "needs a value"),
    ])
    func whatIsNoFrameIsSaid(rule: String, message: String) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let problems = parsed.diagnostics + RuleSet.compile(parsed.rules).1
        #expect(problems.count == 1 && problems[0].severity == .error && problems[0].message.contains(message), "\(problems)")
    }

    @Test
    func framesWithoutAParserNeverMatch() {
        let rule = #"alert tcp any any -> any any (frame:smb.smb2.hdr; content:"a"; sid:1;)"#
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules)
        #expect(set.rules.count == 1)
        #expect(problems.map(\.severity) == [.warning] && problems[0].message.contains("never matches"))
    }
}
