/// EVE `smtp` and, when there was a message, `email`.
public struct SMTPRecord: Sendable {
    /// A message. Of the headers that are there, each under its EVE name.
    public struct Email: Sendable {
        /// `PARSE_DONE` once the message is whole.
        public var status = ""
        public var from: [UInt8]?
        public var to: [[UInt8]] = []
        public var cc: [[UInt8]] = []
        public var attachments: [[UInt8]] = []
        public var urls: [[UInt8]] = []
        public var received: [[UInt8]] = []
        public var bcc: [[UInt8]] = []
        public var others: [(name: StaticString, value: [UInt8])] = []
        public var bodyMD5: [UInt8]?
        public var subjectMD5: [UInt8]?
        public init() {}
    }

    public var helo: [UInt8]?
    public var mailFrom: [UInt8]?
    public var recipients: [[UInt8]] = []
    public var email: Email?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("smtp") { json in
            json.member("helo", escaping: helo)
            json.member("mail_from", escaping: mailFrom)
            Self.write(recipients, "rcpt_to", &json)
        }
        guard let email else { return }
        json.object("email") { json in
            json.member("status", email.status)
            json.member("from", escaping: email.from)
            Self.write(email.to, "to", &json)
            Self.write(email.cc, "cc", &json)
            Self.write(email.bcc, "bcc", &json)
            for other in email.others { json.member(other.name, escaping: other.value) }
            Self.write(email.received, "received", &json)
            Self.write(email.attachments, "attachment", &json)
            Self.write(email.urls, "url", &json)
            json.member("subject_md5", email.subjectMD5.map(Printable.hex))
            json.member("body_md5", email.bodyMD5.map(Printable.hex))
        }
    }

    private static func write(_ values: [[UInt8]], _ key: StaticString, _ json: inout JSONWriter) {
        guard !values.isEmpty else { return }
        json.array(key) { json in for value in values { json.element(escaping: value) } }
    }
}
