import Events
import Inspection
import TestSupport
import Testing
import Wire

/// DNS in HTTP/2, and multicast DNS.
struct DNSTransportTests {
    /// `evil.io`, type A.
    private static let name: [UInt8] = [4, 0x65, 0x76, 0x69, 0x6c, 2, 0x69, 0x6f, 0, 0, 1, 0, 1]
    private static let question: [UInt8] = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name
    private static let address: [UInt8] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]
    private static let answer: [UInt8] = [0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + name + address

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let header: [UInt8] = [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff), type, flags, 0, 0, 0, stream]
        return header + payload
    }

    private static func headers(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes += [0, UInt8(name.utf8.count)]
            bytes += Array(name.utf8)
            bytes.append(UInt8(value.utf8.count))
            bytes += Array(value.utf8)
        }
        return bytes
    }

    private static func packets(byGET: Bool) -> [[UInt8]] {
        let type = ("content-type", "application/dns-message")
        // The question in base64url.
        let target = "/dns-query?dns=AAABAAABAAAAAAAABGV2aWwCaW8AAAEAAQ"
        let start = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4)
        var request = frame(1, flags: 5, stream: 1, headers([(":method", "GET"), (":path", target), ("accept", type.1)]))
        if !byGET {
            request = frame(1, flags: 4, stream: 1, headers([(":method", "POST"), (":path", "/dns-query"), type]))
            request += frame(0, flags: 1, stream: 1, question)
        }
        var response = frame(4)
        response += frame(1, flags: 4, stream: 1, headers([(":status", "200"), type]))
        response += frame(0, flags: 1, stream: 1, answer)
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(start + request, from: .toServer)
        talk.send(response, from: .toClient)
        talk.close()
        return talk.packets
    }

    private func lines(_ lab: Lab, _ type: String) -> [String] {
        var encoder = EventEncoder()
        return lab.events.filter { $0.body.name == type }.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    @Test(arguments: [true, false]) func rulesOnDNSHoldInHTTP2(byGET: Bool) throws {
        let lab = Lab(
            """
            alert dns any any -> any any (dns.query; content:"evil.io"; bsize:7; sid:1;)
            alert doh2 any any -> any any (dns.queries.rrname; content:"evil"; flow:to_server; sid:2;)
            alert http2 any any -> any any (dns.opcode:0; flow:to_server; http.method; content:"\(byGET ? "GET" : "POST")"; sid:3;)
            """)
        _ = lab.send(Self.packets(byGET: byGET))
        lab.finish()
        #expect(lab.alerts.sorted() == ["1", "2", "3"])
        let record = try #require(lines(lab, "doh2").first)
        #expect(record.contains(#""rdata":"1.2.3.4""#) && record.contains(#""url":"/dns-query"#))
        #expect(lines(lab, "flow").first?.contains(#""app_proto":"doh2""#) == true)
        #expect(lines(lab, "alert").first?.contains(#""rrname":"evil.io""#) == true)
    }

    @Test func aQuestionInHTTP2IsDropped() {
        let lab = Lab(#"drop dns any any -> any any (dns.query; content:"evil.io"; sid:1;)"#)
        #expect(lab.send(Self.packets(byGET: false)).contains(.drop))
        #expect(lab.alerts == ["1!"])
    }

    @Test func answersInHTTP2() {
        let lab = Lab(#"alert dns any any -> any any (dns.answers.rrname; content:"evil"; dns.rcode:0; dns.rrtype:A; sid:1;)"#)
        _ = lab.send(Self.packets(byGET: true))
        #expect(lab.alerts == ["1"])
    }

    @Test func multicastDNS() {
        let lab = Lab(
            """
            alert mdns any any -> any 5353 (mdns.queries.rrname; content:"evil.io"; bsize:7; sid:1;)
            alert udp any 5353 -> any any (mdns.answers.rrname; content:"evil"; sid:2;)
            alert udp any 5353 -> any any (mdns.response.rrname; content:"evil"; sid:3;)
            alert dns any any -> any any (dns.query; content:"evil"; sid:4;)
            alert mdns any any -> any any (app-layer-event:mdns.z_flag_set; sid:5;)
            """)
        lab.send(PacketBuilder.to(port: 5353, from: 40_000).udp(payload: Self.question))
        #expect(lab.alerts == ["1"])
        var answer = Self.answer
        lab.send(PacketBuilder.to(port: 5353, from: 5353).udp(payload: answer))
        answer[3] |= 0x40
        lab.send(PacketBuilder.to(port: 5353, from: 5353).udp(payload: answer))
        lab.finish()
        #expect(lab.alerts.sorted() == ["1", "1", "1", "2", "2", "3", "3", "5"])
        let records = lines(lab, "mdns")
        #expect(records.count == 3 && records[1].contains(#""type":"response""#) && records[1].contains(#""src_port":5353"#))
        #expect(lines(lab, "dns").isEmpty)
    }
}
