import Wire

/// Frames other than header blocks.
extension HTTP2Connection {
    /// What to do with a frame's payload.
    func begin(_ frame: HTTP2FrameHeader, _ direction: Direction) {
        let side = direction.index
        // RFC 9113, section 6.10: nothing may stand between the parts of a header block.
        if let block = sides[side].block, frame.type != HTTP2FrameType.continuation.rawValue || frame.stream != block.stream {
            return fail("invalid_frame_header", streams[block.stream], direction)
        }
        guard let type = HTTP2FrameType(rawValue: frame.type) else {
            if !HTTP2FrameType.registeredElsewhere.contains(frame.type) {
                transaction(of: frame, direction).add("invalid_frame_header", direction)
            }
            return pass(frame, direction)
        }
        guard type.isAllowed(on: frame.stream), type != .continuation || sides[side].block != nil else {
            return refuse(frame, type, type == .data ? "data_stream_zero" : "invalid_frame_header", direction)
        }
        guard type.isValidLength(frame) else { return refuse(frame, type, "invalid_frame_length", direction) }
        if frame.length > sides[side].maxFrameSize {
            guard type == .data || type.carriesHeaders && frame.length <= limits.http2MaxReassemblySize else {
                return refuse(frame, type, "long_frame_data", direction)
            }
            transaction(of: frame, direction).add("long_frame_data", direction)
        }
        switch type {
        case .data where frame.isPadded: sides[side].state = .padLength(frame)
        case .data: beginData(frame, padding: 0, direction)
        default:
            sides[side].state = .payload(frame)
            if frame.length == 0 { endFrame(frame, direction) }
        }
    }

    /// A frame that receivers refuse. One that takes part in header compression is missed for good.
    private func refuse(_ frame: HTTP2FrameHeader, _ type: HTTP2FrameType, _ event: StaticName, _ direction: Direction) {
        let transaction = transaction(of: frame, direction)
        guard !type.carriesHeaders else { return fail(event, transaction, direction) }
        transaction.note(direction) { $0.add(type: frame.type) }
        transaction.add(event, direction)
        pass(frame, direction)
    }

    private func pass(_ frame: HTTP2FrameHeader, _ direction: Direction) {
        sides[direction.index].state = frame.length > 0 ? .skip(left: frame.length) : .frameHeader
    }

    private func transaction(of frame: HTTP2FrameHeader, _ direction: Direction) -> HTTP2Transaction {
        let transaction = streams[frame.stream] ?? single(frame.stream, direction)
        transaction.hasProgressed = true
        return transaction
    }

    // MARK: DATA

    func beginData(_ frame: HTTP2FrameHeader, padding: Int, _ direction: Direction) {
        let side = direction.index
        let left = frame.length - (frame.isPadded ? 1 : 0) - padding
        if streams[frame.stream] == nil, !wasOpened(frame.stream) { _ = open(frame.stream) }
        guard !hasFailed else { return }
        streams[frame.stream]?.note(direction) { $0.add(type: frame.type) }
        guard left >= 0 else {
            // RFC 9113, section 6.1: padding that is longer than the payload.
            transaction(of: frame, direction).add("invalid_frame_data", direction)
            let rest = frame.length - 1
            sides[side].state = rest > 0 ? .skip(left: rest) : .frameHeader
            return
        }
        sides[side].state = .data(frame, left: left, padding: padding)
        if left == 0 { endData(frame, padding: padding, direction) }
    }

    /// A body goes to its transaction as it comes; frames are never held.
    func takeData(_ bytes: Span<UInt8>, _ frame: HTTP2FrameHeader, _ direction: Direction) {
        guard let transaction = streams[frame.stream], !transaction.isComplete(direction) else { return }
        if let channel = transaction.webSocket {
            transaction.hasProgressed = true
            channel.consume(bytes, direction, nextID: &nextID)
            if channel.hasGivenUp { fail("invalid_frame_data", transaction, direction) }
            return
        }
        let room = max(0, limits.httpDecompressionLimit - transaction.intake[direction.index].grown)
        let taken = transaction.takeBody(
            bytes, direction, &transaction.intake[direction.index].decoder, room: room, limits: limits)
        transaction.intake[direction.index].grown += taken.grown
        for problem in taken.problems {
            switch problem {
            case .corrupt, .bomb, .lzmaDictionary: transaction.add("failed_decompression", direction)
            case .unknownCoding, .tooManyLayers, .tooManyLZMALayers, .lzmaOff: break
            }
        }
        let isDNS = direction == .toServer ? transaction.carriesDNS.0 : transaction.carriesDNS.1
        if isDNS, transaction.message(direction).bodyLength > UInt64(UInt16.max) {
            transaction.add(direction == .toServer ? "dns_request_too_long" : "dns_response_too_long", direction)
        }
    }

    func endData(_ frame: HTTP2FrameHeader, padding: Int, _ direction: Direction) {
        sides[direction.index].state = padding > 0 ? .skip(left: padding) : .frameHeader
        if frame.hasFirstFlag, let transaction = streams[frame.stream] { endStream(transaction, direction) }
    }

    // MARK: Frames that are held whole

    func endFrame(_ frame: HTTP2FrameHeader, _ direction: Direction) {
        let side = direction.index
        var payload: [UInt8] = []
        swap(&payload, &sides[side].held)
        sides[side].state = .frameHeader
        guard let type = HTTP2FrameType(rawValue: frame.type) else { return }
        if type.carriesHeaders { return takeHeaderFrame(frame, type, payload, direction) }
        let transaction = transaction(of: frame, direction)
        transaction.note(direction) { $0.add(type: frame.type) }
        switch type {
        case .priority: transaction.note(direction) { $0.add(priority: payload[4]) }
        case .resetStream:
            transaction.note(direction) { $0.add(errorCode: Self.word(payload, 0)) }
            end(transaction, .truncated)
        case .settings: takeSettings(payload, transaction, direction)
        case .goAway: transaction.note(direction) { $0.add(errorCode: Self.word(payload, 4)) }
        case .windowUpdate: transaction.note(direction) { $0.add(window: Self.word(payload, 0) & 0x7fff_ffff) }
        default: break
        }
        payload.removeAll(keepingCapacity: true)
        swap(&payload, &sides[side].held)
    }

    /// RFC 9113, section 6.5. What one side says holds for the frames of the other.
    func takeSettings(_ payload: [UInt8], _ transaction: HTTP2Transaction, _ direction: Direction) {
        var at = 0
        while at + 6 <= payload.count {
            let id = UInt16(payload[at]) << 8 | UInt16(payload[at + 1])
            let value = Self.word(payload, at + 2)
            transaction.note(direction) { $0.add(setting: .init(id: id, value: value)) }
            if id == 5, 16_384...0xff_ffff ~= value { sides[1 - direction.index].maxFrameSize = Int(value) }
            at += 6
        }
    }

    /// The four bytes at `start`, which are there.
    static func word(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension HTTP2FrameType {
    var carriesHeaders: Bool { self == .headers || self == .continuation || self == .pushPromise }
}
