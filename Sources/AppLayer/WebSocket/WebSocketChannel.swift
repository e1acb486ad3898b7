import Wire

/// The two directions of a WebSocket (RFC 6455, section 5), wherever they travel: after an upgrade of HTTP/1, or in a
/// stream of HTTP/2.
///
/// As lenient as receivers are: a data frame amid a message goes on with it, whatever its opcode.
final class WebSocketChannel {
    private(set) var open: [WebSocketTransaction] = []
    /// What came can't be followed: both directions are passed over.
    private(set) var hasGivenUp = false
    /// The sides agreed on permessage-deflate. Without that, receivers that go on after a reserved bit read what was sent.
    var isDeflated = false
    /// The server has said that this is a WebSocket.
    var isAgreed: Bool
    private let limits: AppLayerLimits
    private var sides = InlineArray<2, WebSocketSide>(repeating: WebSocketSide())

    init(limits: AppLayerLimits, isAgreed: Bool) {
        self.limits = limits
        self.isAgreed = isAgreed
    }

    /// Bytes that are held beside the messages, about.
    var heldBytes: Int { 256 + sides[0].heldBytes + sides[1].heldBytes }

    /// - Parameters:
    ///   - nextID: the number of the connection's next transaction.
    ///   - frames: where frames are noted, when the direction's bytes are the stream's.
    func consume(_ chunk: Span<UInt8>, _ direction: Direction, nextID: inout UInt64, frames: FrameTracker? = nil) {
        let side = direction.index
        var at = 0
        while at < chunk.count {
            switch sides[side].state {
            case .header:
                while at < chunk.count, sides[side].held.count < WebSocketFrame.headerLength(sides[side].held) {
                    sides[side].held.append(chunk[at])
                    at += 1
                }
                guard let frame = WebSocketFrame(header: sides[side].held) else {
                    if let frames { frames.wait(at: frames.position(direction) &- UInt64(sides[side].held.count), direction) }
                    return
                }
                begin(frame, direction, &nextID)
                if let frames { note(frame, chunk.count - at, frames, direction) }
                sides[side].held.removeAll(keepingCapacity: true)
                if frame.length == 0 { endFrame(direction) }
            case .payload(let left):
                let count = Int(min(left, UInt64(chunk.count - at)))
                take(chunk.extracting(at..<at + count), direction)
                at += count
                guard case .payload = sides[side].state else { continue }
                sides[side].state = .payload(left: left - UInt64(count))
                if left == UInt64(count) { endFrame(direction) }
            case .opaque: return
            }
        }
    }

    /// The header that is held lies before the direction's newest `rest` bytes.
    private func note(_ frame: WebSocketFrame, _ rest: Int, _ frames: FrameTracker, _ direction: Direction) {
        let (size, transaction) = (sides[direction.index].held.count, sides[direction.index].current)
        let (payload, length) = (frames.position(direction) &- UInt64(rest), Int(clamping: frame.length))
        frames.add(.frameWebSocketHeader, direction, at: payload &- UInt64(size), length: size, of: transaction)
        frames.add(.frameWebSocketData, direction, at: payload, length: length, of: transaction)
        frames.add(
            .frameWebSocketPDU, direction, at: payload &- UInt64(size), length: Int(clamping: frame.length &+ UInt64(size)),
            of: transaction)
    }

    private func begin(_ frame: WebSocketFrame, _ direction: Direction, _ nextID: inout UInt64) {
        let side = direction.index
        let limit = UInt64(limits.websocketMaxPayloadSize)
        let transaction: WebSocketTransaction
        if !frame.isControl, let message = sides[side].message {
            transaction = message
            transaction.add(frame)
        } else {
            transaction = make(frame, direction, &nextID)
            if !frame.isControl { sides[side].message = transaction }
        }
        if frame.length > limit { transaction.note("skip_end_of_payload") }
        sides[side].current = transaction
        sides[side].taken = 0
        sides[side].state = .payload(left: frame.length)
    }

