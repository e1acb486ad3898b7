import Wire

/// From header blocks to messages.
extension HTTP2Transaction {
    /// The fields of a block. The first of a direction is the message's; a later one is the final response after
    /// an interim one, or trailers.
    func takeHeaders(_ fields: [HTTPMessage.Header], _ direction: Direction, isPromise: Bool, limits: AppLayerLimits) {
        let message = message(direction)
        let isFirst = message.progress < .headers
        message.headers += fields
        if !isFirst { reviseHeaders() }
        hasProgressed = true
        defer { if isFirst { message.progress = .headers } }
        guard !isPromise else { return }
        if direction == .toServer {
            guard isFirst else { return }
            takeRequest(message, limits)
            beginWebSocket(message, limits)
        } else if let status = fields.last(where: { $0.name.isEqualIgnoringCase(":status") }) {
            takeResponse(message, status.value)
            agreeOnWebSocket(message)
        } else if !isFirst {
            return
        }
        beginBody(message, direction, limits)
    }

    private func takeRequest(_ message: HTTPMessage, _ limits: AppLayerLimits) {
        message.first = message.value(":method") ?? []
        message.second = message.value(":path") ?? []
        message.third = Array("HTTP/2".utf8)
        message.line = message.first + [0x20] + message.second + [0x20] + message.third
        normaliseTarget(limits)
        let authority = message.value(":authority")
        if let authority, let host = message.value("host"), !host.elementsEqual(authority, by: { $0.lowercasedASCII == $1.lowercasedASCII }) {
            add("authority_host_mismatch", .toServer)
        }
        let at = UInt8(ascii: "@")
        if authority?.contains(at) == true {
            add("userinfo_in_uri", .toServer)
        }
    }

    private func takeResponse(_ message: HTTPMessage, _ status: [UInt8]) {
        message.first = Array("HTTP/2".utf8)
        message.second = status
        message.line = message.first + [0x20] + status
    }

    private func beginBody(_ message: HTTPMessage, _ direction: Direction, _ limits: AppLayerLimits) {
        withFiles(direction) { $0.begin(self, direction) }
        let type = message.value("content-type") ?? []
        let side = direction.index
        intake[side].decoder = BodyDecoder(message, limits: limits)
        let isDNS = type.hasPrefixIgnoringCase("application/dns-message")
        if direction == .toServer {
            carriesDNS.0 = isDNS
            // A query by GET stands in the target (RFC 8484, section 4.1).
            if message.value("accept")?.hasPrefixIgnoringCase("application/dns-message") == true { carriesDNS.1 = true }
        } else {
            carriesDNS.1 = isDNS || carriesDNS.1
            if HTTPFiles.hasInvalidRange(message) { add("invalid_range", direction) }
        }
    }

    /// Nothing of `direction` follows.
    func complete(_ direction: Direction, _ state: TransferredFile.State) {
        let message = message(direction)
        guard message.progress != .complete else { return }
        hasProgressed = true
        withFiles(direction) { $0.finish(state, of: self, direction) }
        message.progress = .complete
        message.body.isComplete = true
        webSocket?.finish(direction)
        if direction == .toServer ? carriesDNS.0 || carriesDNS.1 : carriesDNS.1 { readDNS(direction) }
    }
}

extension [UInt8] {
    func hasPrefixIgnoringCase(_ word: StaticString) -> Bool {
        let word = word.description.utf8
        return count >= word.count && zip(self, word).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}
