import Wire

/// HTTP/1 on one connection (RFC 9112): requests and responses paired in order, pipelining included.
///
/// Lenient where servers are, because what one server understands an attacker may send.
final class HTTPConnection: ProtocolParser {
    var exchanges: [HTTPTransaction] = []
    var nextID: UInt64 = 0
    /// After CONNECT or an upgrade: the flow goes on with another protocol.
    var isTunnel = false
    private var handedOver: ([UInt8], [UInt8]) = ([], [])
    var hasGivenUp = false
    let limits: AppLayerLimits
    let serverPort: UInt16
    /// Events of the transactions that are done.
    var warnings = 0
    var hasToldWarnings = false
    /// As many messages of its parser as Suricata takes from one connection.
    static let warningLimit = 512
    var sides = InlineArray<2, HTTPSide>(repeating: HTTPSide())
    /// The request that is coming in, nil between requests.
    var requesting: HTTPTransaction?
    var responding: HTTPTransaction?
    let framingRule: HTTPLines.FramingRule
    /// The requests as receivers read them that go by the other rule, from the first message on that the rules differ about.
    var otherReading: HTTPConnection?
    var parting: Parting?
    /// A client that asks for a WebSocket and does not wait for the answer: what follows its request, read as frames too.
    var early: (channel: WebSocketChannel, request: HTTPTransaction)?

    /// - Parameter serverPort: 0 when it is not known.
    init(limits: AppLayerLimits, serverPort: UInt16 = 0, framingRule: HTTPLines.FramingRule = .codingFirst) {
        self.limits = limits
        self.framingRule = framingRule
        self.serverPort = serverPort
        super.init(appProtocol: .http1)
    }

    override var transactions: [Transaction] {
        if otherReading == nil, early == nil || isTunnel { return exchanges.isEmpty ? [] : exchanges }
        return exchanges + (otherReading?.exchanges ?? []) + (isTunnel ? [] : early?.channel.open ?? [])
    }
    override var transactionCount: UInt64 { nextID }
    override var heldBytes: Int {
        super.heldBytes + sides[0].heldBytes + sides[1].heldBytes + handedOver.0.count + handedOver.1.count
            + (early?.channel.heldBytes ?? 0) + (otherReading?.heldBytes ?? 0)
    }
    override var hasFailed: Bool { hasGivenUp }

    override var handsOver: Bool { isTunnel }
    /// The protocol that both sides agreed to go on with (RFC 9110, section 7.8).
    override var successor: ProtocolParser? {
        // Not always the last: the client may have said more before the answer came.
        guard isTunnel, let upgraded = exchanges.last(where: { $0.response.second.elementsEqual("101".utf8) }) else { return nil }
        if upgraded.response.value("upgrade")?.containsIgnoringCase("h2c") == true {
            return HTTP2Connection(limits: limits, firstID: nextID)
        }
        return webSocket(after: upgraded).map { WebSocketConnection($0, firstID: nextID) }
    }
    override func takeHandedOver(_ direction: Direction) -> [UInt8] {
        defer { if direction == .toServer { handedOver.0 = [] } else { handedOver.1 = [] } }
        return direction == .toServer ? handedOver.0 : handedOver.1
    }
    override func handOverFailed() {
        exchanges.last?.add("failed_protocol_change", .toServer)
        exchanges.last?.hasProgressed = true
    }

