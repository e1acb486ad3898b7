import Wire

/// HTTP/2 in the clear on one connection (RFC 9113), from its first byte or after an upgrade of HTTP/1.
///
/// Frames of a stream make one transaction; each frame of the connection itself (stream 0) makes one of its own.
/// What loses the state of header compression ends the reading: no later block could be understood.
final class HTTP2Connection: ProtocolParser {
    let limits: AppLayerLimits
    var sides: InlineArray<2, HTTP2Side>
    /// Open streams, and all transactions in order.
    var streams: [UInt32: HTTP2Transaction] = [:]
    var exchanges: [HTTP2Transaction] = []
    /// Highest stream that client and server have opened.
    var lastStream: (UInt32, UInt32) = (0, 0)
    /// Bytes of header fields that open streams hold.
    var headerBytes = 0
    private let firstID: UInt64
    var nextID: UInt64
    private(set) var hasGivenUp = false
    private var isDNS = false
    /// Streams of this connection may be one (RFC 8441).
    var hasWebSockets = false
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// Begins the preface, and no request of HTTP/1.
    static let prefaceLine = Array("PRI * HTTP/2.0\r\n".utf8)
    static let headerBytesLimit = 8 << 20
    /// Frames of stream 0 between two inspections that have a transaction of their own.
    static let connectionFrameLimit = 64

    init(limits: AppLayerLimits, firstID: UInt64 = 0) {
        self.limits = limits
        self.firstID = firstID
        nextID = firstID
        sides = [HTTP2Side(.preface(0), limits: limits), HTTP2Side(.frameHeader, limits: limits)]
        super.init(appProtocol: .http2)
    }

    override var transactions: [Transaction] {
        hasWebSockets ? exchanges + exchanges.flatMap { $0.webSocket?.open ?? [] } : exchanges
    }
    override var transactionCount: UInt64 { nextID &- firstID }
    override var heldBytes: Int { super.heldBytes + sides[0].heldBytes + sides[1].heldBytes + 64 * streams.count }
    override var hasFailed: Bool { hasGivenUp }
    override var refinedProtocol: AppProtocol? { isDNS ? .doh2 : nil }

