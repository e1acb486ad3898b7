public import Wire

/// A request and its response.
public class HTTPTransaction: Transaction {
    var request = HTTPMessage()
    var response = HTTPMessage()
    /// Normalised target.
    public internal(set) var uri: [UInt8] = []
    var hasSeenContinue = false
    var ranges: RangeStore?
    /// Buffers that are put together from several headers, made when first asked for.
    private var derived = DerivedBuffers()
    private let bodyWindow: (Int, Int)
    private var requestFiles: HTTPFiles
    private var responseFiles: HTTPFiles

    init(id: UInt64, appProtocol: AppProtocol = .http1, limits: AppLayerLimits) {
        bodyWindow = (limits.httpRequestBodyWindow, limits.httpResponseBodyWindow)
        requestFiles = HTTPFiles(digests: limits.fileDigests, magic: limits.fileMagic)
        responseFiles = HTTPFiles(digests: limits.fileDigests, magic: limits.fileMagic)
        super.init(id: id, appProtocol: appProtocol)
    }

    public func message(_ direction: Direction) -> HTTPMessage { direction == .toServer ? request : response }

    /// The response came by, but not what it answers; Suricata's name for that target.
    func standForUnseenRequest() {
        request.second = Array("/libhtp::request_uri_not_seen".utf8)
        uri = request.second
        request.progress = .complete
        add("unable_to_match_response_to_request", .toClient)
    }

    public override func files(_ direction: Direction) -> [TransferredFile] {
        direction == .toServer ? requestFiles.files : responseFiles.files
    }

    /// What becomes of the files of one direction's message.
    func withFiles(_ direction: Direction, _ body: (inout HTTPFiles) -> Void) {
        if direction == .toServer { body(&requestFiles) } else { body(&responseFiles) }
    }

    /// How much of a message there is to show.
    private func shown(_ message: HTTPMessage) -> HTTPMessage.Progress {
        message.isInterim && message.progress != .complete ? .none : message.progress
    }

    func add(_ event: StaticName, _ direction: Direction) {
        let event = AppLayerEvent(appProtocol: appProtocol, name: event, direction: direction)
        if events.count < 64, !events.contains(event) { events.append(event) }
    }

    public override func progress(_ direction: Direction) -> UInt8 { message(direction).progress.rawValue }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool {
        isSettled(buffer, shown(message(direction)), direction)
    }

