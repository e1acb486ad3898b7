/// WebSocket in a stream (RFC 8441, section 4): `:protocol` in a CONNECT request, a status of 2xx, and frames as DATA.
extension HTTP2Transaction {
    /// Frames that do not wait for the answer are read too.
    func beginWebSocket(_ request: HTTPMessage, _ limits: AppLayerLimits) {
        guard request.first.elementsEqual("CONNECT".utf8), request.value(":protocol")?.isEqualIgnoringCase("websocket") == true
        else { return }
        let channel = WebSocketChannel(limits: limits, isAgreed: false)
        channel.isDeflated = request.saysDeflate
        webSocket = channel
    }

    func agreeOnWebSocket(_ response: HTTPMessage) {
        guard let webSocket, response.second.first != UInt8(ascii: "1") else { return }
        guard response.second.first == UInt8(ascii: "2") else { return self.webSocket = nil }
        webSocket.isAgreed = true
        webSocket.isDeflated = response.saysDeflate
    }
}
