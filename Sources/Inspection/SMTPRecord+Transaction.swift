import AppLayer
import Events

extension SMTPRecord {
    init(_ transaction: SMTPTransaction, _ settings: MailRecordSettings) {
        self.init()
        helo = transaction.helo
        mailFrom = transaction.mailFrom
        recipients = transaction.recipients
        email = transaction.mail.map { Email($0, settings) }
    }
}

extension SMTPRecord.Email {
    fileprivate init(_ mail: MailMessage, _ settings: MailRecordSettings) {
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
        attachments = mail.attachmentNames
        urls = mail.urls
        bodyMD5 = mail.bodyMD5
        if settings.digestsSubjects { subjectMD5 = mail.value("subject").map(Digest<MD5>.of) }
        for (member, header) in MailRecordSettings.fields where settings.members.contains(member.description) {
            switch header.description {
            case "received": received = mail.values(header)
            case "bcc": bcc = Self.addresses(mail.values(header))
            default: if let value = mail.value(header) { others.append((member, value)) }
            }
        }
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
