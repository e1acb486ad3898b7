import TestSupport
import Testing
import Wire

@testable import AppLayer

struct SMTPTests {
    typealias Talk = [(String, Direction)]

    private static let mail = """
        From: A <a@example>\r\nTo: b@example\r\nSubject: hi\r\nContent-Type: multipart/mixed; boundary=q\r\n\r
        --q\r\nContent-Type: text/plain\r\n\r\n..dot\r\nhttp://x.example/y\r
        --q\r\nContent-Disposition: attachment; filename=e.exe\r\nContent-Transfer-Encoding: base64\r\n\r
        ZXZpbCBj\r\nb2Rl\r\n--q--\r\n
        """

    private static let greeting: Talk = [("220 mail ESMTP\r\n", .toClient), ("EHLO me\r\n", .toServer), ("250-mail\r\n250 SIZE\r\n", .toClient)]
    private static let envelope: Talk = [
        ("MAIL FROM:<a@example> SIZE=9\r\nRCPT TO: <b@example>\r\nrcpt to:<c@example>\r\n", .toServer),
        ("250 ok\r\n250 ok\r\n250 ok\r\n", .toClient),
    ]

    private func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-" }

    private func describe(_ transaction: SMTPTransaction) -> String {
        let files = transaction.files(.toServer).map { "\(text($0.name))=\(text($0.head)) \($0.state)" }
        let events = transaction.events.map(\.name.description)
        let subject = text(transaction.mail?.value("subject"))
        let envelope = ([transaction.helo, transaction.mailFrom] + transaction.recipients).map { text($0) }
        return ([envelope.joined(separator: " "), subject] + files + events).joined(separator: "|")
    }