    override func skipGap(length: UInt64, direction: Direction) {
        pass(over: length, direction)
        if direction == .toServer { otherReading?.pass(over: length, direction) }
    }
    override func finish(_ direction: Direction) {
        end(direction)
        if direction == .toServer { otherReading?.end(direction) }
    }
    override func finishInspection() {
        forgetInspected()
        otherReading?.forgetInspected()
    }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        defer { if direction == .toServer, otherReading != nil { readOtherwise(chunk) } }
        if direction == .toServer { readEarly(chunk) }
        guard let frames else { return read(chunk, direction) }
        let start = frames.position(direction) &- UInt64(chunk.count)
        read(chunk, direction, place: start)
        frames.wait(at: frames.position(direction) &- UInt64(sides[direction.index].line.count), direction)
    }

    /// - Parameter place: of the chunk in the direction; counts for frames alone.
    func read(_ chunk: Span<UInt8>, _ direction: Direction, place: UInt64 = 0) {
        var at = 0
        while at < chunk.count {
            sides[direction.index].place = place &+ UInt64(at)
            switch sides[direction.index].state {
            case .headers:
                let next = takePlainHeaders(chunk, from: at, direction)
                at = next > at ? next : takeLine(chunk, from: at, direction)
            case .startLine, .chunkSize, .chunkEnd, .trailers:
                at = takeLine(chunk, from: at, direction)
            case .body(let left):
                let count = Int(min(left, UInt64(chunk.count - at)))
                takeBody(chunk.extracting(at..<at + count), direction)
                at += count
                sides[direction.index].state = left == UInt64(count) ? .finished : .body(left: left - UInt64(count))
            case .chunk(let left):
                let count = Int(min(left, UInt64(chunk.count - at)))
                takeBody(chunk.extracting(at..<at + count), direction)
                at += count
                sides[direction.index].state = left == UInt64(count) ? .chunkEnd : .chunk(left: left - UInt64(count))
            case .optionalBody(let framing):
                at = takeOptionalBody(framing, chunk, from: at, direction)
            case .oddLine: at = takeOddLine(chunk, from: at, direction)
            case .untilClose:
                takeBody(chunk.extracting(at..<chunk.count), direction)
                return
            case .afterSimpleLine: at = takeAfterSimpleLine(chunk, from: at, direction)
            case .finished:
                if direction == .toServer, beginEarly() { readEarly(chunk.extracting(at..<chunk.count)) }
                if direction == .toServer, isOfOtherReading { complete(direction) } else { at = takeAfterMessage(chunk, from: at, direction) }
            case .lost(let isInLine): at = takeLost(chunk, from: at, isInLine, direction)
            case .tunnel:
                hold(chunk.extracting(at..<chunk.count), direction)
                return
            case .opaque:
                return
            }
            if parting != nil, direction == .toServer { notePlace(at) }
        }
        sides[direction.index].place = place &+ UInt64(at)
        endChunk(direction)
    }

    /// Collects a line; when it is whole, acts on it. Returns where the next byte is.
    private func takeLine(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        var end = start
        while end < chunk.count, chunk[end] != 0x0a { end += 1 }
        let isWhole = end < chunk.count
        let stop = isWhole ? end + 1 : end
        sides[direction.index].place &+= UInt64(stop - start)
        if sides[direction.index].isInLongLine {
            sides[direction.index].isInLongLine = !isWhole
            return stop
        }
        guard sides[direction.index].line.count + stop - start <= limits.httpLineLimit else {
            (current(direction) ?? open(direction)).add(direction == .toServer ? "request_field_too_long" : "response_field_too_long", direction)
            guard direction == .toServer, case .headers = sides[direction.index].state else {
                fail(direction)
                return chunk.count
            }
            takeLongHeader(chunk.extracting(start..<stop))
            sides[direction.index].isInLongLine = !isWhole
            return stop
        }
        if isWhole {
            var line: [UInt8] = []
            swap(&line, &sides[direction.index].line)
            line.append(copying: chunk.extracting(start..<stop))
            guard direction == .toClient, endsLinesAtCR(line), let parts = HTTPLines.parts(line) else {
                take(line, direction)
                return stop
            }
            sides[direction.index].place &-= UInt64(line.count)
            for part in parts {
                sides[direction.index].place &+= UInt64(part.count)
                take(part, direction)
            }
            return stop
        }
        sides[direction.index].line.append(copying: chunk.extracting(start..<stop))
        if isBodyInPlaceOfLine(direction) {
            takeLineAsBody(sides[direction.index].line, direction)
        }
        return stop
    }

    /// Clients take a CR alone for a line's end in a response's status line and headers.
    private func endsLinesAtCR(_ line: [UInt8]) -> Bool {
        switch sides[Direction.toClient.index].state {
        case .startLine: HTTPLines.mayBeStatusLine(line)
        case .headers: true
        default: false
        }
    }

    private func take(_ line: [UInt8], _ direction: Direction) {
        switch sides[direction.index].state {
        case .startLine where direction == .toClient && !HTTPLines.mayBeStatusLine(line): takeLineAsBody(line, direction)
        case .startLine: takeStartLine(line, direction)
        case .headers: takeHeader(line, direction)
        case .chunkSize: takeChunkSize(line, direction)
        case .chunkEnd: sides[direction.index].state = .chunkSize
        case .trailers: if HTTPLines.isEmpty(line, direction) { sides[direction.index].state = .finished }
        case .untilClose, .lost: takeBody(line.span, direction)
        case .finished, .afterSimpleLine:
            complete(direction)
            take(line, direction)
        case .body, .chunk, .optionalBody, .oddLine, .tunnel, .opaque: break
        }
    }

    /// The line that is coming in can't become what is due: chunks were announced and none follow, or
    /// a response without a status line (HTTP/0.9).
    private func isBodyInPlaceOfLine(_ direction: Direction) -> Bool {
        let line = sides[direction.index].line
        switch sides[direction.index].state {
        case .chunkSize: return !HTTPLines.mayBeChunkSize(line)
        case .startLine: return direction == .toClient && !HTTPLines.mayBeStatusLine(line)
        default: return false
        }
    }

    /// What should have been a line and all that follows is the body, as receivers take it.
    func takeLineAsBody(_ line: [UInt8], _ direction: Direction) {
        let isUnannounced = if case .startLine = sides[direction.index].state { true } else { false }
        if isUnannounced { openUnannounced(direction, at: line.count) }
        sides[direction.index].line.removeAll(keepingCapacity: true)
        // A status line may still follow a line of something else.
        sides[direction.index].state =
            !isUnannounced ? .untilClose : line.last == 0x0a ? .optionalBody(.untilClose) : .oddLine
        takeBody(line.span, direction)
    }

    private func takeOddLine(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        var end = start
        while end < chunk.count, chunk[end] != 0x0a { end += 1 }
        if end < chunk.count {
            end += 1
            sides[direction.index].state = .optionalBody(.untilClose)
        }
        takeBody(chunk.extracting(start..<end), direction)
        return end
    }

    /// After the headers of a response that has no body by its status, but announces one: the next
    /// response, or the body after all.
    private func takeOptionalBody(
        _ framing: HTTPLines.Framing, _ chunk: Span<UInt8>, from start: Int, _ direction: Direction
    ) -> Int {
        var held = sides[direction.index].line
        held.append(copying: chunk.extracting(start..<min(chunk.count, start + HTTPLines.versionPrefix.count - held.count)))
        let taken = held.count - sides[direction.index].line.count
        sides[direction.index].line.removeAll(keepingCapacity: true)
        let heldPlace = sides[direction.index].place &+ UInt64(taken) &- UInt64(held.count)
        if HTTPLines.isVersionPrefix(held) {
            guard held.count == HTTPLines.versionPrefix.count else {
                sides[direction.index].line = held
                return start + taken
            }
            sides[direction.index].place = heldPlace
            endOptionalBody(direction)
        } else {
            responding?.response.isInterim = false
            startBody(framing, direction)
        }
        read(held.span, direction, place: heldPlace)
        return start + taken
    }

    /// The next response begins: the one before has no body. After an interim one (RFC 9110, section
    /// 15.2) or something else than a response, the same request is answered on.
    private func endOptionalBody(_ direction: Direction) {
        if let transaction = responding, transaction.response.line.isEmpty || transaction.response.isInterim {
            transaction.passInterimResponse()
            sides[direction.index].state = .startLine
        } else {
            complete(direction)
        }
    }

    private func hold(_ bytes: Span<UInt8>, _ direction: Direction) {
        if direction == .toServer { handedOver.0.append(copying: bytes) } else { handedOver.1.append(copying: bytes) }
    }
}
