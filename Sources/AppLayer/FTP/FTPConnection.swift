import Wire

/// FTP's control connection (RFC 959): commands and replies, each command answered in order.
final class FTPConnection: ProtocolParser {
    private static let lineLimit = 4096
    /// Reply lines of one command that are kept.
    private static let replyLimit = 256
    private let openLimit: Int

    private struct Line {
        var bytes: [UInt8] = []
        /// The line is past the limit: its rest is passed over.
        var isCut = false
    }

    private var open: [FTPTransaction] = []
    private var nextID: UInt64 = 0
    private var lines = InlineArray<2, Line>(repeating: Line())
    /// Code of a reply of several lines that has not ended.
    private var pendingCode: [UInt8]?
    private var isEncrypted = false
    private var handedOver: ([UInt8], [UInt8]) = ([], [])
    /// Where the next data connection goes.
    private var dataPort: (port: UInt16, isToServer: Bool)?
    /// What it will carry, as long as the port is not known.
    private var transfer: FTPTransfer?
    private var expected: [ExpectedFlow] = []

    init(limits: AppLayerLimits) {
        openLimit = limits.maxTransactions
        super.init(appProtocol: .ftp)
    }

    override var transactions: [Transaction] { open }
    override var transactionCount: UInt64 { nextID }
    override var heldBytes: Int { super.heldBytes + lines[0].bytes.count + lines[1].bytes.count }
    /// TLS takes over (RFC 4217, section 4).
    override var handsOver: Bool { isEncrypted }
    override var announcesTLS: Bool { true }

    override func takeHandedOver(_ direction: Direction) -> [UInt8] {
        defer { if direction == .toServer { handedOver.0 = [] } else { handedOver.1 = [] } }
        return direction == .toServer ? handedOver.0 : handedOver.1
    }

    override func takeExpectedFlows() -> [ExpectedFlow] {
        guard !expected.isEmpty else { return [] }
        defer { expected = [] }
        return expected
    }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        for index in chunk.indices {
            guard !isEncrypted else {
                let rest = chunk.extracting(index..<chunk.count)
                if direction == .toServer { handedOver.0.append(copying: rest) } else { handedOver.1.append(copying: rest) }
                return
            }
            let byte = chunk[index]
            guard byte == 0x0a else {
                if lines[direction.index].bytes.count < Self.lineLimit {
                    lines[direction.index].bytes.append(byte)
                } else {
                    lines[direction.index].isCut = true
                }
                continue
            }
            var line = lines[direction.index]
            lines[direction.index] = Line()
            while line.bytes.last == 0x0d { line.bytes.removeLast() }
            if direction == .toServer { takeCommand(line) } else { takeReply(line) }
        }
    }

    private func takeCommand(_ line: Line) {
        let text = line.bytes.drop { $0 == 0x20 }
        guard !text.isEmpty else { return }
        let word = text.prefix { $0 != 0x20 }
        let transaction = begin()
        transaction.command = word.map(\.uppercased)
        transaction.argument = Array(text[word.endIndex...].drop { $0 == 0x20 })
        transaction.isCommandWhole = true
        if line.isCut { transaction.add("request_command_too_long", .toServer) }
        take(transaction)
    }

    /// What a command says of data connections.
    private func take(_ transaction: FTPTransaction) {
        switch String(decoding: transaction.command, as: UTF8.self) {
        case "PORT": setPort(FTPAddress.port(transaction.argument), isPassive: false, transaction)
        case "EPRT": setPort(FTPAddress.extendedPort(transaction.argument), isPassive: false, transaction)
        case "PASV", "EPSV":
            transaction.isPassive = true
            dataPort = nil
        default:
            guard let new = FTPTransfer(command: transaction.command, name: transaction.argument) else { return }
            transfer = new
            expectTransfer()
        }
    }

    private func setPort(_ port: UInt16?, isPassive: Bool, _ transaction: FTPTransaction) {
        transaction.isPassive = isPassive
        guard let port else { return }
        transaction.dynamicPort = port
        dataPort = (port, isPassive)
        if isPassive { expectTransfer() } else { transfer = nil }
    }

    private func expectTransfer() {
        guard let dataPort, let next = transfer else { return }
        transfer = nil
        guard expected.count < Self.replyLimit else { return }
        expected.append(ExpectedFlow(port: dataPort.port, isToServer: dataPort.isToServer, transfer: next))
    }

    private func begin() -> FTPTransaction {
        if open.count >= openLimit { open.removeFirst() }
        let new = FTPTransaction(id: nextID)
        nextID &+= 1
        open.append(new)
        return new
    }

    /// RFC 959, section 4.2: `code SP text`, or `code-text` up to a line that begins with `code SP`.
    private func takeReply(_ line: Line) {
        guard !line.bytes.isEmpty else { return }
        let transaction = open.first { !$0.isAnswered } ?? greeting()
        transaction.hasProgressed = true
        let hasCode = line.bytes.count >= 3 && line.bytes[..<3].allSatisfy { 0x30...0x39 ~= $0 }
        let code = hasCode ? Array(line.bytes[..<3]) : []
        let separator = line.bytes.count > 3 ? line.bytes[3] : 0x20
        if transaction.replies.count < Self.replyLimit {
            transaction.replies.append((code, hasCode ? Array(line.bytes.dropFirst(4)) : line.bytes))
        }
        if line.isCut { transaction.add("response_command_too_long", .toClient) }
        if let pending = pendingCode {
            guard hasCode, code == pending, separator == 0x20 else { return }
        } else if hasCode, separator == UInt8(ascii: "-") {
            pendingCode = code
            return
        } else if !hasCode {
            return
        }
        pendingCode = nil
        switch String(decoding: code, as: UTF8.self) {
        case "227": setPort(FTPAddress.port(Array(line.bytes.dropFirst(4))), isPassive: true, transaction)
        case "229": setPort(FTPAddress.extendedPort(Array(line.bytes.dropFirst(4))), isPassive: true, transaction)
        default: break
        }
        // Codes below 200 announce that another reply follows.
        guard code[0] != 0x31 else { return }
        transaction.isAnswered = true
        if transaction.command == Array("AUTH".utf8), code == Array("234".utf8) { isEncrypted = true }
    }

    private func greeting() -> FTPTransaction {
        let transaction = begin()
        transaction.isCommandWhole = true
        return transaction
    }

    override func skipGap(length: UInt64, direction: Direction) { lines[direction.index] = Line() }

    override func finish(_ direction: Direction) {
        for transaction in open where direction == .toClient && !transaction.isAnswered {
            transaction.isAnswered = true
            transaction.hasProgressed = true
        }
    }

    override func finishInspection() {
        for transaction in open { transaction.hasProgressed = false }
        open.removeAll { $0.isCommandWhole && $0.isAnswered }
    }
}
