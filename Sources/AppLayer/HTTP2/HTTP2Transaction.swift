public import Wire

/// One stream of HTTP/2 (RFC 9113), or one frame of the connection itself (stream 0).
///
/// A stream's header blocks become the messages of `HTTPTransaction`, pseudo-header fields among the headers, so
/// that rules find in them what they find in HTTP/1. Trailers and interim responses add to the headers.
public final class HTTP2Transaction: HTTPTransaction {
    public let streamID: UInt32
    /// To server, to client.
    public internal(set) var frames = (HTTP2Frames(), HTTP2Frames())
    var intake = InlineArray<2, BodyIntake>(repeating: BodyIntake())
    /// Bytes of names and values.
    var headerBytes = 0
    /// The body is one DNS message (RFC 8484).
    var carriesDNS = (false, false)

    /// What the bodies turned out to be.
    public internal(set) var dns: (request: DNSMessage?, response: DNSMessage?)

    /// What the stream carries once it is a WebSocket (RFC 8441), or asks to be.
    var webSocket: WebSocketChannel?

    struct BodyIntake {
        var decoder = BodyDecoder()
        /// Output bytes of the body since the last inspection.
        var grown = 0
    }

    init(id: UInt64, streamID: UInt32, limits: AppLayerLimits) {
        self.streamID = streamID
        super.init(id: id, appProtocol: .http2, limits: limits)
    }

    public override var heldBytes: Int {
        super.heldBytes + headerBytes + intake[0].decoder.heldBytes + intake[1].decoder.heldBytes + (webSocket?.heldBytes ?? 0)
    }

    /// Nothing of it will follow.
    var isOver: Bool { request.progress == .complete && response.progress == .complete }

    public func frames(_ direction: Direction) -> HTTP2Frames { direction == .toServer ? frames.0 : frames.1 }

    func note(_ direction: Direction, _ body: (inout HTTP2Frames) -> Void) {
        hasProgressed = true
        if direction == .toServer { body(&frames.0) } else { body(&frames.1) }
    }

    /// A frame of the connection has no message: that its parts are absent says nothing.
    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        if buffer.protocols.contains(.doh2) { return isComplete(direction) }
        return streamID != 0 && super.isSettled(buffer, direction: direction)
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        let message = message(direction)
        switch buffer {
        case .http2HeaderName, .http2Header:
            guard message.progress >= .headers, index < message.headers.count else { return nil }
            let header = message.headers[index]
            return BufferView(bytes: buffer == .http2HeaderName ? header.name : Self.escaped(header))
        case .httpStatMessage, .httpStart: return nil
        case .dnsQuery, .dnsQueriesName, .dnsAnswersName, .dnsAuthoritiesName, .dnsAdditionalsName, .dnsResponseName:
            return dns(direction)?.bytes(of: buffer, direction, index).map { BufferView(bytes: $0) }
        default: return super.buffer(buffer, direction: direction, index: index)
        }
    }

    public func dns(_ direction: Direction) -> DNSMessage? { direction == .toServer ? dns.request : dns.response }

    /// `name: value`, where a colon inside of either is doubled.
    private static func escaped(_ header: HTTPMessage.Header) -> [UInt8] {
        let colon = UInt8(ascii: ":")
        func escaped(_ bytes: [UInt8]) -> [UInt8] {
            bytes.contains(colon) ? bytes.flatMap { $0 == colon ? [colon, colon] : [$0] } : bytes
        }
        return escaped(header.name) + [colon, 0x20] + escaped(header.value)
    }

    override func hostRaw(_ message: HTTPMessage) -> [UInt8]? { message.value(":authority") ?? message.value("host") }

    /// RFC 9113, section 8.2.3: a cookie may come in several fields.
    override func cookie(_ message: HTTPMessage, _ direction: Direction) -> [UInt8]? {
        guard direction == .toServer else { return super.cookie(message, direction) }
        let crumbs = message.headers.filter { $0.name.isEqualIgnoringCase("cookie") }.map(\.value)
        return crumbs.isEmpty ? nil : Array(crumbs.joined(separator: [0x3b, 0x20]))
    }

    /// Blocks have no form of lines; this is the one that HTTP/1 would give them.
    override func rawHeaders(_ message: HTTPMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        for header in message.headers { header.append(to: &bytes) }
        return bytes
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        let frames = frames(direction)
        return switch number {
        case .http2FrameType: frames.types.element(index).map(UInt64.init)
        case .http2ErrorCode: frames.errorCodes.element(index).map(UInt64.init)
        case .http2Priority: frames.priorities.element(index).map(UInt64.init)
        case .http2Window: frames.windows.element(index).map(UInt64.init)
        case .http2SizeUpdate: frames.sizeUpdates.element(index)
        case .http2Settings: frames.settings.element(index).map { UInt64($0.id) << 32 | UInt64($0.value) }
        case .dnsOpcode, .dnsRcode, .dnsRRType: dns(direction)?.number(number, direction, index)
        default: super.number(number, direction: direction, index: index)
        }
    }
}
