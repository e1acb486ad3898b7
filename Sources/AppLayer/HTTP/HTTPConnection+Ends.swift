import Wire

/// Ends and gaps of a direction.
extension HTTPConnection {
    /// What follows cannot be read; it is looked at as a plain stream.
    func fail(_ direction: Direction) {
        complete(direction)
        sides[direction.index].state = .opaque
        hasGivenUp = true
    }

    func end(_ direction: Direction) {
        guard !sides[direction.index].hasEnded else { return }
        sides[direction.index].hasEnded = true
        if let frames { sides[direction.index].place = frames.position(direction) }
        let line = sides[direction.index].line
        switch sides[direction.index].state {
        case .startLine where direction == .toServer && !line.isEmpty:
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
        sides[0].grown = 0
        sides[1].grown = 0
        for transaction in exchanges {
            transaction.hasProgressed = false
            transaction.discardInspected()
        }
        exchanges.removeAll { $0.request.progress == .complete && $0.response.progress == .complete }
    }

    /// Bytes that never come: a body goes on behind them, anything else can't.
    func pass(over length: UInt64, _ direction: Direction) {
        guard let transaction = current(direction) else { return fail(direction) }
        transaction.hasProgressed = true
        if let frames { sides[direction.index].place = frames.position(direction) }
        switch sides[direction.index].state {
        case .body(let left) where length <= left:
            skipBody(length, transaction, direction)
            sides[direction.index].state = .body(left: left - length)
            if left == length { complete(direction) }
        case .chunk(let left) where length <= left:
            skipBody(length, transaction, direction)
            sides[direction.index].state = left == length ? .chunkEnd : .chunk(left: left - length)
        case .untilClose: skipBody(length, transaction, direction)
        default: fail(direction)
        }
    }

    private func skipBody(_ length: UInt64, _ transaction: HTTPTransaction, _ direction: Direction) {
        transaction.skipBody(length, direction)
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
