import Wire

/// From lines to messages: how they begin, what frames them, how they end.
extension HTTPConnection {
    func current(_ direction: Direction) -> HTTPTransaction? {
        direction == .toServer ? requesting : responding
    }

    /// The transaction that the next message of `direction` belongs to.
    func open(_ direction: Direction) -> HTTPTransaction {
        if direction == .toClient, let waiting = exchanges.first(where: { $0.response.progress != .complete }) ?? openCutRequest() {
            responding = waiting
            return waiting
        }
        let new = HTTPTransaction(id: nextID, limits: limits)
        new.ranges = ranges
        nextID &+= 1
        if warnings >= Self.warningLimit, !hasToldWarnings {
            hasToldWarnings = true
            new.add("too_many_warnings", direction)
        }
        if direction == .toServer {
            requesting = new
            // Answers belong to the first reading.
            if framingRule == .lengthFirst { new.response.progress = .complete }
        } else {
            new.standForUnseenRequest()
            responding = new
        }
        // What no rule has seen yet stays: one packet can bring the requests of a whole segment.
        let limit = exchanges.first?.hasProgressed == true ? Self.uninspectedFactor * limits.maxTransactions : limits.maxTransactions
        if exchanges.count >= limit {
            if exchanges[0].hasProgressed { hasGivenUp = true }
            exchanges[0].response.progress = .complete
            if responding === exchanges[0] { responding = nil }
            exchanges.removeFirst()
        }
        exchanges.append(new)
        return new
    }

    /// 64 KiB of requests of 18 bytes, the shortest ones, are fewer.
    private static let uninspectedFactor = 8

    /// The request that is answered although its first line has not come to its end.
    private func openCutRequest() -> HTTPTransaction? {
        guard case .startLine = sides[Direction.toServer.index].state,
            !HTTPLines.isBlank(sides[Direction.toServer.index].line)
        else { return nil }
        let transaction = open(.toServer)
        transaction.add("request_line_incomplete", .toServer)
        return transaction
    }

    /// A message whose first line is not there.
    func openUnannounced(_ direction: Direction, at count: Int) {
        let transaction = open(direction)
        openFrame(transaction, at: count, direction)
        transaction.message(direction).progress = .headers
        transaction.hasProgressed = true
        sides[direction.index].decoder = BodyDecoder()
    }

    func takeStartLine(_ line: [UInt8], _ direction: Direction) {
        // RFC 9112, section 2.2: empty lines before a request are skipped. One of blanks is no message either.
        if HTTPLines.isBlank(line) { return }
        if direction == .toServer { return takeRequestLine(line) }
        let transaction = open(direction)
        transaction.hasProgressed = true
        transaction.response = HTTPMessage()
        HTTPLines.readStatusLine(line, into: transaction)
        transaction.response.progress = .line
        openFrame(transaction, at: line.count, direction)
        sides[direction.index].state = .headers
    }

    private func takeRequestLine(_ line: [UInt8]) {
        let transaction = requesting ?? open(.toServer)
        transaction.hasProgressed = true
        HTTPLines.readRequestLine(line, into: transaction, limits: limits)
        transaction.request.progress = .line
        openFrame(transaction, at: line.count, .toServer)
        sides[Direction.toServer.index].state = transaction.request.third.isEmpty ? .afterSimpleLine : .headers
    }

    /// A line without a version is a whole request of HTTP/0.9. Where something else than an empty line follows, servers
    /// read headers.
    func takeAfterSimpleLine(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        guard let transaction = requesting, transaction.response.progress == .none else {
            complete(direction)
            return start
        }
        switch chunk[start] {
        case 0x0d: return start + 1
        case 0x0a:
            complete(direction)
            return start + 1
        default:
            transaction.add("request_line_missing_protocol", direction)
            transaction.hasProgressed = true
            if transaction.request.progress == .complete {
                transaction.request.progress = .line
                transaction.reviseHeaders()
            }
            sides[direction.index].state = .headers
            return start
        }
    }

    func takeHeader(_ line: [UInt8], _ direction: Direction) {
        guard let transaction = current(direction) else { return fail(direction) }
        let message = transaction.message(direction)
        if direction == .toServer, message.third.isEmpty, message.rawHeaders.isEmpty, HTTPLines.isRequestLine(line) {
            complete(direction)
            return takeStartLine(line, direction)
        }
        let isEnd = HTTPLines.isEmpty(line, after: message.rawHeaders, direction)
        let isTooLong = message.rawHeaders.count + line.count > 4 * limits.httpLineLimit
        if isEnd || !isTooLong { message.rawHeaders += line }
        if isEnd { return endHeaders(transaction, direction) }
        if isTooLong || message.headers.count >= limits.httpHeaderCountLimit {
            transaction.add(direction == .toServer ? "request_too_many_headers" : "response_too_many_headers", direction)
            guard direction == .toServer else { return fail(direction) }
            // Servers differ on how many they take: nearly all are kept, and of the others those that frame the body.
            let count = message.headers.count
            let limit = Self.headerCountFactor * limits.httpHeaderCountLimit
            guard isTooLong || count >= limit ? HTTPLines.isFraming(line) && count < limit + 64 : true else { return }
        }
        HTTPLines.readHeader(line, into: transaction, direction)
    }