    func noteDNS() { isDNS = true }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        let side = direction.index
        var at = 0
        while at < chunk.count {
            switch sides[side].state {
            case .preface(let matched): at = takePreface(matched, chunk, from: at)
            case .frameHeader:
                at = hold(HTTP2FrameHeader.byteCount, chunk, from: at, side)
                guard sides[side].held.count == HTTP2FrameHeader.byteCount else {
                    if let frames { frames.wait(at: frames.position(direction) &- UInt64(sides[side].held.count), direction) }
                    return
                }
                let header = HTTP2FrameHeader(sides[side].held)
                sides[side].held.removeAll(keepingCapacity: true)
                if let header {
                    noteFrames(header, chunk.count - at, direction)
                    begin(header, direction)
                }
            case .payload(let header):
                at = hold(header.length, chunk, from: at, side)
                guard sides[side].held.count == header.length else { return }
                endFrame(header, direction)
            case .padLength(let header):
                let padding = Int(chunk[at])
                at += 1
                beginData(header, padding: padding, direction)
            case .data(let header, let left, let padding):
                let count = min(left, chunk.count - at)
                takeData(chunk.extracting(at..<at + count), header, direction)
                at += count
                guard case .data = sides[side].state else { continue }
                sides[side].state = .data(header, left: left - count, padding: padding)
                if left == count { endData(header, padding: padding, direction) }
            case .skip(let left):
                let count = min(left, chunk.count - at)
                at += count
                sides[side].state = left == count ? .frameHeader : .skip(left: left - count)
            case .opaque: return
            }
        }
    }

    /// `header` lies before the direction's newest `rest` bytes.
    private func noteFrames(_ header: HTTP2FrameHeader, _ rest: Int, _ direction: Direction) {
        guard let frames else { return }
        let (size, transaction) = (HTTP2FrameHeader.byteCount, streams[header.stream])
        let payload = frames.position(direction) &- UInt64(rest)
        frames.add(.frameHTTP2Header, direction, at: payload &- UInt64(size), length: size, of: transaction)
        frames.add(.frameHTTP2Data, direction, at: payload, length: header.length, of: transaction)
        frames.add(.frameHTTP2PDU, direction, at: payload &- UInt64(size), length: size + header.length, of: transaction)
    }

    private func takePreface(_ matched: Int, _ chunk: Span<UInt8>, from start: Int) -> Int {
        var (matched, at) = (matched, start)
        while matched < Self.preface.count, at < chunk.count {
            guard chunk[at] == Self.preface[matched] else {
                fail("invalid_client_magic", nil, .toServer)
                return chunk.count
            }
            matched += 1
            at += 1
        }
        sides[0].state = matched == Self.preface.count ? .frameHeader : .preface(matched)
        return at
    }

    private func hold(_ wanted: Int, _ chunk: Span<UInt8>, from start: Int, _ side: Int) -> Int {
        let count = min(wanted - sides[side].held.count, chunk.count - start)
        sides[side].held.append(copying: chunk.extracting(start..<start + count))
        return start + count
    }

    // MARK: Ends and gaps

    /// What follows can't be read.
    func fail(_ event: StaticName, _ transaction: HTTP2Transaction?, _ direction: Direction) {
        (transaction ?? single(0, direction)).add(event, direction)
        for transaction in exchanges { end(transaction, .truncated) }
        hasGivenUp = true
        sides[0].state = .opaque
        sides[1].state = .opaque
        sides[0].block = nil
        sides[1].block = nil
    }

    override func skipGap(length: UInt64, direction: Direction) {
        let side = direction.index
        switch sides[side].state {
        case .data(let header, let left, let padding) where length <= UInt64(left):
            if let channel = streams[header.stream]?.webSocket {
                channel.skipGap(length, direction)
            } else {
                streams[header.stream]?.skipBody(length, direction)
            }
            let left = left - Int(length)
            sides[side].state = .data(header, left: left, padding: padding)
            if left == 0 { endData(header, padding: padding, direction) }
        case .skip(let left) where length <= UInt64(left):
            sides[side].state = length == UInt64(left) ? .frameHeader : .skip(left: left - Int(length))
        case .opaque: break
        default: fail("invalid_frame_data", nil, direction)
        }
    }

    override func finish(_ direction: Direction) {
        guard !sides[direction.index].hasEnded else { return }
        sides[direction.index].hasEnded = true
        for transaction in exchanges {
            transaction.complete(direction, .truncated)
            if direction == .toClient { transaction.complete(.toServer, .truncated) }
        }
        sides[direction.index].state = .opaque
    }

    override func finishInspection() {
        sides[0].connectionFrames = 0
        sides[1].connectionFrames = 0
        for transaction in exchanges where transaction.hasProgressed {
            transaction.webSocket?.finishInspection()
            transaction.hasProgressed = false
            transaction.intake[0].grown = 0
            transaction.intake[1].grown = 0
            transaction.discardInspected()
            guard transaction.isOver else { continue }
            headerBytes -= transaction.headerBytes
            transaction.headerBytes = 0
        }
        exchanges.removeAll(where: \.isOver)
    }

    // MARK: Transactions

    /// A transaction that this frame begins and ends: the connection's, or one about a stream that is not open.
    func single(_ stream: UInt32, _ direction: Direction) -> HTTP2Transaction {
        let side = direction.index
        if sides[side].connectionFrames >= Self.connectionFrameLimit, let last = exchanges.last(where: \.isOver) { return last }
        sides[side].connectionFrames += 1
        let transaction = make(stream)
        end(transaction, .closed)
        return transaction
    }

    func make(_ stream: UInt32) -> HTTP2Transaction {
        var limits = limits
        // All windows of a connection together stay bounded: the more streams, the less each holds.
        let share = (4 << 20) / max(64, streams.count + 1)
        limits.httpRequestBodyWindow = min(limits.httpRequestBodyWindow, share)
        limits.httpResponseBodyWindow = min(limits.httpResponseBodyWindow, share)
        let transaction = HTTP2Transaction(id: nextID, streamID: stream, limits: limits)
        transaction.ranges = ranges
        nextID &+= 1
        exchanges.append(transaction)
        return transaction
    }

    /// Opens a stream; nil when there are too many.
    func open(_ stream: UInt32) -> HTTP2Transaction? {
        let transaction = make(stream)
        guard streams.count < limits.http2MaxStreams else {
            fail("too_many_streams", transaction, .toServer)
            return nil
        }
        streams[stream] = transaction
        if stream % 2 == 1 { lastStream.0 = max(lastStream.0, stream) } else { lastStream.1 = max(lastStream.1, stream) }
        return transaction
    }

    func wasOpened(_ stream: UInt32) -> Bool { stream <= (stream % 2 == 1 ? lastStream.0 : lastStream.1) }

    /// The stream is closed both ways.
    func end(_ transaction: HTTP2Transaction, _ state: TransferredFile.State) {
        transaction.complete(.toServer, state)
        transaction.complete(.toClient, state)
        if streams[transaction.streamID] === transaction { streams[transaction.streamID] = nil }
    }

    /// END_STREAM: nothing of `direction` follows.
    func endStream(_ transaction: HTTP2Transaction, _ direction: Direction) {
        transaction.complete(direction, .closed)
        if transaction.isOver, streams[transaction.streamID] === transaction { streams[transaction.streamID] = nil }
    }
}
