import Wire

extension HTTPTransaction {
    /// The target as servers read it.
    func normaliseTarget(_ limits: AppLayerLimits) {
        var isDoubleEncoded = false
        uri = URINormaliser.normalise(
            request.second, doubleDecodesPath: limits.httpDoubleDecodesPath,
            doubleDecodesQuery: limits.httpDoubleDecodesQuery, isDoubleEncoded: &isDoubleEncoded)
        if isDoubleEncoded, appProtocol == .http1 { add("double_encoded_uri", .toServer) }
    }

    /// The next bytes of a body as they were sent.
    ///
    /// - Parameter room: bytes that they may decode to.
    /// - Returns: how many they decoded to, and what was wrong with them.
    func takeBody(
        _ bytes: Span<UInt8>, _ direction: Direction, _ decoder: inout BodyDecoder, room: Int, limits: AppLayerLimits
    ) -> (grown: Int, problems: [BodyDecoder.Problem]) {
        guard !bytes.isEmpty else { return (0, []) }
        hasProgressed = true
        let message = message(direction)
        message.bodyLength &+= UInt64(bytes.count)
        let limit = direction == .toServer ? limits.httpRequestBodyLimit : limits.httpResponseBodyLimit
        if limit > 0, message.body.total >= limit, !limits.digestsWholeFiles {
            withFiles(direction) { $0.finish(.truncated, of: self, direction) }
            return (0, [])
        }
        var piece: [UInt8] = []
        piece.append(copying: bytes)
        var output: [UInt8] = []
        let problems = decoder.decode(piece, into: &output, limit: room)
        let grown = output.count
        if limit > 0, message.body.total + UInt64(output.count) > limit {
            let kept = Array(output.prefix(Int(clamping: limit - min(limit, message.body.total))))
            // A digest is of the whole file.
            withFiles(direction) {
                $0.take(limits.digestsWholeFiles ? output : kept, of: self, direction)
                if !limits.digestsWholeFiles { $0.finish(.truncated, of: self, direction) }
            }
            message.body.bytes += kept
        } else {
            withFiles(direction) { $0.take(output, of: self, direction) }
            message.body.bytes += output
        }
        return (grown, problems)
    }

    /// An interim response (RFC 9110, section 15.2), or what is no response, was not the answer.
    func passInterimResponse() {
        if response.second.elementsEqual("100".utf8) {
            if hasSeenContinue { add("100_continue_already_seen", .toClient) }
            hasSeenContinue = true
        }
        response = HTTPMessage()
        reviseHeaders()
        withFiles(.toClient) { $0 = HTTPFiles(digests: $0.digests, magic: $0.magic) }
    }

    /// Bytes of a body that never come.
    func skipBody(_ length: UInt64, _ direction: Direction) {
        hasProgressed = true
        withFiles(direction) { $0.skip(length, of: self, direction) }
        message(direction).skipBody(length)
    }
}
