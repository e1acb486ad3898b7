import Wire

/// SMTP on one connection (RFC 5321; CHUNKING of RFC 3030, PIPELINING of RFC 2920, STARTTLS of RFC 3207).
final class SMTPConnection: ProtocolParser {
    enum Mode: Equatable {
        case commands
        /// Up to a line of one dot.
        case message
        case chunk(left: UInt64, isLast: Bool)
        /// Another protocol has taken over.
        case handedOver
    }

    /// A command, or the end of a message, that waits for its reply.
    enum Awaited { case hello, mail, recipient, data, messageEnd, startTLS, reset, other }

    /// Bytes of a line that are held (RFC 5321, section 4.5.3.1.6 has 1,000); a longer one is read in parts.
    static let lineLimit = 4096
    /// RFC 5321, section 4.5.3.1.4, without the line's end.
    private static let commandLimit = 510
    private static let awaitedLimit = 1024
    /// Bytes of a message that turn out to be commands when the server refuses it.
    private static let doubtLimit = 16 * 1024
    private static let parameterLimit = 4096

    let limits: AppLayerLimits
    private var open: [SMTPTransaction] = []
    private var nextID: UInt64 = 0
    private var helo: [UInt8]?
    var mode = Mode.commands
    private var line: [UInt8] = []
    /// The line that comes next is the rest of one that was too long.
    private var isRest = false
    /// What ended the line before was CR LF, as far as the end of a message asks for it.
    private var followsStrictEnd = true
    /// A line of a message in chunks that goes on in what follows, and whether it is the rest of a longer one.
    private var chunkLine: (bytes: [UInt8], isRest: Bool) = ([], false)
    private var reader: MailReader?
    /// What came while it was not sure whether it is a message.
    private var doubt: [UInt8]?
    /// A dot by itself between line ends that only some servers take for the end of a message.
    private var mayHaveEnded = false
    private var followsDot = false
    private var isGoingBack = false
    /// Of the message that is coming in.
    var messageFrame: StreamFrame?
    var awaited: [Awaited] = []
    var replies = SMTPReplies()
    var handedOver: ([UInt8], [UInt8]) = ([], [])

    init(limits: AppLayerLimits) {
        self.limits = limits
        super.init(appProtocol: .smtp)
    }

    override var transactions: [Transaction] { open.isEmpty ? [] : open }
    override var transactionCount: UInt64 { nextID }
    override var heldBytes: Int {
        super.heldBytes + line.count + chunkLine.bytes.count + (doubt?.count ?? 0) + (reader?.heldBytes ?? 0)
            + handedOver.0.count + handedOver.1.count
    }
    override var handsOver: Bool { mode == .handedOver }
    override var announcesTLS: Bool { true }

    override func takeHandedOver(_ direction: Direction) -> [UInt8] {
        defer { if direction == .toServer { handedOver.0 = [] } else { handedOver.1 = [] } }
        return direction == .toServer ? handedOver.0 : handedOver.1
    }

