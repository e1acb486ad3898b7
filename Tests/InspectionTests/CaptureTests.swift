import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// Variables that expressions fill, and bytes that rules put in a packet
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html).
struct CaptureTests {
    private static func json(_ lab: Lab) -> [String] {
        var encoder = EventEncoder()
        return lab.events.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    private static let login = "POST /login HTTP/1.1\r\nHost: b\r\nContent-Length: 16\r\n\r\nuser=ann&pw=abcd"

    @Test
    func groupsAreKeptInTheFlowThePacketAndTheAlert() {
        let rules = #"""
            alert http any any -> any any (http.request_body; pcre:"/user=(\w+)&pw=(\w+)/", flow:user, pkt:word; sid:1;)
            alert http any any -> any any (pktvar:word,abcd; flowvar:user,"|61|nn"; http.method; content:"POST"; sid:2;)
            alert http any any -> any any (flowvar:user,bob; sid:3;)
            alert http any any -> any any (flow:to_client; flowvar:user,ann; http.stat_code; content:"200"; sid:4;)
            alert http any any -> any any (flow:to_client; pktvar:word,abcd; http.stat_code; content:"200"; sid:5;)
            alert http any any -> any any (http.uri; pcre:"/(?P<flow_path>[a-z]+)$/"; pcre:"/(\/)/", alert:slash; sid:6;)
            """#
        let lab = Lab(rules)
        var talk = Conversation.web(Self.login)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        _ = lab.send(talk.packets)
        lab.finish()
        #expect(lab.alerts.sorted() == ["1", "2", "4", "6"])
        let text = Self.json(lab)
        #expect(text.contains { $0.contains(#""metadata":{"flowvars":[{"user":"ann"}"#) && $0.contains(#""pktvars":[{"word":"abcd"}]"#) })
        #expect(text.contains { $0.contains(#""context":{"slash":"/"}"#) })
        #expect(text.contains { $0.contains(#""event_type":"flow""#) && $0.contains(#"{"path":"login"}"#) && !$0.contains("pktvars") })
    }

    /// Names within the quotes hold slashes.
    @Test
    func namesMayStandWithinTheQuotes() {
        let rules = #"""
            alert udp any any -> any any (pcre:"/([a-z]+)\/[a-z]+\/(.+)\/log$/i, flow:ua/repo, alert:ua/pkg/base"; sid:1;)
            alert udp any any -> any any (pcre:"/^a,flow:b\/ubuntu/"; sid:2;)
            """#
        let lab = Lab(rules)
        lab.send(PacketBuilder.to(port: 9).udp(payload: Array("fr/Ubuntu/curl/log".utf8)))
        lab.send(PacketBuilder.to(port: 9).udp(payload: Array("a,flow:b/ubuntu".utf8)))
        #expect(lab.alerts == ["1", "2"])
        let text = Self.json(lab)
        #expect(text.contains { $0.contains(#""flowvars":[{"ua/repo":"fr"}]"#) && $0.contains(#""context":{"ua/pkg/base":"curl"}"#) })
    }

    /// Nothing is kept of an expression in a rule that does not match as a whole.
    @Test
    func aRuleThatFailsLaterKeepsNothing() {
        let lab = Lab(
            #"""
            alert tcp any any -> any any (pcre:"/user=(\w+)/", flow:user; content:"nowhere"; sid:1;)
            alert tcp any any -> any any (flowvar:user,ann; sid:2;)
            """#)
        _ = lab.send(Conversation.web(Self.login).packets)
        lab.finish()
        #expect(lab.alerts == [])
    }

    @Test
    func aGroupNamesTheVariableOfAnother() {
        let lab = Lab(#"alert udp any any -> any any (pcre:"/(\w+)=(\w+)/", pkt:key, pkt:value; sid:1;)"#)
        lab.send(PacketBuilder.to(port: 9).udp(payload: Array("color=red".utf8)))
        #expect(Self.json(lab).contains { $0.contains(#""pktvars":[{"color":"red"}]"#) })
    }

    @Test(arguments: [
        (#"pcre:"/a(b)/", user;"#, "expected 'flow:NAME'"), (#"pcre:"/ab/", flow:user;"#, "only 0 groups"),
        (#"pcre:!"/a(b)/", flow:user;"#, "nothing to keep"), (#"pcre:"/a(b)/", pkt:key;"#, "needs 'pkt:value'"),
        (#"flowvar:user;"#, "expected 'flowvar:NAME,CONTENT'"), (#"rpc:a;"#, "is not a number"), (#"rpc:1,2,3,4;"#, "expected 'rpc:"),
        (#"content:"ab"; replace:"abc";"#, "has 3 bytes; expected 2"), (#"content:!"ab"; replace:"cd";"#, "negated"),
        (#"http.uri; content:"ab"; replace:"cd";"#, "payload"), (#"content:"ab"; replace:"cd"; replace:"ef";"#, "twice"),
    ])
    func whatIsWrongIsSaid(options: String, message: String) {
        let rule = "alert tcp any any -> any any (\(options) sid:1;)"
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let problems = parsed.diagnostics + RuleSet.compile(parsed.rules).1
        #expect(problems.count == 1 && problems[0].message.contains(message), "\(problems)")
    }

    // MARK: replace

    @Test
    func bytesOfThePayloadAreReplacedAndTheChecksumAgrees() {
        let lab = Lab(
            """
            alert tcp any any -> any any (content:"ann"; replace:"bob"; content:"pw="; content:"abcd"; distance:0; replace:"****"; sid:1;)
            """)
        let talk = Conversation.web(Self.login)
        let verdicts = lab.send(talk.packets)
        #expect(verdicts.filter { $0 == .rewrite }.count == 1 && lab.alerts == ["1"])
        let packet = lab.rewritten[0]
        #expect(String(decoding: packet, as: UTF8.self).hasSuffix("user=bob&pw=****"))
        #expect(DecodedPacket(raw: packet).checksum != .invalidTransport)
        #expect(packet.count == talk.packets[3].count)
    }

    @Test
    func datagramsAreReplacedOnlyInPreventMode() {
        let rule = #"alert udp any any -> any any (content:"evil"; replace:"good"; sid:1;)"#
        let packet = PacketBuilder.to(port: 9).udp(payload: Array("an evil word".utf8))
        let lab = Lab(rule)
        #expect(lab.send(packet) == .rewrite)
        #expect(String(decoding: lab.rewritten[0].suffix(12), as: UTF8.self) == "an good word")
        #expect(DecodedPacket(raw: lab.rewritten[0]).checksum != .invalidTransport)
        let watching = Lab(rule, mode: .detect)
        #expect(watching.send(packet) == .accept && watching.alerts == ["1"])
    }

    /// RFC 9260, section 6.8; a field of zero means that the ends do without (RFC 9653).
    @Test(arguments: [true, false])
    func theChecksumOfSCTPFollows(hasChecksum: Bool) {
        func packet(_ text: String) -> [UInt8] {
            var segment = hex("1234 0009 00000001 00000000 0003001c 00000001 00000000 00000000") + Array(text.utf8)
            let sum = hasChecksum ? Checksum.crc32c(segment.span) : 0
            segment.replaceSubrange(8..<12, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) })
            return PacketBuilder.web.ip(segment, IPProtocol.sctp)
        }
        let lab = Lab(#"alert sctp any any -> any any (content:"evil"; replace:"good"; sid:1;)"#)
        #expect(lab.send(packet("an evil word")) == .rewrite)
        #expect(lab.rewritten == [packet("an good word")])
    }

    @Test
    func aRuleThatDoesNotMatchReplacesNothing() {
        let lab = Lab(#"alert udp any any -> any any (content:"evil"; replace:"good"; content:"not here"; sid:1;)"#)
        #expect(lab.send(PacketBuilder.to(port: 9).udp(payload: Array("an evil word".utf8))) == .accept)
    }

    // MARK: rpc

    @Test
    func callsOfRPCAreToldByTheirNumbers() {
        func call(_ words: [UInt32]) -> [UInt8] {
            words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
        }
        let rules = """
            alert udp any any -> any any (rpc:100003,3,1; sid:1;)
            alert udp any any -> any any (rpc:100003,*,1; sid:2;)
            alert udp any any -> any any (rpc:100003,3,*; sid:3;)
            alert udp any any -> any any (rpc:100003; sid:4;)
            alert tcp any any -> any any (rpc:100003,3,1; sid:5;)
            """
        func alerts(_ words: [UInt32]) -> [String] {
            let lab = Lab(rules)
            lab.send(PacketBuilder.to(port: 2049).udp(payload: call(words)))
            return lab.alerts
        }
        #expect(alerts([7, 0, 2, 100_003, 3, 1]) == ["1", "2", "3", "4"])
        #expect(alerts([7, 0, 2, 100_003, 4, 1]) == ["2", "4"])
        #expect(alerts([7, 1, 2, 100_003, 3, 1]) == [])
        #expect(alerts([7, 0, 2, 100_005, 3, 1]) == [])
        #expect(alerts([7, 0, 2, 100_003, 3]) == [])
        let lab = Lab(rules)
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(call([0x8000_0018, 7, 0, 2, 100_003, 3, 1]), from: .toServer)
        _ = lab.send(talk.packets)
        #expect(lab.alerts == ["5"])
    }
}
