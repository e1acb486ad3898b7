import AppLayer
import Events

extension SMTPRecord {
    init(_ transaction: SMTPTransaction) {
        self.init()
        helo = transaction.helo
        mailFrom = transaction.mailFrom
        recipients = transaction.recipients
        email = transaction.mail.map { Email($0) }
    }
}

extension SMTPRecord.Email {
    private static let otherNames: [(header: StaticString, member: StaticString)] = [
        ("subject", "subject"), ("date", "date"), ("message-id", "message_id"), ("x-mailer", "x_mailer"),
        ("user-agent", "user_agent"), ("reply-to", "reply_to"), ("bcc", "bcc"), ("x-originating-ip", "x_originating_ip"),
        ("in-reply-to", "in_reply_to"), ("references", "references"), ("importance", "importance"),
        ("priority", "priority"), ("sensitivity", "sensitivity"), ("organization", "organization"),
        ("content-md5", "content_md5"),
    ]

    fileprivate init(_ mail: MailMessage) {
        self.init()
        status =
            switch mail.stage {
            case .headers: "HEADER_STARTED"
            case .body: "BODY_STARTED"
            case .complete: "PARSE_DONE"
            }
        from = mail.value("from")
        to = Self.addresses(mail.values("to"))
        cc = Self.addresses(mail.values("cc"))
        received = mail.values("received")
        attachments = mail.attachmentNames
        urls = mail.urls
        others = Self.otherNames.compactMap { name in mail.value(name.header).map { (name.member, $0) } }
    }

    /// Between commas outside of quotes (RFC 5322, section 3.4).
    private static func addresses(_ values: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for value in values {
            var address: [UInt8] = []
            var isQuoted = false
            for byte in value + [UInt8(ascii: ",")] {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                guard byte == UInt8(ascii: ","), !isQuoted else {
                    if !address.isEmpty || byte > 0x20 { address.append(byte) }
                    continue
                }
                while let last = address.last, last <= 0x20 { address.removeLast() }
                if !address.isEmpty { result.append(address) }
                address = []
            }
            if !address.isEmpty { result.append(address) }
        }
        return result
    }
}
