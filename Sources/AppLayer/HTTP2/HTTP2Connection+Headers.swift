import Wire

/// Header blocks: HEADERS, PUSH_PROMISE and the CONTINUATION frames that go on with them.
extension HTTP2Connection {
    func takeHeaderFrame(_ frame: HTTP2FrameHeader, _ type: HTTP2FrameType, _ payload: [UInt8], _ direction: Direction) {
        let side = direction.index
        guard let transaction = transaction(forBlock: frame, type, direction) else { return }
        transaction.note(direction) { $0.add(type: frame.type) }
        guard let fragment = fragment(frame, type, payload, transaction, direction) else {
            return fail("invalid_frame_data", transaction, direction)
        }
        if sides[side].block == nil {
            sides[side].block = HTTP2Side.Block(
                stream: frame.stream, endsStream: type == .headers && frame.hasFirstFlag, isPromise: type == .pushPromise,
                bytes: [])
        }
        let count = sides[side].block?.bytes.count ?? 0
        guard count + fragment.count <= limits.http2MaxReassemblySize else {
            return fail("reassembly_limit_reached", transaction, direction)
        }
        sides[side].block?.bytes += fragment
        guard frame.endsHeaders, let block = sides[side].block else { return }
        sides[side].block = nil
        take(block, transaction, direction)
    }

    /// The block's part of a frame's payload, without padding and what stands before the block; nil when
    /// the padding is longer than what there is.
    private func fragment(
        _ frame: HTTP2FrameHeader, _ type: HTTP2FrameType, _ payload: [UInt8], _ transaction: HTTP2Transaction,
        _ direction: Direction
    ) -> ArraySlice<UInt8>? {
        var rest = payload[...]
        if type != .continuation, frame.isPadded {
            guard let padding = rest.popFirst(), Int(padding) <= rest.count else { return nil }
            rest = rest.dropLast(Int(padding))
        }
        if type == .headers, frame.hasPriority {
            guard rest.count >= 5 else { return nil }
            let weight = rest[rest.startIndex + 4]
            transaction.note(direction) { $0.add(priority: weight) }
            rest = rest.dropFirst(5)
        }
        if type == .pushPromise {
            guard rest.count >= 4 else { return nil }
            rest = rest.dropFirst(4)
        }
        return rest
    }

    /// nil when there are too many streams.
    private func transaction(
        forBlock frame: HTTP2FrameHeader, _ type: HTTP2FrameType, _ direction: Direction
    ) -> HTTP2Transaction? {
        if let known = streams[frame.stream] { return known }
        let isReused = wasOpened(frame.stream)
        guard let new = open(frame.stream) else { return nil }
        if isReused { new.add("stream_id_reuse", direction) }
        // The request came by unseen, or was made by the server (RFC 9113, section 8.4).
        if direction == .toClient { new.request.progress = .complete }
        return new
    }

    private func take(_ block: HTTP2Side.Block, _ transaction: HTTP2Transaction, _ direction: Direction) {
        var output = HPACKDecoder.Output()
        var problem: StaticName?
        do throws(HPACKDecoder.Failure) {
            try sides[direction.index].hpack.decode(block.bytes, into: &output)
        } catch {
            problem =
                switch error {
                case .invalid: "invalid_header"
                case .integerOverflow: "header_integer_overflow"
                case .truncated: "extra_header_data"
                case .tooLarge: "reassembly_limit_reached"
                }
        }
        for size in output.sizeUpdates { transaction.note(direction) { $0.add(sizeUpdate: size) } }
        transaction.headerBytes += output.byteCount
        headerBytes += output.byteCount
        transaction.takeHeaders(output.fields, direction, isPromise: block.isPromise, limits: limits)
        if transaction.webSocket != nil { hasWebSockets = true }
        if transaction.carriesDNS.0 || transaction.carriesDNS.1 { noteDNS() }
        if headerBytes > Self.headerBytesLimit { problem = "too_many_streams" }
        if let problem { return fail(problem, transaction, direction) }
        if block.endsStream { endStream(transaction, direction) }
    }
}
