import Wire

/// Ends of messages and of a direction.
extension HTTPConnection {
    /// What follows cannot be read; it is looked at as a plain stream.
    func fail(_ direction: Direction) {
        complete(direction)
        sides[direction.index].state = .opaque
        hasGivenUp = true
    }

    /// A message that is whole is not waited with; a request of one line may have headers yet.
    func endChunk(_ direction: Direction) {
        switch sides[direction.index].state {
        case .finished: complete(direction)
        case .afterSimpleLine:
            guard let transaction = requesting, transaction.request.progress != .complete else { return }
            transaction.hasProgressed = true
            transaction.request.progress = .complete
            transaction.request.body.isComplete = true
        default: break
        }
    }

    /// What follows a whole message in one chunk and does not look like another one is read as more of its body, by
    /// receivers that read what there is.
    func takeAfterMessage(_ chunk: Span<UInt8>, from start: Int, _ direction: Direction) -> Int {
        closeFrame(direction)
        var at = start
        while at < chunk.count {
            var end = at
            while end < chunk.count, chunk[end] != 0x0a { end += 1 }
            let line = chunk.extracting(at..<min(end + 1, chunk.count))
            // Blank lines come ahead of the next request.
            if HTTPLines.mayBegin(line, direction) || direction == .toServer && HTTPLines.isBlank(line) { break }
            let event: StaticName = direction == .toClient ? "response_body_unexpected" : "request_body_unexpected"
            current(direction)?.add(event, direction)
            at += line.count
        }
        if at > start { takeBody(chunk.extracting(start..<at), direction) }
        complete(direction)
        return at
    }

    func end(_ direction: Direction) {
        guard !sides[direction.index].hasEnded else { return }
        sides[direction.index].hasEnded = true
        if let frames { sides[direction.index].place = frames.position(direction) }
        let line = sides[direction.index].line
        switch sides[direction.index].state {
        case .startLine where direction == .toServer:
            sides[direction.index].line = []
            takeStartLine(line, direction)
        case .chunkSize where !line.isEmpty: takeLineAsBody(line, direction)
        case .optionalBody(let framing) where !line.isEmpty:
            startBody(framing, direction)
            takeBody(line.span, direction)
        default: break
        }
        complete(direction)
        sides[direction.index].state = .opaque
        if direction == .toClient {
            for transaction in exchanges where transaction.response.progress != .complete {
                transaction.response.progress = .complete
                transaction.hasProgressed = true
            }
        }
    }

    func forgetInspected() {
        early?.channel.finishInspection()
        sides[0].grown = 0
        sides[1].grown = 0
        for transaction in exchanges {
            transaction.hasProgressed = false
            transaction.discardInspected()
        }
        exchanges.removeAll { exchange in
            guard exchange.request.progress == .complete, exchange.response.progress == .complete else { return false }
            warnings &+= exchange.events.count
            return true
        }
    }
}

/// Requests and responses as rules on frames see them: from the first line to the end of the body.
extension HTTPConnection {
    /// - Parameter count: bytes of the message that have been read.
    func openFrame(_ transaction: HTTPTransaction, at count: Int, _ direction: Direction) {
        guard let frames else { return }
        closeFrame(direction, before: count)
        let kind = direction == .toServer ? Buffer.frameHTTP1Request : .frameHTTP1Response
        sides[direction.index].frame = frames.open(
            kind, direction, at: sides[direction.index].place &- UInt64(count), of: transaction)
    }

    func closeFrame(_ direction: Direction, before count: Int = 0) {
        sides[direction.index].frame?.finish(at: sides[direction.index].place &- UInt64(count))
        sides[direction.index].frame = nil
    }
}
