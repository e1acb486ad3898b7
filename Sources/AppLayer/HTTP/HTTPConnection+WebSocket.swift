import Wire

/// The upgrade to WebSocket (RFC 6455, section 4).
extension HTTPConnection {
    /// Servers take frames that come with the request. They are read as requests, which they are when the server does not
    /// upgrade, and as frames.
    ///
    /// - Returns: whether the request in hand asks for a WebSocket and is the first one to.
    @discardableResult
    func beginEarly() -> Bool {
        guard early == nil, let request = requesting, request.request.saysWebSocket, request.response.progress != .complete
        else { return false }
        let channel = WebSocketChannel(limits: limits, isAgreed: false)
        channel.isDeflated = request.request.saysDeflate
        early = (channel, request)
        return true
    }

    func readEarly(_ bytes: Span<UInt8>) {
        early?.channel.consume(bytes, .toServer, nextID: &nextID)
    }

    /// The server has switched protocols: what was read as requests since was none.
    func dropRequests(after transaction: HTTPTransaction) {
        guard early?.request === transaction else { return early = nil }
        exchanges.removeAll { $0.id > transaction.id }
        requesting = nil
    }

    /// What the connection goes on with when the answer to `exchange` is 101; nil for something else than a WebSocket. A
    /// server that does not name the protocol speaks the one that it was asked for.
    func webSocket(after exchange: HTTPTransaction) -> WebSocketChannel? {
        guard (exchange.response.value("upgrade") == nil ? exchange.request : exchange.response).saysWebSocket else { return nil }
        let channel = early?.channel ?? WebSocketChannel(limits: limits, isAgreed: true)
        channel.isAgreed = true
        channel.isDeflated = exchange.response.saysDeflate
        return channel
    }
}