    private func make(_ frame: WebSocketFrame, _ direction: Direction, _ nextID: inout UInt64) -> WebSocketTransaction {
        let side = direction.index
        let isCompressed = isDeflated && frame.isCompressed && !frame.isControl
        // Very many in one segment: what follows is read as more of the last.
        if open.count >= limits.maxTransactions, let last = open.last(where: { $0.direction == direction && $0.isEnded }),
            !isCompressed, !last.isCompressed
        {
            last.add(frame)
            return last
        }
        if isCompressed {
            sides[side].isCorrupt = false
            if sides[side].inflater == nil { sides[side].inflater = MessageInflater() }
        }
        let transaction = WebSocketTransaction(
            id: nextID, direction: direction, frame: frame, isCompressed: isCompressed,
            window: max(64 * 1024, limits.websocketMaxPayloadSize))
        nextID &+= 1
        open.append(transaction)
        return transaction
    }

    private func take(_ bytes: Span<UInt8>, _ direction: Direction) {
        let side = direction.index
        guard let transaction = sides[side].current else { return }
        let clear = Self.unmasked(bytes, transaction.frame.mask, from: sides[side].taken)
        sides[side].taken &+= UInt64(bytes.count)
        if transaction.isCompressed, !transaction.frame.isControl, !sides[side].isCorrupt {
            inflate(clear, of: transaction, direction)
        } else {
            transaction.append(clear)
        }
        if transaction.isFragmented, transaction.total >= UInt64(limits.websocketMaxPayloadSize) {
            transaction.note("reassembly_limit_reached")
        }
    }

    /// - Parameter input: nil at the message's end.
    private func inflate(_ input: [UInt8]?, of transaction: WebSocketTransaction, _ direction: Direction) {
        let side = direction.index
        guard let inflater = sides[side].inflater else { return transaction.append(input ?? []) }
        var output: [UInt8] = []
        let room = max(0, limits.httpDecompressionLimit - sides[side].grown)
        let outcome =
            input.map { inflater.inflate($0, into: &output, limit: room) } ?? inflater.endMessage(into: &output, limit: room)
        sides[side].grown += output.count
        transaction.append(output)
        switch outcome {
        case .done: break
        case .corrupt(let place):
            sides[side].isCorrupt = true
            if let input { transaction.append(Array(input[place...])) }
        case .full:
            transaction.note("reassembly_limit_reached")
            giveUp()
        }
    }

    private func endFrame(_ direction: Direction) {
        let side = direction.index
        sides[side].state = .header
        guard let transaction = sides[side].current else { return }
        sides[side].current = nil
        transaction.endFrame(isTold: isAgreed)
        guard transaction.frame.isFinal || transaction.frame.isControl else { return }
        if sides[side].message === transaction {
            sides[side].message = nil
            if transaction.isCompressed, !sides[side].isCorrupt { inflate(nil, of: transaction, direction) }
        }
        transaction.end()
    }

    /// RFC 6455, section 5.3.
    ///
    /// - Parameter place: of the first byte in the frame's payload.
    private static func unmasked(_ bytes: Span<UInt8>, _ mask: UInt32?, from place: UInt64) -> [UInt8] {
        var clear: [UInt8] = []
        clear.append(copying: bytes)
        guard let mask else { return clear }
        let start = Int(truncatingIfNeeded: place & 3)
        for index in clear.indices {
            clear[index] ^= UInt8(truncatingIfNeeded: mask >> (24 &- UInt32((start &+ index) & 3) &* 8))
        }
        return clear
    }

    /// `length` bytes of `direction` never come. Only within a payload is it known where the next frame begins.
    func skipGap(_ length: UInt64, _ direction: Direction) {
        let side = direction.index
        switch sides[side].state {
        case .payload(let left) where length <= left:
            sides[side].taken &+= length
            sides[side].current?.skip(length)
            if sides[side].current?.isCompressed == true {
                sides[side].isCorrupt = true
                sides[side].inflater?.reset()
            }
            sides[side].state = .payload(left: left - length)
            if left == length { endFrame(direction) }
        case .opaque: break
        default: giveUp()
        }
    }

    private func giveUp() {
        hasGivenUp = true
        for direction in Direction.allCases { finish(direction) }
    }

    /// Nothing of `direction` follows.
    func finish(_ direction: Direction) {
        sides[direction.index] = WebSocketSide()
        sides[direction.index].state = .opaque
        for transaction in open where transaction.direction == direction && !transaction.isEnded { transaction.end() }
    }

    func finishInspection() {
        sides[0].grown = 0
        sides[1].grown = 0
        for transaction in open where transaction.hasProgressed {
            transaction.hasProgressed = false
            transaction.discardInspected()
        }
        open.removeAll(where: \.isEnded)
    }
}
