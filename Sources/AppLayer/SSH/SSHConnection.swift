import Wire

/// SSH on one connection: the banners, then binary packets until both sides encrypt (RFC 4253, sections 4.2, 6 and 7).
final class SSHConnection: ProtocolParser {
    /// RFC 4253, section 4.2: 255 bytes with the line's end.
    private static let bannerLimit = 255
    private static let packetLimit = 65_535
    /// Lines that a server may send before its banner.
    private static let linesLimit = 64
    private static let keyExchangeInit: UInt8 = 20
    private static let newKeys: UInt8 = 21

    private struct Reader {
        var held: [UInt8] = []
        /// Bytes of a packet that is not kept.
        var skipping = 0
        var lines = 0
        /// The rest of a line that was too long.
        var isPassingLine = false
        /// End of the last packet that frames were made of.
        var framed: UInt64 = 0
    }

    private let transaction = SSHTransaction()
    private var isOpen = true
    private var readers = InlineArray<2, Reader>(repeating: Reader())

    init() { super.init(appProtocol: .ssh) }

    override var transactions: [Transaction] { isOpen ? [transaction] : [] }
    override var transactionCount: UInt64 { 1 }
    override var heldBytes: Int { super.heldBytes + readers[0].held.count + readers[1].held.count }
    override var carriesCiphertext: Bool { isFinished }
    override var isFinished: Bool { transaction.client.state == .complete && transaction.server.state == .complete }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        guard state(direction) < .complete else { return }
        var start = 0
        if readers[direction.index].skipping > 0 {
            start = min(chunk.count, readers[direction.index].skipping)
            readers[direction.index].skipping -= start
        }
        readers[direction.index].held.append(copying: chunk.extracting(start..<chunk.count))
        while state(direction) < .complete, step(direction) {}
        if state(direction) == .complete { readers[direction.index].held = [] }
        if let frames { frames.wait(at: frames.position(direction) &- UInt64(readers[direction.index].held.count), direction) }
    }

    /// Of the packet that begins `held` bytes before the direction's end.
    private func noteFrames(_ held: Int, _ length: Int, _ direction: Direction) {
        let start = (frames?.position(direction) ?? 0) &- UInt64(held)
        guard let frames, start >= readers[direction.index].framed else { return }
        readers[direction.index].framed = start &+ UInt64(4 + length)
        frames.add(.frameSSHRecordHeader, direction, at: start, length: 6, of: transaction)
        frames.add(.frameSSHRecordData, direction, at: start &+ 6, length: length - 2, of: transaction)
        frames.add(.frameSSHRecordPDU, direction, at: start, length: 4 + length, of: transaction)
    }

    private func step(_ direction: Direction) -> Bool {
        if readers[direction.index].isPassingLine { return passLine(direction) }
        return state(direction) == .banner ? takeLine(direction) : takePacket(direction)
    }

    private func passLine(_ direction: Direction) -> Bool {
        guard let end = readers[direction.index].held.firstIndex(of: 0x0a) else {
            readers[direction.index].held = []
            return false
        }
        readers[direction.index].held.removeFirst(end + 1)
        readers[direction.index].isPassingLine = false
        return true
    }

    private func takeLine(_ direction: Direction) -> Bool {
        let held = readers[direction.index].held
        guard let end = held.prefix(Self.bannerLimit + 1).firstIndex(of: 0x0a) else {
            guard held.count > Self.bannerLimit else { return false }
            transaction.add("long_banner", direction)
            setBanner(Array(held[..<Self.bannerLimit]), direction)
            readers[direction.index].isPassingLine = true
            set(.keyExchange, direction)
            return true
        }
        readers[direction.index].held.removeFirst(end + 1)
        var line = held[..<end]
        while line.last == 0x0d { line.removeLast() }
        if line.count + 1 > Self.bannerLimit { transaction.add("long_banner", direction) }
        guard line.starts(with: "SSH-".utf8) else {
            readers[direction.index].lines += 1
            transaction.add("invalid_banner", direction)
            if readers[direction.index].lines > Self.linesLimit { set(.complete, direction) }
            return true
        }
        setBanner(Array(line), direction)
        set(.keyExchange, direction)
        return true
    }

    /// `SSH-protoversion-softwareversion SP comments`.
    private func setBanner(_ line: [UInt8], _ direction: Direction) {
        let rest = line.dropFirst(4)
        guard let dash = rest.firstIndex(of: UInt8(ascii: "-")) else {
            transaction.add("invalid_banner", direction)
            return
        }
        let software = rest[(dash + 1)...].prefix { $0 != 0x20 }
        change(direction) { side in
            side.protocolVersion = Array(rest[..<dash])
            side.software = Array(software)
        }
    }

    private func takePacket(_ direction: Direction) -> Bool {
        let held = readers[direction.index].held
        guard held.count >= 6 else { return false }
        let length = held[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length >= 2, length <= 1 << 20 else {
            transaction.add("invalid_record", direction)
            set(.complete, direction)
            return false
        }
        let code = held[5]
        noteFrames(held.count, length, direction)
        if code == Self.newKeys {
            set(.complete, direction)
            return false
        }
        let whole = 4 + length
        if code == Self.keyExchangeInit, length <= Self.packetLimit {
            guard held.count >= whole else { return false }
            takeAlgorithms(Array(held[6..<whole]), direction)
            set(max(.afterKeyExchange, state(direction)), direction)
        } else if code == Self.keyExchangeInit {
            transaction.add("long_kex_record", direction)
            set(max(.afterKeyExchange, state(direction)), direction)
        }
        let available = min(whole, held.count)
        readers[direction.index].held.removeFirst(available)
        readers[direction.index].skipping = whole - available
        return available == whole
    }

    /// RFC 4253, section 7.1: a cookie, then ten lists of names. The fingerprint is of four of them
    /// (https://github.com/salesforce/hassh).
    private func takeAlgorithms(_ payload: [UInt8], _ direction: Direction) {
        var lists: [ArraySlice<UInt8>] = []
        var at = 16
        while lists.count < 8 {
            guard at + 4 <= payload.count else { return transaction.add("invalid_record", direction) }
            let length = payload[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard at + 4 + length <= payload.count else { return transaction.add("invalid_record", direction) }
            lists.append(payload[(at + 4)..<(at + 4 + length)])
            at += 4 + length
        }
        // Key exchange, host key, then encryption, MAC and compression, each to the server and to the client.
        let own = direction == .toServer ? [0, 2, 4, 6] : [0, 3, 5, 7]
        let text = Array(own.map { lists[$0] }.joined(separator: [UInt8(ascii: ";")]))
        var digest = Digest<MD5>()
        digest.update(text.span)
        let digits = Array("0123456789abcdef".utf8)
        var hexadecimal: [UInt8] = []
        for byte in digest.value { hexadecimal += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        change(direction) { side in
            side.algorithms = text
            side.fingerprint = hexadecimal
        }
    }

    private func state(_ direction: Direction) -> SSHTransaction.State { transaction.side(direction).state }

    private func set(_ state: SSHTransaction.State, _ direction: Direction) { change(direction) { $0.state = state } }

    private func change(_ direction: Direction, _ body: (inout SSHTransaction.Side) -> Void) {
        transaction.hasProgressed = true
        switch direction {
        case .toServer: body(&transaction.client)
        case .toClient: body(&transaction.server)
        }
    }

    override func skipGap(length: UInt64, direction: Direction) {
        if state(direction) < .complete { set(.complete, direction) }
    }

    override func finish(_ direction: Direction) {
        if state(direction) < .complete { set(.complete, direction) }
    }

    override func finishInspection() {
        transaction.hasProgressed = false
        if isFinished { isOpen = false }
    }
}
