import Wire

/// A WebSocket (RFC 6455) after an upgrade of HTTP/1.
final class WebSocketConnection: ProtocolParser {
    private let channel: WebSocketChannel
    private let firstID: UInt64
    private var nextID: UInt64

    init(_ channel: WebSocketChannel, firstID: UInt64) {
        self.channel = channel
        self.firstID = firstID
        nextID = firstID
        super.init(appProtocol: .websocket)
    }

    override var transactions: [Transaction] { channel.open }
    override var transactionCount: UInt64 { nextID &- firstID }
    override var heldBytes: Int { super.heldBytes + channel.heldBytes }
    override var hasFailed: Bool { channel.hasGivenUp }

    override func consume(_ chunk: Span<UInt8>, direction: Direction) {
        channel.consume(chunk, direction, nextID: &nextID, frames: frames)
    }

    override func skipGap(length: UInt64, direction: Direction) { channel.skipGap(length, direction) }
    override func finish(_ direction: Direction) { channel.finish(direction) }
    override func finishInspection() { channel.finishInspection() }
}

extension HTTPMessage {
    /// The message speaks of an upgrade to WebSocket (RFC 6455, sections 4.1 and 4.2.2).
    var saysWebSocket: Bool { value("upgrade")?.containsIgnoringCase("websocket") == true }

    /// RFC 7692, section 5. An older name of the extension (`x-webkit-deflate-frame`) counts too.
    var saysDeflate: Bool { value("sec-websocket-extensions")?.containsIgnoringCase("deflate") == true }
}
