public import Wire

/// One FTP command with its replies (RFC 959, section 4); the server's greeting has no command.
public final class FTPTransaction: Transaction {
    /// In upper case.
    public internal(set) var command: [UInt8] = []
    public internal(set) var argument: [UInt8] = []
    /// Lines without their codes, in order.
    public internal(set) var replies: [(code: [UInt8], text: [UInt8])] = []
    /// The port that a data connection will go to, and whether the server's (passive mode).
    public internal(set) var dynamicPort: UInt16?
    public internal(set) var isPassive: Bool?
    var isCommandWhole = false
    var isAnswered = false

    init(id: UInt64) { super.init(id: id, appProtocol: .ftp) }

    public override var heldBytes: Int {
        replies.reduce(super.heldBytes + command.count + argument.count) { $0 + 64 + $1.text.count }
    }

    public override func progress(_ direction: Direction) -> UInt8 {
        (direction == .toServer ? isCommandWhole : isAnswered) ? .max : 0
    }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool { isComplete(direction) }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard buffer.direction == direction, isComplete(direction) else { return nil }
        let bytes: [UInt8]? =
            switch buffer {
            case .ftpCommand where index == 0 && !command.isEmpty: command
            case .ftpCommandData where index == 0 && !argument.isEmpty: argument
            case .ftpReply: replies.element(index)?.text
            case .ftpCompletionCode: replies.element(index)?.code
            default: nil
            }
        return bytes.map { BufferView(bytes: $0) }
    }

    /// Numbers are there once the command is answered, and in the answer's direction, so that a rule holds once.
    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        guard direction == .toClient, isAnswered, index == 0 else { return nil }
        switch number {
        case .ftpMode: return isPassive.map { $0 ? 1 : 0 }
        case .ftpDynamicPort: return dynamicPort.map { UInt64($0) }
        case .ftpReplyReceived: return replies.isEmpty ? 0 : 1
        default: return nil
        }
    }

    func add(_ event: StaticName, _ direction: Direction) {
        let event = AppLayerEvent(appProtocol: .ftp, name: event, direction: direction)
        if !events.contains(event) { events.append(event) }
    }
}
