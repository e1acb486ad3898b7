import AppLayer
import Events
import Inspection
import TestSupport
import Testing
import Wire

/// Mail and its attachments before a server has them.
struct MailVerdictTests {
    private static let attachment = """
        Subject: bill\r\nContent-Type: multipart/mixed; boundary=q\r\n\r
        --q\r\nContent-Disposition: attachment; filename=e.exe\r\nContent-Transfer-Encoding: base64\r\n\r
        ZXZpbCBjb2Rl\r\n--q--\r\n
        """

    static func mail(_ body: String = attachment, segmentSize: Int = 1460) -> Conversation {
        var talk = Conversation(client: .to(port: 25), segmentSize: segmentSize)
        talk.open()
        for (text, sender) in [
            ("220 mail ESMTP\r\n", Direction.toClient), ("EHLO me\r\n", .toServer), ("250 mail\r\n", .toClient),
            ("MAIL FROM:<a@example>\r\n", .toServer), ("250 ok\r\n", .toClient), ("RCPT TO:<b@example>\r\n", .toServer),
            ("250 ok\r\n", .toClient), ("DATA\r\n", .toServer), ("354 go\r\n", .toClient), (body + ".\r\n", .toServer),
            ("250 ok\r\n", .toClient),
        ] { talk.send(Array(text.utf8), from: sender) }
        talk.close()
        return talk
    }

    @Test(arguments: [
        #"file.data; content:"evil code";"#, #"file.name; content:"e.exe";"#, #"fileext:"exe";"#, #"filesize:9;"#,
        #"email.subject; content:"bill"; bsize:4;"#, #"smtp.rcpt_to; content:"b@example";"#, #"smtp.helo; content:"me"; bsize:2;"#,
        #"smtp.mail_from; content:"<a@example>"; bsize:11;"#, #"content:"DATA|0d 0a|"; smtp.helo; content:"me";"#,
    ])
    func rulesSeeTheirBuffers(options: String) {
        for segmentSize in [1, 7, 1460] {
            let lab = Lab("drop smtp any any -> any 25 (\(options) sid:1;)")
            let verdicts = lab.send(Self.mail(segmentSize: segmentSize).packets)
            lab.finish()
            #expect(lab.alerts == ["1!"], "\(segmentSize)")
            #expect(verdicts.contains(.drop))
        }
    }

    /// The server must not get the end of a message of which the attachment is evil.
    @Test func theAttachmentIsDroppedBeforeTheMessageEnds() {
        let lab = Lab(#"drop smtp any any -> any any (flow:established,to_server; file.data; content:"evil"; sid:1;)"#)
        let packets = Self.mail(segmentSize: 10).packets
        let verdicts = lab.send(packets)
        let first = verdicts.firstIndex(of: .drop) ?? packets.count
        let end = packets.lastIndex { $0.contains(0x2e) && $0.suffix(5).elementsEqual("\r\n.\r\n".utf8) || $0.suffix(3).elementsEqual(".\r\n".utf8) }
        #expect(first < end ?? 0)
    }

    @Test func records() throws {
        let lab = Lab("") { $0.appLayer.fileDigests = [.md5] }
        _ = lab.send(Self.mail().packets)
        lab.finish()
        var encoder = EventEncoder()
        let lines = lab.events.map { String(decoding: encoder.line($0), as: UTF8.self) }
        let smtp = try #require(lines.first { $0.contains(#""event_type":"smtp""#) })
        #expect(smtp.contains(#""smtp":{"helo":"me","mail_from":"<a@example>","rcpt_to":["<b@example>"]}"#))
        #expect(smtp.contains(#""email":{"status":"PARSE_DONE","subject":"bill","attachment":["e.exe"]}"#))
        let file = try #require(lines.first { $0.contains(#""event_type":"fileinfo""#) })
        #expect(file.contains(#""filename":"e.exe""#) && file.contains(#""size":9"#) && file.contains(#""state":"CLOSED""#))
        #expect(file.contains(#""md5":"#) && file.contains(#""app_proto":"smtp""#) && file.contains(#""helo":"me""#))
    }

    @Test func eventsOfTheProtocol() {
        let lab = Lab(
            """
            alert smtp any any -> any any (flow:to_server; app-layer-event:smtp.mime_invalid_base64; sid:1;)
            alert smtp any any -> any any (flow:to_client; app-layer-event:smtp.data_command_rejected; sid:2;)
            """)
        _ = lab.send(Self.mail(Self.attachment.replacing("ZXZp", with: "ZX?Zp")).packets)
        #expect(lab.alerts == ["1"])
        var talk = Conversation(client: .to(port: 25, from: 40_001))
        talk.open()
        for (text, sender) in [("220 mail ESMTP\r\n", Direction.toClient), ("DATA\r\n", .toServer), ("503 no\r\n", .toClient)] {
            talk.send(Array(text.utf8), from: sender)
        }
        _ = lab.send(talk.packets)
        #expect(lab.alerts == ["1", "2"])
    }
}
