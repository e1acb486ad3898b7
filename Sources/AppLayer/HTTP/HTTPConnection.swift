import Wire

/// HTTP/1 on one connection (RFC 9112): requests and responses paired in order, pipelining included.
///
/// Lenient where servers are, because what one server understands an attacker may send.
final class HTTPConnection: ProtocolParser {
    var exchanges: [HTTPTransaction] = []
    private var nextID: UInt64 = 0
    /// After CONNECT or an upgrade: the flow goes on with another protocol.
    private var isTunnel = false
    private var handedOver: ([UInt8], [UInt8]) = ([], [])
    var hasGivenUp = false
    let limits: AppLayerLimits
    var sides = InlineArray<2, HTTPSide>(repeating: HTTPSide())
    /// The request that is coming in, nil between requests.
    var requesting: HTTPTransaction?
    var responding: HTTPTransaction?

    init(limits: AppLayerLimits) {
        self.limits = limits
        super.init(appProtocol: .http1)
    }

    override var transactions: [Transaction] { exchanges.isEmpty ? [] : exchanges }
    override var transactionCount: UInt64 { nextID }
    override var hasFailed: Bool { hasGivenUp }

    override var handsOver: Bool { isTunnel }
    /// The protocol that both sides agreed to go on with (RFC 9110, section 7.8).
    override var successor: ProtocolParser? {
        guard isTunnel, let last = exchanges.last, last.response.second.elementsEqual("101".utf8),
            last.response.value("upgrade")?.containsIgnoringCase("h2c") == true
        else { return nil }
        return HTTP2Connection(limits: limits, firstID: nextID)
    }
    override func takeHandedOver(_ direction: Direction) -> [UInt8] {
        defer { if direction == .toServer { handedOver.0 = [] } else { handedOver.1 = [] } }
        return direction == .toServer ? handedOver.0 : handedOver.1
    }
    override func handOverFailed() {
        exchanges.last?.add("failed_protocol_change", .toServer)
        exchanges.last?.hasProgressed = true
    }