    /// Of headers of four bytes nginx takes 8,000 in its 32 KiB where it does not count them; Go takes more.
    private static let headerCountFactor = 16

    /// The beginning of a header that is too long to be kept; the rest of the request is read on.
    func takeLongHeader(_ rest: Span<UInt8>) {
        var line: [UInt8] = []
        swap(&line, &sides[Direction.toServer.index].line)
        let room = max(0, limits.httpLineLimit - line.count - 2)
        line.append(copying: rest.extracting(first: min(room, rest.count)))
        while line.last == 0x0a || line.last == 0x0d { line.removeLast() }
        takeHeader(line + [0x0d, 0x0a], .toServer)
    }

    private func endHeaders(_ transaction: HTTPTransaction, _ direction: Direction) {
        transaction.hasProgressed = true
        transaction.withFiles(direction) { $0.begin(transaction, direction) }
        let message = transaction.message(direction)
        let decoder = BodyDecoder(message, limits: limits)
        for problem in decoder.announced { transaction.add(problem.event(direction), direction) }
        sides[direction.index].decoder = decoder
        if direction == .toServer {
            HTTPHeaderChecks.check(transaction, serverPort: serverPort)
            transaction.request.progress = .headers
            startBody(HTTPLines.requestFraming(transaction, framingRule), direction)
            partReadings(transaction)
        } else {
            if HTTPHeaderChecks.hasRepetition(message.headers) { transaction.add("response_header_repetition", direction) }
            if HTTPFiles.hasInvalidRange(message) { transaction.add("range_invalid", direction) }
            transaction.response.progress = .headers
            endResponseHeaders(transaction)
        }
    }

    private func endResponseHeaders(_ transaction: HTTPTransaction) {
        switch HTTPLines.responseKind(transaction) {
        case .noBody(let announced):
            if announced != .untilClose, !HTTPLines.isContinue(transaction.response, announced) {
                transaction.add("response_body_unexpected", .toClient)
            }
            sides[Direction.toClient.index].state = .optionalBody(announced)
        case .tunnel:
            for direction in Direction.allCases { closeFrame(direction) }
            transaction.response.progress = .complete
            transaction.request.progress = .complete
            dropRequests(after: transaction)
            sides[0].state = .tunnel
            sides[1].state = .tunnel
            isTunnel = true
        case .final(let framing):
            startBody(framing, .toClient)
        }
    }

    func startBody(_ framing: HTTPLines.Framing, _ direction: Direction) {
        switch framing {
        case .none, .length(0): sides[direction.index].state = .finished
        case .length(let length): sides[direction.index].state = .body(left: length)
        case .chunked: sides[direction.index].state = .chunkSize
        case .untilClose: sides[direction.index].state = .untilClose
        }
    }

    func takeChunkSize(_ line: [UInt8], _ direction: Direction) {
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
        for problem in taken.problems { transaction.add(problem.event(direction), direction) }
    }

    func complete(_ direction: Direction) {
        guard let transaction = current(direction) else { return }
        closeFrame(direction)
        transaction.hasProgressed = true
        transaction.withFiles(direction) { $0.finish(isWhole(direction) ? .closed : .truncated, of: transaction, direction) }
        if direction == .toServer {
            transaction.request.progress = .complete
            transaction.request.body.isComplete = true
            beginEarly()
            requesting = nil
        } else {
            transaction.response.progress = .complete
            transaction.response.body.isComplete = true
            if early?.request === transaction { early = nil }
            responding = nil
        }
        sides[direction.index].state = .startLine
        sides[direction.index].decoder = BodyDecoder()
    }

    /// The message that ends here is not cut short.
    private func isWhole(_ direction: Direction) -> Bool {
        switch sides[direction.index].state {
        case .body(let left): left == 0
        case .chunk, .chunkSize, .chunkEnd, .opaque, .lost: false
        case .startLine, .afterSimpleLine, .headers, .trailers, .optionalBody, .oddLine, .untilClose, .finished, .tunnel: true
        }
    }
}
