public import Wire

/// Reads the records of a TLS connection up to the point where they are encrypted, and their headers after it.
public final class TLSConnection: ProtocolParser {
    private let transaction = TLSTransaction()
    private var sides = (TLSRecordReader(), TLSRecordReader())
    private var hasGivenUp = false
    private var hasData = false

    public init() { super.init(appProtocol: .tls) }

    public override var transactions: [Transaction] { [transaction] }
    public override var transactionCount: UInt64 { 1 }
    public override var carriesCiphertext: Bool { hasData }
    public override var hasFailed: Bool { hasGivenUp }
    public override var heldBytes: Int { super.heldBytes + sides.0.heldBytes + sides.1.heldBytes }

    public override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        read(chunk, direction)
        guard let frames else { return }
        frames.wait(at: frames.position(direction) &- UInt64(direction == .toServer ? sides.0.pending : sides.1.pending), direction)
    }

    private func read(_ chunk: Span<UInt8>, _ direction: Direction) {
        guard !hasGivenUp, !chunk.isEmpty else { return }
        var at = 0
        while at < chunk.count, !hasGivenUp {
            let step = direction == .toServer ? sides.0.next(chunk, &at) : sides.1.next(chunk, &at)
            if let frames { noteFrames(frames, chunk.count, direction) }
            switch step {
            case .needsMore: return
            case .record(let type, let version, let body, let length): take(type, version, body, length, direction)
            case .oldHello(let body): takeOldHello(body, direction)
            case .failed(let event): fail(event, direction)
            }
        }
    }

    public override func skipGap(length: UInt64, direction: Direction) {
        hasGivenUp = true
        complete()
    }

    public override func finish(_ direction: Direction) {
        guard transaction.side(direction).progress != .complete else { return }
        transaction.change(direction) { $0.progress = .complete }
    }

    public override func finishInspection() { transaction.hasProgressed = false }

    // MARK: Records

    private func take(_ type: UInt8, _ version: TLSVersion, _ body: [UInt8], _ length: Int, _ direction: Direction) {
        switch type {
        case TLSRecordType.changeCipherSpec:
            setEncrypted(direction)
        case TLSRecordType.handshake:
            takeHandshake(body, direction)
        case TLSRecordType.applicationData:
            // Early data comes before the server's hello (RFC 8446, section 2.3).
            if transaction.client.hello?.hasEarlyData == true, transaction.server.hello == nil { return }
            hasData = true
            finishHandshake()
        case TLSRecordType.heartbeat:
            takeHeartbeat(body, length, direction)
        default:
            break
        }
    }

    private func setEncrypted(_ direction: Direction) {
        // RFC 8446, appendix D.4: in TLS 1.3 the message means nothing.
        guard !transaction.server.version.isTLS13 else { return }
        if direction == .toServer { sides.0.isEncrypted = true } else { sides.1.isEncrypted = true }
        guard transaction.server.hello != nil || direction == .toClient else { return }
        transaction.change(direction) { $0.progress = max($0.progress, .certificate) }
        if sides.0.isEncrypted, sides.1.isEncrypted { finishHandshake() }
    }

    private func finishHandshake() {
        guard !transaction.isHandshakeDone else { return }
        for direction in [Direction.toServer, .toClient] {
            transaction.change(direction) { $0.progress = max($0.progress, .handshakeDone) }
        }
    }

    private func takeHandshake(_ body: [UInt8], _ direction: Direction) {
        let isEncrypted = direction == .toServer ? sides.0.isEncrypted : sides.1.isEncrypted
        guard !isEncrypted, transaction.side(direction).progress < .handshakeDone else { return }
        if direction == .toServer { sides.0.handshake += body } else { sides.1.handshake += body }
        while !hasGivenUp {
            let next = direction == .toServer ? sides.0.nextMessage() : sides.1.nextMessage()
            switch next {
            case .none: return
            case .tooLong: return fail("handshake_invalid_length", direction)
            case .message(let type, let body): takeMessage(type, body, direction)
            }
        }
    }

    private func takeMessage(_ type: UInt8, _ body: [UInt8], _ direction: Direction) {
        switch (type, direction) {
        case (1, .toServer), (2, .toClient): takeHello(body, direction)
        case (11, _): takeCertificates(body, direction)
        case (12, .toClient): transaction.change(direction) { $0.states |= TLSTransaction.State.serverKeyExchange }
        case (13, .toClient): transaction.asksForCertificate = true
        case (14, .toClient): transaction.change(direction) { $0.progress = max($0.progress, .certificate) }
        case (16, .toServer):
            transaction.change(direction) {
                $0.states |= TLSTransaction.State.clientKeyExchange
                $0.progress = max($0.progress, .certificate)
            }
        default: break
        }
    }

    private func takeHello(_ body: [UInt8], _ direction: Direction) {
        var reader = TLSHelloReader(isClient: direction == .toServer)
        let isWhole = reader.read(body)
        for event in reader.events { transaction.add(event, direction) }
        guard isWhole else {
            transaction.add("handshake_invalid_length", direction)
            return fail("invalid_handshake_message", direction)
        }
        let hello = reader.hello
        transaction.change(direction) {
            // After a retry request the first hello stays: it is what rules have seen.
            if $0.hello == nil || $0.hello?.isRetryRequest == true { $0.hello = hello }
            $0.version = hello.version
            $0.states |= direction == .toServer ? TLSTransaction.State.clientHello : TLSTransaction.State.serverHello
            if direction == .toServer || !hello.isRetryRequest { $0.progress = max($0.progress, .hello) }
        }
        guard direction == .toClient, let client = transaction.client.hello else { return }
        let isSame = !client.sessionID.isEmpty && client.sessionID == hello.sessionID
        transaction.resumesSession = isSame || client.hasTicket
        if hello.version.isTLS13, !hello.isRetryRequest {
            transaction.change(direction) { $0.progress = max($0.progress, .certificate) }
        }
    }

    private func takeCertificates(_ body: [UInt8], _ direction: Direction) {
        var chain = TLSCertificateChain()
        if !chain.read(body) {
            transaction.add("invalid_certificate", direction)
            transaction.add("invalid_handshake_message", direction)
        }
        if let failure = chain.readLeaf() {
            transaction.add(failure.event, direction)
            transaction.add("invalid_handshake_message", direction)
        }
        transaction.change(direction) {
            $0.chain = chain
            $0.progress = max($0.progress, .certificate)
        }
    }

    // MARK: Heartbeats

    /// RFC 6520, section 4. `body` is the record's start.
    private func takeHeartbeat(_ body: [UInt8], _ length: Int, _ direction: Direction) {
        transaction.add("heartbeat_message", direction)
        let isEncrypted = direction == .toServer ? sides.0.isEncrypted : sides.1.isEncrypted
        if isEncrypted {
            // The answer to an encrypted request can't be longer than the request.
            if direction == .toServer {
                sides.0.heartbeatLength = length
            } else if sides.0.heartbeatLength > 0 {
                if length > sides.0.heartbeatLength { transaction.add("dataleak_heartbeat_mismatch", direction) }
                sides.0.heartbeatLength = 0
            }
            return
        }
        var cursor = ByteCursor(body)
        guard let type = cursor.uint8(), let payload = cursor.uint16(), type == 1 || type == 2 else {
            return transaction.add("invalid_heartbeat_message", direction)
        }
        if Int(payload) + 3 > length {
            transaction.add("overflow_heartbeat_message", direction)
        } else if length - Int(payload) - 3 < 16 {
            transaction.add("invalid_heartbeat_message", direction)
        }
    }

    // MARK: SSLv2 and ends

    /// A hello in the form of SSLv2 (RFC 5246, appendix E.2); nothing later of that version is read.
    private func takeOldHello(_ body: [UInt8], _ direction: Direction) {
        var cursor = ByteCursor(body)
        guard cursor.uint8() == 1, let wire = cursor.uint16(), let suites = cursor.uint16(), let session = cursor.uint16(),
            let challenge = cursor.uint16(), cursor.left >= Int(suites) + Int(session) + Int(challenge)
        else { return fail("invalid_sslv2_header", direction) }
        var hello = TLSHello()
        hello.legacyVersion = .ssl2
        hello.version = wire == 2 ? .ssl2 : TLSVersion(wire)
        transaction.change(direction) {
            $0.hello = hello
            $0.version = hello.version
            $0.states |= TLSTransaction.State.clientHello
            $0.progress = max($0.progress, .hello)
        }
        // The server of an SSLv2 connection answers in records that say nothing more.
        if wire == 2 {
            sides.0.isOpaque = true
            sides.1.isOpaque = true
        }
    }

    private func fail(_ event: StaticName, _ direction: Direction) {
        transaction.add(event, direction)
        transaction.add("invalid_ssl_record", direction)
        hasGivenUp = true
        complete()
    }

    private func complete() {
        for direction in [Direction.toServer, .toClient] { transaction.change(direction) { $0.progress = .complete } }
    }
}

extension TLSConnection {
    /// The frames of the record that begins in the chunk of `count` bytes at the direction's end.
    private func noteFrames(_ frames: FrameTracker, _ count: Int, _ direction: Direction) {
        guard let record = direction == .toServer ? sides.0.begun : sides.1.begun else { return }
        let data = frames.position(direction) &- UInt64(count - record.at)
        let start = data &- UInt64(record.headerLength)
        let whole = record.headerLength + record.length
        let isOld = record.type == nil
        frames.add(isOld ? .frameSSL2Header : .frameTLSHeader, direction, at: start, length: record.headerLength, of: transaction)
        frames.add(isOld ? .frameSSL2PDU : .frameTLSPDU, direction, at: start, length: whole, of: transaction)
        guard !isOld else { return }
        frames.add(.frameTLSData, direction, at: data, length: record.length, of: transaction)
        switch record.type {
        case TLSRecordType.alert: frames.add(.frameTLSAlert, direction, at: data, length: record.length, of: transaction)
        case TLSRecordType.heartbeat:
            frames.add(.frameTLSHeartbeat, direction, at: data, length: record.length, of: transaction)
        default: break
        }
    }
}
