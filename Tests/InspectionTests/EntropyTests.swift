import Events
import Inspection
import TestSupport
import Testing
import Traffic

/// https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html#entropy
struct EntropyTests {
    private static func json(_ lab: Lab) -> [String] {
        var encoder = EventEncoder()
        return lab.events.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    /// "aaaaaaaabcde": 8 bytes with 0 bits, then 4 with 2 bits.
    @Test(arguments: [
        ("offset 8, value 2", true), ("value = 2, offset 8, bytes 4", true), ("bytes 0, offset 8, value !2", false),
        ("bytes 8, value <= 0", true), ("0-3", true), ("<7.01", true), ("!0-3", false), ("!=2", true), ("value >= 1.5", true),
        ("offset 8, value 2-3", false), ("offset 12, value 0", true), ("offset 13, value 0", false), ("bytes 13, value >0", false),
    ] as [(String, Bool)])
    func forms(arguments: String, matches: Bool) {
        let lab = Lab("alert udp any any -> any any (entropy:\(arguments); sid:1;)", mode: .detect)
        lab.send(PacketBuilder.to(port: 9).udp(payload: Array("aaaaaaaabcde".utf8)))
        #expect(lab.alerts == (matches ? ["1"] : []))
    }

    @Test func theEntropyIsToldWhetherTheRuleMatchesOrNot() {
        let lab = Lab(
            """
            alert tcp-pkt any any -> any any (dsize:4; entropy:value >= 6; sid:1;)
            alert http any any -> any any (flow:to_client; file.data; entropy:value 2; sid:2;)
            """, mode: .detect)
        var talk = Conversation.web("GET / HTTP/1.1\r\nHost: b\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        talk.answer("abcd")
        _ = lab.send(talk.packets)
        lab.finish()
        #expect(lab.alerts == ["2"])
        let told = Self.json(lab).filter { $0.contains(#""entropy":{"content":2.0,"file_data":2.0}"#) }
        for kind in ["alert", "http", "flow"] { #expect(told.contains { $0.contains(#""event_type":"\#(kind)""#) }, "\(kind)") }
    }

    /// Also where the flow has nothing else to remember.
    @Test func theEntropyBelongsToItsFlow() {
        let lab = Lab(
            """
            alert udp any any -> any 1000 (entropy:value 0; sid:1;)
            alert udp any any -> any 2000 (content:"abcd"; flowbits:set,seen; sid:2;)
            """, mode: .detect)
        for port in [1000, 2000] as [UInt16] { lab.send(PacketBuilder.to(port: port).udp(payload: Array("abcd".utf8))) }
        lab.finish()
        let told = Self.json(lab).filter { $0.contains("\"entropy\"") }
        #expect(lab.alerts == ["2"])
        #expect(told.count == 1 && told[0].contains(#""event_type":"flow""#) && told[0].contains(#""dest_port":1000"#))
    }
}
