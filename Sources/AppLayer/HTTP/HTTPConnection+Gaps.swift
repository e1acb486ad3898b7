import Wire

/// Bytes that never come.
extension HTTPConnection {
    /// A body of known length goes on behind them, and behind its end a message is looked for. Anywhere else the framing
    /// is lost: what comes next is still looked at, as body until a message begins.
    func pass(over length: UInt64, _ direction: Direction) {
        let transaction = current(direction)
        transaction?.hasProgressed = true
        if let frames { sides[direction.index].place = frames.position(direction) }
        switch sides[direction.index].state {
        case .body(let left):
            transaction?.skipBody(min(left, length), direction)
            sides[direction.index].state = left > length ? .body(left: left - length) : .finished
            guard left <= length else { return }
            complete(direction)
            if left < length { sides[direction.index].state = .lost(isInLine: false) }
        case .chunk(let left) where length <= left:
            transaction?.skipBody(length, direction)
            sides[direction.index].state = left == length ? .chunkEnd : .chunk(left: left - length)
        case .untilClose: transaction?.skipBody(length, direction)
        case .lost:
            transaction?.skipBody(length, direction)
            sides[direction.index].line = []
            sides[direction.index].state = .lost(isInLine: false)
        case .tunnel, .opaque: break
        case .startLine, .afterSimpleLine, .headers, .optionalBody, .oddLine, .finished, .chunk, .chunkSize, .chunkEnd, .trailers:
            lose(length, direction)
        }
    }

    private func lose(_ length: UInt64, _ direction: Direction) {
        var held: [UInt8] = []
        swap(&held, &sides[direction.index].line)
        var isBody = false
        switch sides[direction.index].state {
        case .startLine where !held.isEmpty:
            takeStartLine(held, direction)
            endCutHeaders(direction)
        case .headers:
            if !held.isEmpty, let transaction = current(direction) { HTTPLines.readHeader(held, into: transaction, direction) }
            endCutHeaders(direction)
        case .afterSimpleLine: complete(direction)
        case .startLine: break
        default:
            isBody = true
            takeBody(held.span, direction)
        }
        if isBody {
            current(direction)?.skipBody(length, direction)
            hasGivenUp = true
        }
        sides[direction.index].state = .lost(isInLine: false)
    }

    /// Rules look at the headers that came. Those that did not may have been what they ask for.
    private func endCutHeaders(_ direction: Direction) {
        hasGivenUp = true
        guard let transaction = current(direction) else { return }
        transaction.hasProgressed = true
        transaction.message(direction).progress = .headers
        sides[direction.index].decoder = BodyDecoder()
    }

    /// - Returns: where the next byte is.
    func takeLost(_ chunk: Span<UInt8>, from start: Int, _ isInLine: Bool, _ direction: Direction) -> Int {
        var at = start
        if !isInLine {
            var held: [UInt8] = []
            swap(&held, &sides[direction.index].line)
            let place = sides[direction.index].place &- UInt64(held.count)
            var beginning = HTTPLines.Beginning.undecided
            while at < chunk.count, beginning == .undecided {
                held.append(chunk[at])
                at += 1
                beginning = HTTPLines.beginning(held, direction)
            }
            switch beginning {
            case .undecided: sides[direction.index].line = held
            case .message:
                sides[direction.index].place = place
                complete(direction)
                sides[direction.index].state = .startLine
                read(held.span, direction, place: place)
            case .other:
                takeLostBody(held.span, direction)
                sides[direction.index].state = .lost(isInLine: held.last != 0x0a)
            }
            return at
        }
        while at < chunk.count, chunk[at] != 0x0a { at += 1 }
        let end = min(at + 1, chunk.count)
        takeLostBody(chunk.extracting(start..<end), direction)
        sides[direction.index].state = .lost(isInLine: at == chunk.count)
        return end
    }

    /// Between messages empty lines mean nothing. Anything else is of a message whose beginning is lost.
    private func takeLostBody(_ bytes: Span<UInt8>, _ direction: Direction) {
        if current(direction) == nil {
            if HTTPLines.isBlank(bytes) { return }
            hasGivenUp = true
            openUnannounced(direction, at: 0)
        }
        takeBody(bytes, direction)
    }
}
