import AppLayer
import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// What the operator asks of EVE's records.
struct RecordSettingsTests {
    private func lines(_ lab: Lab, _ type: String) -> [String] {
        var encoder = EventEncoder()
        return lab.events.filter { $0.body.name == type }.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    @Test func theFirstDropOfEachDirection() {
        func drops(_ wanted: RecordSettings.Drops, _ rule: String) -> Int {
            let lab = Lab(rule) { $0.records.drops = wanted }
            var talk = Conversation.web("GET /evil HTTP/1.1\r\n\r\n")
            for _ in 0..<3 { talk.send([1, 2, 3], from: .toServer) }
            for _ in 0..<3 { talk.send([1, 2, 3], from: .toClient) }
            _ = lab.send(talk.packets)
            return lab.drops.count
        }
        let onFlow = #"drop http any any -> any any (http.uri; content:"evil"; sid:1;)"#
        #expect(drops(.start, onFlow) == 2)
        #expect(drops(.all, onFlow) > 8)
        // Each of those that rules drop, and no others of flows.
        #expect(drops(.start, "drop tcp-pkt any any -> any any (dsize:3; flow:to_server; sid:1;)") == 3)
    }

    @Test func shortRecordsOfHTTP() throws {
        let lab = Lab(#"alert http any any -> any any (http.uri; content:"/a"; sid:1;)"#) { $0.httpRecords.isExtended = false }
        var talk = Conversation.web("GET /a HTTP/1.1\r\nHost: h:8080\r\nReferer: r\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")
        _ = lab.send(talk.packets)
        let record = try #require(lines(lab, "http").first)
        #expect(record.contains(#""http":{"hostname":"h","http_port":8080,"url":"/a","http_content_type":"text/html"}"#))
        #expect(try #require(lines(lab, "alert").first).contains(#""http_method":"GET""#))
    }

    @Test(arguments: [
        (TLSRecord.Fields.basic, [], ["sni", "version", "ja3", "ja4", "client_handshake"]),
        (.extended, ["sni", "version", "ja3"], ["ja4", "client_handshake"]),
        ([.serverName, .clientHandshake], ["sni", "client_handshake"], ["session_resumed", "ja3"]),
    ] as [(TLSRecord.Fields, [String], [String])])
    func fieldsOfTLS(fields: TLSRecord.Fields, told: [String], untold: [String]) throws {
        let lab = Lab("") { $0.records.tls = fields }
        var talk = Conversation(client: .to(port: 443))
        talk.open()
        talk.send(TLSBytes.clientHello("www.example"), from: .toServer)
        talk.send(TLSBytes.serverHello13, from: .toClient)
        _ = lab.send(talk.packets)
        lab.finish()
        let line = try #require(lines(lab, "tls").first)
        for name in told { #expect(line.contains("\"\(name)\":"), "\(name) in \(line)") }
        for name in untold { #expect(!line.contains("\"\(name)\":"), "\(name) in \(line)") }
    }

    @Test func recordsOfSegments() throws {
        func states(_ wanted: RecordSettings.Segments) throws -> [String] {
            let lab = Lab("") { $0.records.segments = wanted }
            var talk = Conversation.web("GET / HTTP/1.1\r\n\r\n")
            talk.close()
            _ = lab.send(talk.packets)
            return lab.events.compactMap { event in
                guard case .stream(let record) = event.body else { return nil }
                return "\(record.direction) \(record.state)"
            }
        }
        #expect(try states([]).isEmpty)
        #expect(try states(.all).count == 8)
        #expect(
            try states(.stateUpdates).prefix(3) == ["to_server syn_sent", "to_client syn_recv", "to_server established"])
        #expect(try states(.withEvents).isEmpty)
    }

    @Test func anomaliesThatAreAskedFor() throws {
        func events(_ kinds: Set<AnomalyRecord.Kind>) -> [String] {
            let lab = Lab("") { $0.records.anomalies = kinds; $0.streamDepth = 10 }
            var talk = Conversation.web("GET /0123456789 HTTP/1.1\r\n\r\n")
            talk.send([UInt8](repeating: 0x41, count: 20), from: .toServer)
            _ = lab.send(talk.packets + [[0x45, 0, 0]])
            return lab.events.compactMap { event in
                guard case .anomaly(let anomaly) = event.body else { return nil }
                return "\(anomaly.kind) \(anomaly.event)"
            }
        }
        #expect(events([.stream]) == ["stream stream.reassembly_depth_reached"])
        #expect(events([.decode]) == ["decode decoder.ipv4.pkt_too_small"])
        #expect(events([]).isEmpty)
    }

    @Test func membersOfMail() throws {
        let talk = MailVerdictTests.mail("Subject: hello\r\nBcc: a@b, c@d\r\nX-Mailer: m\r\nDate: today\r\n\r\none\r\n..two\r\n")
        func record(_ change: (inout PipelineConfiguration) -> Void) throws -> String {
            let lab = Lab("", mode: .detect, change)
            _ = lab.send(talk.packets)
            lab.finish()
            return try #require(lines(lab, "smtp").first)
        }
        let all = try record { _ in }
        #expect(all.contains(#""bcc":["a@b","c@d"]"#) && all.contains(#""date":"today""#) && !all.contains("md5"))
        let some = try record {
            $0.records.mail.members = ["subject"]
            $0.records.mail.digestsSubjects = true
            $0.appLayer.digestsMailBodies = true
        }
        #expect(some.contains(#""subject":"hello""#) && !some.contains("bcc") && !some.contains("date"))
        #expect(some.contains(#""subject_md5":"5d41402abc4b2a76b9719d911017c592","body_md5":"4a92c4ea51a52fcc11edfa75c5379278""#))
        #expect(MailRecordSettings.member("X-Mailer") == "x_mailer" && MailRecordSettings.member("message_id") == "message_id")
        #expect(MailRecordSettings.member("cc") == nil)
    }
}

/// Messages of TLS as bytes.
enum TLSBytes {
    static func vector(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * (width - 1 - $0))) } + bytes
    }

    static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 3, 3] + vector(body, 2) }

    static func clientHello(_ name: String) -> [UInt8] {
        let extensions = [0, 0] + vector(vector([0] + vector(Array(name.utf8), 2), 2), 2) + [0, 43] + vector([2, 3, 4], 2)
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + vector([0x13, 0x01], 2) + [1, 0] + vector(extensions, 2)
        return record(22, [1] + vector(body, 3))
    }

    /// TLS 1.3's, with nothing behind it.
    static let serverHello13: [UInt8] = {
        let body = [3, 3] + [UInt8](repeating: 9, count: 32) + [0, 0x13, 0x01, 0] + vector([0, 43] + vector([3, 4], 2), 2)
        return record(22, [2] + vector(body, 3))
    }()
}