    override func skipGap(length: UInt64, direction: Direction) { pass(over: length, direction) }
    override func finish(_ direction: Direction) { end(direction) }
    override func finishInspection() { forgetInspected() }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        guard let frames else { return read(chunk, direction) }
        let start = frames.position(direction) &- UInt64(chunk.count)
        read(chunk, direction, place: start)
        frames.wait(at: frames.position(direction) &- UInt64(sides[direction.index].line.count), direction)
    }

    /// - Parameter place: of the chunk in the direction; counts for frames alone.
    private func read(_ chunk: Span<UInt8>, _ direction: Direction, place: UInt64 = 0) {
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
                sides[direction.index].place &+= UInt64(count)
                sides[direction.index].state = .body(left: left - UInt64(count))
                if left == UInt64(count) { complete(direction) }
            case .chunk(let left):
                let count = Int(min(left, UInt64(chunk.count - at)))
                takeBody(chunk.extracting(at..<at + count), direction)
                at += count
                sides[direction.index].state = left == UInt64(count) ? .chunkEnd : .chunk(left: left - UInt64(count))
            case .optionalBody(let framing):
                at = takeOptionalBody(framing, chunk, from: at, direction)
            case .untilClose:
                takeBody(chunk.extracting(at..<chunk.count), direction)
                return
            case .tunnel:
                hold(chunk.extracting(at..<chunk.count), direction)
                return
            case .opaque:
                return
            }
        }
    }

    /// Collects a line; when it is whole, acts on it. Returns where the next byte is.
    private func takeLine(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        var end = start
        while end < chunk.count, chunk[end] != 0x0a { end += 1 }
        let isWhole = end < chunk.count
        let stop = isWhole ? end + 1 : end
        sides[direction.index].place &+= UInt64(stop - start)
        guard sides[direction.index].line.count + stop - start <= limits.httpLineLimit else {
            (current(direction) ?? open(direction)).add(direction == .toServer ? "request_field_too_long" : "response_field_too_long", direction)
            fail(direction)
            return chunk.count
        }
        if isWhole {
            var line: [UInt8] = []
            swap(&line, &sides[direction.index].line)
            line.append(copying: chunk.extracting(start..<stop))
            guard let parts = HTTPLines.parts(line, direction) else {
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

    private func take(_ line: [UInt8], _ direction: Direction) {
        switch sides[direction.index].state {
        case .startLine where direction == .toClient && !HTTPLines.mayBeStatusLine(line): takeLineAsBody(line, direction)
        case .startLine: takeStartLine(line, direction)
        case .headers: takeHeader(line, direction)
        case .chunkSize: takeChunkSize(line, direction)
        case .chunkEnd: sides[direction.index].state = .chunkSize
        case .trailers: if HTTPLines.isEmpty(line, direction) { complete(direction) }
        case .untilClose: takeBody(line.span, direction)
        case .body, .chunk, .optionalBody, .tunnel, .opaque: break
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
        if isUnannounced {
            let transaction = open(direction)
            transaction.response.progress = .headers
            openFrame(transaction, at: line.count, direction)
            sides[direction.index].decoder = BodyDecoder()
        }
        sides[direction.index].line.removeAll(keepingCapacity: true)
        // A status line may still follow a line of something else.
        sides[direction.index].state = isUnannounced ? .optionalBody(.untilClose) : .untilClose
        takeBody(line.span, direction)
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
            startBody(framing, direction)
        }
        read(held.span, direction, place: heldPlace)
        return start + taken
    }

    /// The next response begins: the one before has no body. After an interim one (RFC 9110, section
    /// 15.2) or something else than a response, the same request is answered on.
    private func endOptionalBody(_ direction: Direction) {
        if let transaction = responding, transaction.response.line.isEmpty || HTTPLines.isInterim(transaction.response) {
            transaction.response = HTTPMessage()
            sides[direction.index].state = .startLine
        } else {
            complete(direction)
        }
    }

    private func hold(_ bytes: Span<UInt8>, _ direction: Direction) {
        if direction == .toServer { handedOver.0.append(copying: bytes) } else { handedOver.1.append(copying: bytes) }
    }

    // MARK: Messages

    func current(_ direction: Direction) -> HTTPTransaction? {
        direction == .toServer ? requesting : responding
    }

    /// The transaction that the next message of `direction` belongs to.
    private func open(_ direction: Direction) -> HTTPTransaction {
        if direction == .toClient, let waiting = exchanges.first(where: { $0.response.progress != .complete }) {
            responding = waiting
            return waiting
        }
        let new = HTTPTransaction(id: nextID, limits: limits)
        nextID &+= 1
        if direction == .toServer {
            requesting = new
        } else {
            new.standForUnseenRequest()
            responding = new
        }
        if exchanges.count >= limits.maxTransactions {
            exchanges[0].response.progress = .complete
            if responding === exchanges[0] { responding = nil }
            exchanges.removeFirst()
        }
        exchanges.append(new)
        return new
    }

    func takeStartLine(_ line: [UInt8], _ direction: Direction) {
        // RFC 9112, section 2.2: empty lines before a request are skipped.
        if HTTPLines.isEmpty(line, direction) || direction == .toClient && HTTPLines.isBlank(line) { return }
        let transaction = open(direction)
        transaction.hasProgressed = true
        if direction == .toServer {
            if line.first == 0x20 || line.first == 0x09 { transaction.add("request_line_leading_whitespace", direction) }
            HTTPLines.readRequestLine(line, into: transaction, limits: limits)
            transaction.request.progress = .line
            if transaction.request.third.isEmpty {
                // HTTP/0.9: the line is the whole request.
                openFrame(transaction, at: line.count, direction)
                complete(direction)
                return
            }
        } else {
            transaction.response = HTTPMessage()
            HTTPLines.readStatusLine(line, into: transaction)
            transaction.response.progress = .line
        }
        openFrame(transaction, at: line.count, direction)
        sides[direction.index].state = .headers
    }

    private func takeHeader(_ line: [UInt8], _ direction: Direction) {
        guard let transaction = current(direction) else { return fail(direction) }
        let message = transaction.message(direction)
        let isEnd = HTTPLines.isEmpty(line, after: message.rawHeaders, direction)
        message.rawHeaders += line
        if isEnd { return endHeaders(transaction, direction) }
        let isFull = message.headers.count >= limits.httpHeaderCountLimit
        let isTooLong = message.rawHeaders.count > 4 * limits.httpLineLimit
        guard !isFull, !isTooLong else {
            transaction.add(direction == .toServer ? "request_too_many_headers" : "response_too_many_headers", direction)
            return fail(direction)
        }
        HTTPLines.readHeader(line, into: transaction, direction)
    }

    private func endHeaders(_ transaction: HTTPTransaction, _ direction: Direction) {
        transaction.hasProgressed = true
        transaction.withFiles(direction) { $0.begin(transaction, direction) }
        let message = transaction.message(direction)
        sides[direction.index].decoder = BodyDecoder(
            encoding: message.value("content-encoding") ?? [], depth: limits.httpDecompressionDepth,
            lzmaDictionaryLimit: limits.httpLZMADictionaryLimit)
        if sides[direction.index].decoder.problem == .tooManyLayers {
            transaction.add("too_many_encoding_layers", direction)
        }
        if sides[direction.index].decoder.problem == .unknownCoding { transaction.add("abnormal_ce_header", direction) }
        if direction == .toServer {
            HTTPHeaderChecks.check(transaction)
            transaction.request.progress = .headers
            startBody(HTTPLines.requestFraming(transaction), direction)
        } else {
            transaction.response.progress = .headers
            endResponseHeaders(transaction)
        }
    }

    private func endResponseHeaders(_ transaction: HTTPTransaction) {
        switch HTTPLines.responseKind(transaction) {
        case .noBody(let announced):
            sides[Direction.toClient.index].state = .optionalBody(announced)
        case .tunnel:
            for direction in Direction.allCases { closeFrame(direction) }
            transaction.response.progress = .complete
            transaction.request.progress = .complete
            sides[0].state = .tunnel
            sides[1].state = .tunnel
            isTunnel = true
        case .final(let framing):
            startBody(framing, .toClient)
        }
    }

    func startBody(_ framing: HTTPLines.Framing, _ direction: Direction) {
        switch framing {
        case .none, .length(0): complete(direction)
        case .length(let length): sides[direction.index].state = .body(left: length)
        case .chunked: sides[direction.index].state = .chunkSize
        case .untilClose: sides[direction.index].state = .untilClose
        }
    }

    private func takeChunkSize(_ line: [UInt8], _ direction: Direction) {
        if HTTPLines.isBlank(line) { return }
        guard let size = HTTPLines.chunkSize(line) else {
            current(direction)?.add(
                direction == .toServer ? "invalid_request_chunk_len" : "invalid_response_chunk_len", direction)
            return takeLineAsBody(line, direction)
        }
        if line.contains(UInt8(ascii: ";")) {
            current(direction)?.add(
                direction == .toServer ? "request_chunk_extension" : "response_chunk_extension", direction)
        }
        sides[direction.index].state = size == 0 ? .trailers : .chunk(left: size)
    }

    func takeBody(_ bytes: Span<UInt8>, _ direction: Direction) {
        guard let transaction = current(direction) else { return }
        let room = max(0, limits.httpDecompressionLimit - sides[direction.index].grown)
        let taken = transaction.takeBody(bytes, direction, &sides[direction.index].decoder, room: room, limits: limits)
        sides[direction.index].grown += taken.grown
        switch taken.problem {
        case .corrupt: transaction.add("gzip_decompression_failed", direction)
        case .bomb: transaction.add("compression_bomb", direction)
        case .lzmaDictionary: transaction.add("lzma_memlimit_reached", direction)
        case .unknownCoding, .tooManyLayers, nil: break
        }
    }

    func complete(_ direction: Direction) {
        guard let transaction = current(direction) else { return }
        closeFrame(direction)
        transaction.hasProgressed = true
        transaction.withFiles(direction) { $0.finish(isWhole(direction) ? .closed : .truncated, direction) }
        if direction == .toServer {
            transaction.request.progress = .complete
            transaction.request.body.isComplete = true
            requesting = nil
        } else {
            transaction.response.progress = .complete
            transaction.response.body.isComplete = true
            responding = nil
        }
        sides[direction.index].state = .startLine
        sides[direction.index].decoder = BodyDecoder()
    }

    /// The message that ends here is not cut short.
    private func isWhole(_ direction: Direction) -> Bool {
        switch sides[direction.index].state {
        case .body(let left): left == 0
        case .chunk, .chunkSize, .chunkEnd, .opaque: false
        case .startLine, .headers, .trailers, .optionalBody, .untilClose, .tunnel: true
        }
    }
}