    private func isSettled(_ buffer: Buffer, _ progress: HTTPMessage.Progress, _ direction: Direction) -> Bool {
        switch buffer {
        case .httpMethod, .httpURI, .httpURIRaw, .httpRequestLine, .httpProtocol, .httpResponseLine, .httpStatCode,
            .httpStatMessage:
            return progress >= .line
        case .httpRequestBody, .httpResponseBody, .fileData: return progress == .complete
        case .fileName: return progress == .complete || !requestFiles.isMultipart && !files(direction).isEmpty
        case .fileMagic:
            let isTold = !requestFiles.isMultipart && files(direction).first?.isKindSettled == true
            return progress == .complete || isTold
        default: return progress >= .headers
        }
    }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard buffer.direction == nil || buffer.direction == direction else { return nil }
        let message = message(direction)
        let progress = shown(message)
        if buffer == .httpRequestHeader || buffer == .httpResponseHeader {
            guard progress >= .headers, index < message.headers.count else { return nil }
            let header = message.headers[index]
            return BufferView(bytes: header.name + [0x3a, 0x20] + header.value)
        }
        guard isSettled(buffer, progress, direction) || buffer.isStreamed || buffer == .fileName else { return nil }
        if buffer == .fileName {
            let files = files(direction)
            return index < files.count ? BufferView(bytes: files[index].name) : nil
        }
        if buffer == .fileMagic { return files(direction).element(index)?.kind.map { BufferView(bytes: $0) } }
        if buffer == .fileData, direction == .toServer, requestFiles.isMultipart {
            let files = requestFiles.files
            guard index < files.count else { return nil }
            let window = files[index].window
            return BufferView(bytes: window.bytes, offset: window.offset, isComplete: window.isComplete)
        }
        guard index == 0 else { return nil }
        if buffer.isStreamed {
            guard message.body.total > 0 else { return nil }
            return BufferView(
                bytes: message.body.bytes, offset: message.body.offset, isComplete: message.body.isComplete)
        }
        return lineBuffer(buffer, message) ?? headerBuffer(buffer, message, direction).map { BufferView(bytes: $0) }
    }

    private func lineBuffer(_ buffer: Buffer, _ message: HTTPMessage) -> BufferView? {
        switch buffer {
        case .httpMethod: BufferView(bytes: message.first)
        case .httpURI: BufferView(bytes: uri)
        case .httpURIRaw: BufferView(bytes: message.second)
        case .httpRequestLine, .httpResponseLine: BufferView(bytes: message.line)
        case .httpProtocol: BufferView(bytes: message.progress >= .line && isRequest(message) ? message.third : message.first)
        case .httpStatCode: BufferView(bytes: message.second)
        case .httpStatMessage: BufferView(bytes: message.third)
        default: nil
        }
    }

    private func isRequest(_ message: HTTPMessage) -> Bool { !message.first.starts(with: "HTTP/".utf8) }

    private func headerBuffer(_ buffer: Buffer, _ message: HTTPMessage, _ direction: Direction) -> [UInt8]? {
        switch buffer {
        case .httpUserAgent: return message.value("user-agent")
        case .httpCookie: return cookie(message, direction)
        case .httpReferer: return message.value("referer")
        case .httpAccept: return message.value("accept")
        case .httpAcceptEncoding: return message.value("accept-encoding")
        case .httpAcceptLanguage: return message.value("accept-language")
        case .httpConnection: return message.value("connection")
        case .httpContentType: return message.value("content-type")
        case .httpContentLength: return message.value("content-length")
        case .httpLocation: return message.value("location")
        case .httpServer: return message.value("server")
        case .httpHeaderRaw:
            let bytes = rawHeaders(message)
            return bytes.isEmpty ? nil : bytes
        case .httpHost, .httpHostRaw, .httpHeader, .httpHeaderNames, .httpStart:
            if let known = derived[buffer, direction] { return known }
            let bytes = derive(buffer, message)
            derived[buffer, direction] = bytes
            return bytes
        default: return nil
        }
    }

    private func derive(_ buffer: Buffer, _ message: HTTPMessage) -> [UInt8]? {
        switch buffer {
        case .httpHost: return Self.name(hostRaw(message)).map { $0.map(\.lowercasedASCII) }
        case .httpHostRaw: return hostRaw(message)
        case .httpHeader: return message.headers.isEmpty ? nil : normalisedHeaders(message)
        case .httpHeaderNames:
            var bytes: [UInt8] = [0x0d, 0x0a]
            bytes.reserveCapacity(message.headers.reduce(6) { $0 + $1.name.count + 2 })
            for header in message.headers {
                bytes += header.name
                bytes += [0x0d, 0x0a]
            }
            bytes += [0x0d, 0x0a]
            return bytes
        case .httpStart:
            var bytes = message.line
            bytes.reserveCapacity(message.line.count + message.rawHeaders.count + 4)
            bytes += [0x0d, 0x0a]
            for header in message.headers { header.append(to: &bytes) }
            bytes += [0x0d, 0x0a]
            return bytes
        default: return nil
        }
    }

    func cookie(_ message: HTTPMessage, _ direction: Direction) -> [UInt8]? {
        message.value(direction == .toServer ? "cookie" : "set-cookie")
    }

    func rawHeaders(_ message: HTTPMessage) -> [UInt8] { message.rawHeaders }

    /// Headers have come after those that rules have seen.
    func reviseHeaders() {
        derived = DerivedBuffers()
        revision &+= 1
    }

    func hostRaw(_ message: HTTPMessage) -> [UInt8]? {
        URINormaliser.authority(message.second) ?? message.value("host")
    }

    /// Place of the colon before a port, nil where there is none.
    private static func portColon(_ host: [UInt8]) -> Int? {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")), host[colon...].dropFirst().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        return colon
    }

    private static func name(_ host: [UInt8]?) -> [UInt8]? {
        host.map { host in portColon(host).map { Array(host[..<$0]) } ?? host }
    }

    /// `Name: value` lines, cookies left out: they have a buffer of their own.
    private func normalisedHeaders(_ message: HTTPMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.rawHeaders.count)
        for header in message.headers
        where !header.name.isEqualIgnoringCase("cookie") && !header.name.isEqualIgnoringCase("set-cookie") {
            header.append(to: &bytes)
        }
        return bytes
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        guard index == 0 || number == .fileSize else { return nil }
        return switch number {
        case .uriLength: direction == .toServer && request.progress >= .line ? UInt64(uri.count) : nil
        case .fileSize: files(direction).indices.contains(index) && !files(direction)[index].isOpen
            ? files(direction)[index].size : nil
        case .uriLengthRaw: direction == .toServer && request.progress >= .line ? UInt64(request.second.count) : nil
        default: nil
        }
    }

    public override var heldBytes: Int {
        var sum = super.heldBytes + request.heldBytes + response.heldBytes + uri.count
        sum += requestFiles.heldBytes + responseFiles.heldBytes
        return sum + derived.heldBytes
    }

    override func discardInspected() {
        request.body.trim(to: bodyWindow.0)
        response.body.trim(to: bodyWindow.1)
        for file in requestFiles.files { file.trim(to: bodyWindow.0) }
        for file in responseFiles.files { file.trim(to: 0) }
    }

    /// Host without its port, for events.
    public var hostname: [UInt8]? { Self.name(hostRaw(request)) }

    /// The port that is given with the host.
    public var hostPort: UInt16? {
        hostRaw(request).flatMap { host in
            Self.portColon(host).flatMap { UInt16(String(decoding: host[($0 + 1)...], as: UTF8.self)) }
        }
    }
}

/// What `HTTPTransaction` has put together of several headers, by buffer and direction.
private struct DerivedBuffers {
    private var bytes = InlineArray<10, [UInt8]?>(repeating: nil)

    subscript(buffer: Buffer, direction: Direction) -> [UInt8]? {
        get { bytes[Self.place(buffer) + direction.index] }
        set { bytes[Self.place(buffer) + direction.index] = newValue }
    }

    var heldBytes: Int {
        var sum = 0
        for place in bytes.indices { sum += bytes[place]?.count ?? 0 }
        return sum
    }

    private static func place(_ buffer: Buffer) -> Int {
        switch buffer {
        case .httpHost: 0
        case .httpHostRaw: 2
        case .httpHeader: 4
        case .httpHeaderNames: 6
        default: 8
        }
    }
}