    override func handOverFailed() { open.last?.add("failed_protocol_change", .toServer) }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        if direction == .toClient { takeReplies(chunk) } else { take(chunk) }
        let held = direction == .toServer ? line.count : replies.line.count
        if let frames { frames.wait(at: frames.position(direction) &- UInt64(held), direction) }
    }

    private func take(_ chunk: Span<UInt8>) {
        var at = 0
        while at < chunk.count {
            switch mode {
            case .handedOver:
                handedOver.0.append(copying: chunk.extracting(at..<chunk.count))
                return
            case .chunk(let left, let isLast):
                let count = Int(min(left, UInt64(chunk.count - at)))
                takeChunk(chunk.extracting(at..<at + count), left: left, isLast)
                at += count
            case .commands, .message:
                at = takeLine(chunk, from: at)
            }
        }
    }

    /// Collects a line; acts on it when it is whole or at its limit. Returns where the next byte is.
    private func takeLine(_ chunk: Span<UInt8>, from start: Int) -> Int {
        let room = Self.lineLimit - line.count
        var end = start
        while end < chunk.count, end - start < room, chunk[end] != 0x0a { end += 1 }
        let isWhole = end < chunk.count && chunk[end] == 0x0a && end - start < room
        let stop = isWhole ? end + 1 : end
        line.append(copying: chunk.extracting(start..<stop))
        guard isWhole || line.count >= Self.lineLimit else { return stop }
        var taken: [UInt8] = []
        swap(&taken, &line)
        let wasRest = isRest
        isRest = !isWhole
        let wasCommand = mode == .commands
        defer { if !isGoingBack { noteLine(taken, left: chunk.count - stop, wasCommand: wasCommand, isStart: !wasRest) } }
        if mode == .message { takeMessageLine(taken, isStart: !wasRest) } else { takeCommandLine(taken, isStart: !wasRest) }
        return stop
    }

    // MARK: Transactions

    /// The transaction that commands belong to now.
    var current: SMTPTransaction {
        if let last = open.last, last.stage < .complete { return last }
        if open.count >= limits.maxTransactions { open.removeFirst() }
        let new = SMTPTransaction(id: nextID, helo: helo, digests: limits.fileDigests, magic: limits.fileMagic)
        nextID &+= 1
        open.append(new)
        return new
    }

    /// What an event about the session belongs to: never one that is over, which may be forgotten already.
    var latest: SMTPTransaction {
        guard let last = open.last, !last.isOver else { return current }
        return last
    }

    /// The oldest one whose end the server has not answered.
    var unanswered: SMTPTransaction? { open.first { $0.stage == .complete && !$0.isAnswered } }

    private func complete(_ transaction: SMTPTransaction, _ state: TransferredFile.State = .closed) {
        if var last = reader {
            for piece in last.finish() { transaction.take(piece) }
            transaction.mail = last.message
            reader = nil
        }
        transaction.attachments.close(state)
        transaction.stage = .complete
        transaction.hasProgressed = true
    }

    private func expect(_ command: Awaited) {
        if let last = awaited.last, last == .startTLS || last == .data {
            latest.add("invalid_pipelined_sequence", .toServer)
        }
        if awaited.count >= Self.awaitedLimit { awaited.removeFirst() }
        awaited.append(command)
    }

    // MARK: Commands

    private func takeCommandLine(_ bytes: [UInt8], isStart: Bool) {
        guard isStart else { return }
        let text = bytes[...].droppingLineEnd
        if text.count > Self.commandLimit { latest.add("max_command_line_len_exceeded", .toServer) }
        if bytes.last != 0x0a { latest.add("truncated_line", .toServer) }
        let word = text.prefix { $0 > 0x20 && $0 != UInt8(ascii: ":") }
        let rest = text[word.endIndex...]
        switch String(decoding: word.prefix(16).map(\.uppercased), as: UTF8.self) {
        case "HELO", "EHLO", "LHLO":
            if helo == nil { helo = Self.parameter(rest) }
            let transaction = current
            if transaction.helo == nil { transaction.helo = helo }
            transaction.hasProgressed = true
            expect(.hello)
        case "MAIL": takeMail(rest)
        case "RCPT":
            if let value = Self.value(rest, after: "TO:") {
                current.addRecipient(value)
                current.stage = max(current.stage, .envelope)
                current.hasProgressed = true
            }
            expect(.recipient)
        case "DATA":
            expect(.data)
            begin(.message)
            doubt = []
        case "BDAT": takeBDAT(rest)
        case "STARTTLS": expect(.startTLS)
        case "RSET":
            let begun = open.last.flatMap { $0.stage == .envelope || $0.stage == .message ? $0 : nil }
            if let begun { complete(begun, .truncated) }
            expect(begun == nil ? .other : .reset)
        case "QUIT":
            if let last = open.last, last.stage < .complete { complete(last, .truncated) }
            expect(.other)
        default: expect(.other)
        }
    }

    private func takeMail(_ rest: ArraySlice<UInt8>) {
        expect(.mail)
        guard let value = Self.value(rest, after: "FROM:") else { return }
        let transaction = current
        transaction.hasProgressed = true
        if transaction.mailFrom == nil {
            transaction.mailFrom = value
        } else {
            transaction.add("duplicate_fields", .toServer)
        }
        transaction.stage = max(transaction.stage, .envelope)
    }

    /// Up to a blank: what follows are parameters of extensions.
    private static func parameter(_ rest: ArraySlice<UInt8>) -> [UInt8] {
        Array(rest.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }.prefix(parameterLimit))
    }

    private static func value(_ rest: ArraySlice<UInt8>, after name: String) -> [UInt8]? {
        let rest = rest.drop { $0 <= 0x20 }
        guard rest.prefix(name.utf8.count).map(\.uppercased).elementsEqual(name.utf8) else { return nil }
        return parameter(rest.dropFirst(name.utf8.count))
    }

    /// `BDAT size [LAST]`
    private func takeBDAT(_ rest: ArraySlice<UInt8>) {
        let words = rest.split { $0 <= 0x20 }
        let isLast = words.dropFirst().first.map { $0.map(\.uppercased).elementsEqual("LAST".utf8) } ?? false
        guard let first = words.first, let size = UInt64(String(decoding: first, as: UTF8.self)) else {
            expect(.other)
            latest.add("bdat_chunk_len_exceeded", .toServer)
            return
        }
        expect(isLast ? .messageEnd : .other)
        if reader == nil { begin(.chunk(left: size, isLast: isLast)) } else { mode = .chunk(left: size, isLast: isLast) }
        if size == 0 { endChunk(isLast) }
    }

    // MARK: Messages

    private func begin(_ mode: Mode) {
        self.mode = mode
        let transaction = current
        transaction.stage = .message
        transaction.hasProgressed = true
        let new = MailReader(
            urls: URLFinder(schemes: limits.mailURLSchemes, keepsScheme: limits.mailURLsKeepScheme),
            digestsBody: limits.digestsMailBodies)
        reader = new
        transaction.mail = new.message
        followsStrictEnd = true
        mayHaveEnded = false
        followsDot = false
        doubt = nil
    }

    private func takeMessageLine(_ bytes: [UInt8], isStart: Bool) {
        if !(doubt?.isEmpty ?? true), awaited.last == .data { latest.add("invalid_pipelined_sequence", .toServer) }
        hold(bytes)
        let isStrict = bytes.count >= 2 && bytes[bytes.count - 2] == 0x0d && bytes.last == 0x0a
        let text = bytes[...].droppingLineEnd
        if followsDot, isStart, Self.isCommand(text) { latest.add("unparsable_content", .toServer) }
        followsDot = false
        defer { followsStrictEnd = isStrict }
        if isStart, text.elementsEqual([0x2e]) {
            if isStrict, followsStrictEnd { return endMessage() }
            if bytes.last == 0x0a {
                // Where the server takes it for the end, what follows are commands.
                if awaited.last != .data { doubt = [] }
                mayHaveEnded = true
                followsDot = true
            }
        }
        // RFC 5321, section 4.5.2: of a line that begins with a dot, that dot is no part.
        read(isStart && text.first == 0x2e ? text.dropFirst() : text, Array(bytes[text.endIndex...]), isStart: isStart)
    }

    /// What begins another message where the one before is not taken to have ended.
    private static func isCommand(_ text: ArraySlice<UInt8>) -> Bool {
        ["MAIL", "RSET", "EHLO", "HELO", "QUIT"].contains(String(decoding: text.prefix { $0 > 0x20 }.prefix(5).map(\.uppercased), as: UTF8.self))
    }

    private func read(_ text: ArraySlice<UInt8>, _ end: [UInt8], isStart: Bool) {
        guard var reader else { return }
        self.reader = nil
        let transaction = current
        for piece in reader.read(text, end: end, isStart: isStart) { transaction.take(piece) }
        if transaction.mail?.stage != reader.message.stage
            || transaction.mail?.attachmentNames.count != reader.message.attachmentNames.count
        {
            transaction.mail = reader.message
        }
        transaction.hasProgressed = true
        self.reader = reader
    }

    private func endMessage() {
        mode = .commands
        if awaited.last != .data, !mayHaveEnded { doubt = nil }
        complete(current)
        expect(.messageEnd)
    }

    private func takeChunk(_ bytes: Span<UInt8>, left: UInt64, _ isLast: Bool) {
        var at = 0
        while at < bytes.count {
            let start = at
            let room = Self.lineLimit - chunkLine.bytes.count
            while at < bytes.count, at - start < room, bytes[at] != 0x0a { at += 1 }
            let isWhole = at < bytes.count && bytes[at] == 0x0a && at - start < room
            if isWhole { at += 1 }
            chunkLine.bytes.append(copying: bytes.extracting(start..<at))
            if isWhole || chunkLine.bytes.count >= Self.lineLimit { flushChunkLine(isWhole: isWhole) }
        }
        mode = .chunk(left: left - UInt64(bytes.count), isLast: isLast)
        if left == UInt64(bytes.count) { endChunk(isLast) }
    }

    private func flushChunkLine(isWhole: Bool) {
        var taken: [UInt8] = []
        swap(&taken, &chunkLine.bytes)
        let text = taken[...].droppingLineEnd
        read(text, Array(taken[text.endIndex...]), isStart: !chunkLine.isRest)
        chunkLine.isRest = !isWhole
    }

    private func endChunk(_ isLast: Bool) {
        mode = .commands
        guard isLast else { return }
        if !chunkLine.bytes.isEmpty { flushChunkLine(isWhole: true) }
        chunkLine = ([], false)
        complete(current)
    }

    // MARK: Doubt

    private func hold(_ bytes: [UInt8]) {
        guard let count = doubt?.count else { return }
        if count + bytes.count <= Self.doubtLimit { doubt?.append(contentsOf: bytes) } else { doubt = nil }
    }

    /// The server has refused DATA: what was read as a message are commands.
    func dataRefused() {
        latest.add("data_command_rejected", .toClient)
        let held = doubt ?? []
        doubt = nil
        guard mode == .message else { return }
        reader = nil
        let transaction = current
        transaction.attachments.close(.truncated)
        transaction.stage = .envelope
        transaction.mail = nil
        goBack(to: held)
    }

    func dataAccepted() { doubt = nil }

    /// A reply that nothing else asked for says that a message ended before it seemed to.
    func endsDoubtfully() -> Bool {
        guard mayHaveEnded, let held = doubt else { return false }
        doubt = nil
        mayHaveEnded = false
        if mode == .message {
            complete(current)
            awaited.append(.messageEnd)
        }
        goBack(to: held)
        return !awaited.isEmpty
    }

    private func goBack(to held: [UInt8]) {
        mode = .commands
        let rest = line
        line = []
        isRest = false
        // Their places in the stream are long past.
        isGoingBack = true
        take(held.span)
        take(rest.span)
        isGoingBack = false
        messageFrame = nil
    }

    // MARK: Ends

    override func skipGap(length: UInt64, direction: Direction) {
        guard direction == .toServer else { return replies.line.removeAll() }
        line = []
        switch mode {
        case .chunk(let left, let isLast) where length <= left:
            current.attachments.skip(length)
            mode = .chunk(left: left - length, isLast: isLast)
            if left == length { endChunk(isLast) }
        case .message:
            current.attachments.skip(length)
            isRest = true
        case .commands, .handedOver, .chunk: mode = mode == .handedOver ? mode : .commands
        }
    }

    override func finish(_ direction: Direction) {
        if direction == .toServer, let last = open.last, last.stage < .complete {
            if !line.isEmpty, mode == .message { takeMessageLine(line, isStart: !isRest) }
            line = []
            if last.stage < .complete { complete(last, .truncated) }
        }
        guard direction == .toClient else { return }
        answerAll()
    }

    func answerAll() {
        for transaction in open where !transaction.isAnswered {
            transaction.isAnswered = true
            transaction.hasProgressed = true
        }
    }

    /// TLS takes over: what was said in the clear is all there is.
    func handOver() {
        if let last = open.last, last.stage < .complete { complete(last, .truncated) }
        answerAll()
        mode = .handedOver
        handedOver.0 = line
        line = []
    }

    override func finishInspection() {
        for transaction in open {
            transaction.hasProgressed = false
            transaction.discardInspected()
        }
        open.removeAll(where: \.isOver)
    }
}

extension ArraySlice<UInt8> {
    /// Without CR LF or LF.
    var droppingLineEnd: ArraySlice<UInt8> {
        guard last == 0x0a else { return self }
        let line = dropLast()
        return line.last == 0x0d ? line.dropLast() : line
    }
}