    /// What each transaction was when it was over, oldest first.
    private func run(_ talk: Talk, piece: Int = 1000) -> (told: [String], session: AppLayerSession) {
        let session = AppLayerSession(limits: AppLayerLimits())
        var told: [UInt64: String] = [:]
        func look() {
            for case let transaction as SMTPTransaction in session.transactions { told[transaction.id] = describe(transaction) }
        }
        for (text, direction) in talk {
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                session.consume(Array(bytes[start..<min(bytes.count, start + piece)]).span, direction: direction, offset: 0)
                look()
                session.finishInspection()
            }
        }
        session.finish(.toServer)
        session.finish(.toClient)
        look()
        return (told.sorted { $0.key < $1.key }.map(\.value), session)
    }

    @Test(arguments: [1, 2, 5, 1000]) func aMailAndItsAttachment(piece: Int) {
        let talk = Self.greeting + Self.envelope + [
            ("DATA\r\n", .toServer), ("354 go\r\n", .toClient), (Self.mail + ".\r\n", .toServer), ("250 queued\r\n", .toClient),
            ("MAIL FROM:<>\r\nQUIT\r\n", .toServer), ("250 ok\r\n221 bye\r\n", .toClient),
        ]
        let (told, session) = run(talk, piece: piece)
        #expect(session.appProtocol == .smtp)
        #expect(told == ["me <a@example> <b@example> <c@example>|hi|e.exe=evil code closed", "me <>|-"])
    }

    @Test(arguments: [1, 3, 1000]) func aMailInChunks(piece: Int) {
        let cut = Self.mail.utf8.count / 2 - 12
        let parts = (String(Self.mail.prefix(cut)), String(Self.mail.dropFirst(cut)))
        let talk = Self.greeting + Self.envelope + [
            ("BDAT \(parts.0.utf8.count)\r\n\(parts.0)", .toServer), ("250 ok\r\n", .toClient),
            ("BDAT \(parts.1.utf8.count) LAST\r\n\(parts.1)QUIT\r\n", .toServer), ("250 ok\r\n221 bye\r\n", .toClient),
        ]
        #expect(run(talk, piece: piece).told == ["me <a@example> <b@example> <c@example>|hi|e.exe=evil code closed"])
        #expect(run(Self.greeting + [("BDAT x LAST\r\n", .toServer)]).told == ["me -|-|bdat_chunk_len_exceeded"])
    }

    @Test func buffersComeInTheirTime() throws {
        let connection = SMTPConnection(limits: AppLayerLimits())
        func say(_ text: String, _ direction: Direction = .toServer) {
            let bytes = Array(text.utf8)
            connection.consume(bytes.span, direction: direction)
        }
        say("220 x\r\n", .toClient)
        say("EHLO me\r\n")
        let transaction = try #require(connection.transactions.first)
        func see(_ buffer: Buffer, _ index: Int = 0) -> String { text(transaction.buffer(buffer, direction: .toServer, index: index)?.bytes) }
        #expect(see(.smtpHelo) == "me" && !transaction.isSettled(.smtpMailFrom, direction: .toServer))
        say("MAIL FROM:<a>\r\nRCPT TO:<b>\r\nRCPT TO:<c>\r\n")
        #expect(see(.smtpMailFrom) == "<a>" && see(.smtpRcptTo) == "-")
        say("DATA\r\n")
        #expect(see(.smtpRcptTo) == "<b>" && see(.smtpRcptTo, 1) == "<c>" && see(.emailFrom) == "-")
        say("From: f\r\nTo: t\r\nCc: c\r\nDate: d\r\nMessage-ID: <i>\r\nX-Mailer: m\r\nReceived: r\r\n\r\n")
        #expect([.emailFrom, .emailTo, .emailCc, .emailDate, .emailMessageID, .emailXMailer, .emailReceived].map { see($0) }
            == ["f", "t", "c", "d", "<i>", "m", "r"])
        #expect(see(.emailSubject) == "-" && transaction.isSettled(.emailSubject, direction: .toServer))
        say("http://u.example\r\n.\r\n")
        #expect(see(.emailURL) == "u.example" && transaction.isComplete(.toServer) && !transaction.isComplete(.toClient))
    }

    @Test(arguments: [
        ([("554 no\r\n", Direction.toClient), ("HELO a\r\n", .toServer)], "no_server_welcome_message"),
        ([("220 x SMTP\r\n", .toClient), ("what\r\n", .toClient)], "invalid_reply"),
        ([("220 x SMTP\r\n", .toClient), ("250 what\r\n", .toClient)], "unable_to_match_reply_with_request"),
        ([("220 x SMTP\r\n", .toClient), ("HELO \(String(repeating: "x", count: 600))\r\n", .toServer)], "max_command_line_len_exceeded"),
        ([("220 x SMTP\r\n", .toClient), ("HELO a\r\nSTARTTLS\r\n", .toServer), ("250 a\r\n454 no\r\n", .toClient)], "tls_rejected"),
        ([("220 x SMTP\r\n", .toClient), ("HELO a\r\nSTARTTLS\r\nNOOP\r\n", .toServer)], "invalid_pipelined_sequence"),
        ([("220 x SMTP\r\n", .toClient), ("HELO a\r\nDATA\r\n", .toServer), ("250 a\r\n503 no\r\n", .toClient)], "data_command_rejected"),
        ([("220 x SMTP\r\n", .toClient), ("MAIL FROM:<a>\r\nMAIL FROM:<b>\r\n", .toServer)], "duplicate_fields"),
        ([("220 x SMTP\r\n", .toClient), ("250-\(String(repeating: "x", count: 5000))\r\n", .toClient)], "max_reply_line_len_exceeded"),
    ])
    func events(talk: Talk, event: String) {
        #expect(run(talk).told.joined().contains("|\(event)"))
    }

    /// A server that refuses DATA goes on with commands, and so does what came in one piece with it.
    @Test func whatFollowsARefusedMessageAreCommands() {
        let talk = Self.greeting + [
            ("DATA\r\nMAIL FROM:<x>\r\nDATA\r\n", .toServer), ("503 no\r\n250 ok\r\n354 go\r\n", .toClient),
            ("Subject: s\r\n\r\n.\r\n", .toServer), ("250 ok\r\n", .toClient),
        ]
        #expect(run(talk).told == ["me <x>|s|invalid_pipelined_sequence|mime_malformed_msg|data_command_rejected"])
    }

    /// Line ends that only some servers take for the end of a message (CERT/CC VU#302671): the server's answer decides.
    @Test(arguments: ["\n.\n", "\n.\r\n", "\r\n.\n"]) func aMessageWithinAMessage(end: String) {
        let start = Self.greeting + Self.envelope + [("DATA\r\n", .toServer), ("354 go\r\n", .toClient)]
        let inner = "MAIL FROM:<evil>\r\nRCPT TO:<v>\r\nDATA\r\nSubject: smuggled\r\n\r\n.\r\n"
        let lenient = start + [
            ("Subject: one\r\n\r\ntext\(end)\(inner)", .toServer), ("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n", .toClient),
        ]
        #expect(run(lenient).told.last == "me <evil> <v>|smuggled|invalid_pipelined_sequence")
        #expect(run(lenient).told.first?.contains("unparsable_content") == true)
        let strict = start + [("Subject: one\r\n\r\ntext\(end)more\r\n", .toServer), (".\r\n", .toServer), ("250 ok\r\n", .toClient)]
        #expect(run(strict).told == ["me <a@example> <b@example> <c@example>|one"])
    }

    @Test func afterSTARTTLSTheFlowIsTLS() {
        let hello: [UInt8] = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]
        let talk = Self.greeting + [("STARTTLS\r\n", .toServer), ("220 go\r\n", .toClient)]
        let (told, session) = run(talk)
        #expect(told == ["me -|-"])
        session.consume(hello.span, direction: .toServer, offset: 0)
        #expect(session.appProtocol == .tls && session.originalProtocol == .smtp)
        let (_, other) = run(talk)
        let garbage = [UInt8](repeating: 0xee, count: 9000)
        other.consume(garbage.span, direction: .toServer, offset: 0)
        #expect(other.appProtocol == .smtp)
    }

    @Test func limits() {
        let connection = SMTPConnection(limits: AppLayerLimits())
        let many = Array(String(repeating: "MAIL FROM:<a>\r\nRSET\r\n", count: 3000).utf8)
        connection.consume(many.span, direction: .toServer)
        #expect(connection.transactions.count <= AppLayerLimits().maxTransactions && connection.awaited.count <= 1024)
        let endless = [UInt8](repeating: 0x61, count: 100_000)
        connection.consume(endless.span, direction: .toServer)
        #expect((connection.transactions.last as? SMTPTransaction)?.events.map(\.name.description).contains("truncated_line") == true)
    }

    @Test func randomTalkNeverTraps() {
        var random = SeededRandom(seed: 5)
        let words = ["220 \r\n", "250 \r\n", "354 \r\n", "503 \r\n", "DATA\r\n", "BDAT 3\r\n", "BDAT 9 LAST\r\n", "\n.\n", "\r\n.\r\n", "MAIL FROM:<a>\r\n", "RSET\r\n", "x", "--b\r\n", "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "QUIT\r\n"]
        for _ in 0..<200 {
            let connection = SMTPConnection(limits: AppLayerLimits())
            for _ in 0..<60 {
                let bytes = Array(words[Int.random(in: 0..<words.count, using: &random)].utf8)
                let direction: Direction = Bool.random(using: &random) ? .toServer : .toClient
                if Int.random(in: 0..<30, using: &random) == 0 { connection.skipGap(length: 4, direction: direction) }
                connection.consume(bytes.span, direction: direction)
                if Bool.random(using: &random) { connection.finishInspection() }
            }
            connection.finish(.toServer)
            connection.finish(.toClient)
            connection.finishInspection()
            #expect(connection.transactions.isEmpty)
        }
    }

    /// A reply that makes no sense, behind a message that is over, in its segment or later.
    @Test func anInvalidReplyBehindAMessage() {
        let talk = Self.greeting + Self.envelope + [("DATA\r\n", .toServer), ("354 go\r\n", .toClient), (Self.mail + ".\r\n", .toServer), ("250 ok\r\nwhat\r\n", .toClient)]
        let (whole, cut) = (run(talk).told, run(talk, piece: 1).told)
        #expect(whole == cut && whole.count == 2 && whole.last?.contains("invalid_reply") == true, "\(whole), \(cut)")
    }
}
