public import Wire

/// One mail transaction (RFC 5321, section 3.3), or what a session said without one.
public final class SMTPTransaction: Transaction {
    enum Stage: UInt8, Comparable {
        case greeting, envelope, message, complete
        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    /// Of the session's first HELO or EHLO.
    public internal(set) var helo: [UInt8]?
    /// As sent, with its angle brackets and without parameters.
    public internal(set) var mailFrom: [UInt8]?
    public internal(set) var recipients: [[UInt8]] = []
    /// nil before any of it has come.
    public internal(set) var mail: MailMessage?
    var stage = Stage.greeting
    /// The server has answered all that belongs to it.
    var isAnswered = false
    var attachments: FileList
    private static let window = 64 * 1024
    private static let (recipientLimit, eventLimit) = (1024, 64)

    init(id: UInt64, helo: [UInt8]?, digests: Set<FileDigests.Algorithm>, magic: FileMagic?) {
        self.helo = helo
        attachments = FileList(direction: .toServer, digests: digests, magic: magic)
        super.init(id: id, appProtocol: .smtp)
    }

    public override var heldBytes: Int {
        let headers = (mail?.headers ?? []).reduce(0) { $0 + 64 + $1.name.count + $1.value.count }
        let urls = (mail?.urls ?? []).reduce(0) { $0 + 32 + $1.count }
        return super.heldBytes + headers + urls + attachments.heldBytes + 64 * recipients.count
    }

    public override func progress(_ direction: Direction) -> UInt8 {
        if direction == .toClient { return isAnswered ? .max : 0 }
        return stage == .complete ? .max : stage.rawValue
    }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        guard direction == .toServer, stage < .complete else { return true }
        switch buffer {
        case .smtpHelo: return helo != nil || stage > .greeting
        case .smtpMailFrom: return mailFrom != nil
        case .smtpRcptTo: return stage >= .message
        case .fileData, .fileName, .fileMagic, .emailURL: return false
        default: return mail.map { $0.stage != .headers } ?? false
        }
    }

    public override func files(_ direction: Direction) -> [TransferredFile] {
        direction == .toServer ? attachments.files : []
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard direction == .toServer else { return nil }
        if buffer == .fileData || buffer == .fileName || buffer == .fileMagic { return attachments.buffer(buffer, index) }
        guard isSettled(buffer, direction: direction) else { return nil }
        return envelope(buffer, index).map { BufferView(bytes: $0) } ?? header(buffer, index).map { BufferView(bytes: $0) }
    }

    private func envelope(_ buffer: Buffer, _ index: Int) -> [UInt8]? {
        switch buffer {
        case .smtpHelo: index == 0 ? helo : nil
        case .smtpMailFrom: index == 0 ? mailFrom : nil
        case .smtpRcptTo: recipients.element(index)
        default: nil
        }
    }

    private func header(_ buffer: Buffer, _ index: Int) -> [UInt8]? {
        guard let mail else { return nil }
        switch buffer {
        case .emailReceived: return mail.values("received").element(index)
        case .emailURL: return mail.urls.element(index)
        default: break
        }
        guard index == 0 else { return nil }
        switch buffer {
        case .emailFrom: return mail.value("from")
        case .emailTo: return mail.value("to")
        case .emailCc: return mail.value("cc")
        case .emailSubject: return mail.value("subject")
        case .emailDate: return mail.value("date")
        case .emailMessageID: return mail.value("message-id")
        case .emailXMailer: return mail.value("x-mailer")
        default: return nil
        }
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        direction == .toServer && number == .fileSize ? attachments.size(index) : nil
    }

    override func discardInspected() { attachments.trim(to: Self.window) }

    /// All that is held of it has been told, in both directions.
    var isOver: Bool { stage == .complete && isAnswered }

    func add(_ event: StaticName, _ direction: Direction) {
        let event = AppLayerEvent(appProtocol: .smtp, name: event, direction: direction)
        guard events.count < Self.eventLimit, !events.contains(event) else { return }
        events.append(event)
        hasProgressed = true
    }

    func addRecipient(_ recipient: [UInt8]) {
        if recipients.count < Self.recipientLimit { recipients.append(recipient) }
    }

    func take(_ piece: MailReader.Piece) {
        switch piece {
        case .fileBegins(let name): attachments.begin(name: name)
        case .data(let bytes): attachments.append(bytes)
        case .fileEnds: attachments.end()
        case .event(let name): add(name, .toServer)
        }
    }
}
