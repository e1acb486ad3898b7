import Wire

/// Reads a mail message line by line (RFC 5322, RFC 2045 and RFC 2046), parts within parts included.
///
/// Lenient where readers of mail are, because what one of them shows an attacker may send.
struct MailReader {
    enum Piece: Equatable {
        case fileBegins(name: [UInt8])
        case data([UInt8])
        case fileEnds
        case event(StaticName)
    }

    private enum State { case headers, body, between }

    /// RFC 5322, section 2.1.1, RFC 2045, section 6.7, and Suricata's limits for header fields.
    private static let (lineLimit, encodedLineLimit, nameLimit, valueLimit) = (998, 76, 75, 2000)
    /// Bytes of a header's value that are kept, headers of a block, parts within parts.
    private static let (keptValueLimit, headerLimit, depthLimit) = (8192, 1024, 32)
    /// RFC 2046, section 5.1.1 has 70.
    private static let boundaryLimit = 254

    private(set) var message = MailMessage()
    private var state = State.headers
    /// Delimiters with their dashes, outermost first.
    private var delimiters: [[UInt8]] = []
    /// Headers of the part that is coming in.
    private var headers: [MailMessage.Header] = []
    private var isMain = true
    private var decoder = TransferDecoder()
    private var isFile = false
    private var isText = false
    /// The last line's end, which belongs to a delimiter that may follow.
    private var lineEnd: [UInt8] = []
    private var lineLength = 0
    private var urls: URLFinder
    private var pieces: [Piece] = []

    private var bodyDigest: Digest<MD5>?

    var heldBytes: Int { headers.reduce(1024) { $0 + 64 + $1.name.count + $1.value.count } }

    init(urls: URLFinder, digestsBody: Bool = false) {
        self.urls = urls
        bodyDigest = digestsBody ? Digest() : nil
    }

    /// A line, or a part of a long one.
    ///
    /// - Parameters:
    ///   - line: without its end.
    ///   - end: CR LF, LF, or nothing where the line goes on.
    ///   - isStart: the line begins here.
    mutating func read(_ line: ArraySlice<UInt8>, end: [UInt8], isStart: Bool) -> [Piece] {
        pieces.removeAll(keepingCapacity: true)
        lineLength = isStart ? line.count : lineLength &+ line.count
        if lineLength > Self.lineLimit { note("mime_long_line") }
        if bodyDigest != nil, message.stage != .headers {
            let bytes = line + end
            bodyDigest?.update(bytes.span)
        }
        if isStart, let found = delimiter(line) {
            takeDelimiter(found.number, isLast: found.isLast)
        } else {
            switch state {
            case .headers: takeHeaderLine(line, isStart: isStart, isWhole: !end.isEmpty)
            case .body: takeBody(line, end)
            case .between: break
            }
        }
        return pieces
    }

    /// The message ended.
    mutating func finish() -> [Piece] {
        pieces.removeAll(keepingCapacity: true)
        if state == .headers, isMain { endMainHeaders() }
        endPart(keepsLineEnd: true)
        if !delimiters.isEmpty { note("mime_malformed_msg") }
        message.stage = .complete
        message.bodyMD5 = bodyDigest?.value
        return pieces
    }

    private mutating func note(_ event: StaticName) { pieces.append(.event(event)) }

    // MARK: Delimiters

    /// The longest that the line begins with: one may begin like another.
    private func delimiter(_ line: ArraySlice<UInt8>) -> (number: Int, isLast: Bool)? {
        guard !delimiters.isEmpty, line.starts(with: [0x2d, 0x2d]) else { return nil }
        var best: Int?
        for (number, delimiter) in delimiters.enumerated() where line.starts(with: delimiter) {
            if best.map({ delimiters[$0].count <= delimiter.count }) ?? true { best = number }
        }
        return best.map { ($0, line.dropFirst(delimiters[$0].count).starts(with: [0x2d, 0x2d])) }
    }

    private mutating func takeDelimiter(_ number: Int, isLast: Bool) {
        if state == .headers, isMain { endMainHeaders() }
        endPart(keepsLineEnd: false)
        // Parts within this one end with it, whether they said so or not.
        delimiters.removeLast(delimiters.count - number - (isLast ? 0 : 1))
        state = isLast ? .between : .headers
        isMain = false
        headers = []
    }

    private mutating func endPart(keepsLineEnd: Bool) {
        guard state == .body else { return }
        var rest: [UInt8] = []
        if keepsLineEnd { decoder.decode(lineEnd[...], into: &rest) }
        decoder.finish(into: &rest)
        lineEnd = []
        if decoder.hasProblem { note(decoder.encoding == .base64 ? "mime_invalid_base64" : "mime_invalid_qp") }
        emit(rest)
        if isFile { pieces.append(.fileEnds) }
        if isText { message.urls += urls.finish().prefix(Self.headerLimit - min(Self.headerLimit, message.urls.count)) }
        isFile = false
        isText = false
        state = .between
    }

    // MARK: Headers

    private mutating func takeHeaderLine(_ line: ArraySlice<UInt8>, isStart: Bool, isWhole: Bool) {
        guard isStart else {
            // The rest of a long line.
            if let last = headers.indices.last { append(line, to: last) }
            return
        }
        if line.isEmpty, isWhole { return endHeaders() }
        if line.first == 0x20 || line.first == 0x09, let last = headers.indices.last {
            return append(line.trimmingBlanks, to: last)
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return note("mime_malformed_msg") }
        let name = line[..<colon].trimmingSpace.map(\.lowercasedASCII)
        if name.count > Self.nameLimit { note("mime_long_header_name") }
        guard headers.count < Self.headerLimit else { return note("mime_malformed_msg") }
        headers.append(MailMessage.Header(name: Array(name.prefix(Self.valueLimit)), value: []))
        append(line[(colon + 1)...].trimmingBlanks, to: headers.count - 1)
    }

    private mutating func append(_ text: ArraySlice<UInt8>, to header: Int) {
        let count = headers[header].value.count
        if count + text.count > Self.valueLimit { note("mime_long_header_value") }
        headers[header].value += text.prefix(max(0, Self.keptValueLimit - count))
    }

    private func value(_ name: StaticString) -> [UInt8] {
        headers.first { $0.name.isEqualIgnoringCase(name) }?.value ?? []
    }

    private mutating func endMainHeaders() {
        message.headers = headers
        message.stage = .body
    }

    private mutating func endHeaders() {
        if isMain { endMainHeaders() }
        let contentType = value("content-type")
        let type = contentType.prefix { $0 != UInt8(ascii: ";") && $0 > 0x20 }.map(\.lowercasedASCII)
        decoder = TransferDecoder(named: value("content-transfer-encoding"))
        if type.starts(with: "multipart/".utf8), beginParts(contentType) { return }
        if type.starts(with: "message/rfc822".utf8), decoder.encoding == .identity {
            isMain = false
            headers = []
            return
        }
        beginBody(contentType, type)
    }

    private mutating func beginParts(_ contentType: [UInt8]) -> Bool {
        guard let boundary = HeaderParameter.value("boundary", in: contentType), !boundary.isEmpty else {
            note("mime_malformed_msg")
            return false
        }
        guard boundary.count <= Self.boundaryLimit else {
            note("mime_long_boundary")
            return false
        }
        guard delimiters.count < Self.depthLimit else {
            note("mime_parse_failed")
            return false
        }
        delimiters.append([0x2d, 0x2d] + boundary)
        state = .between
        return true
    }

    private mutating func beginBody(_ contentType: [UInt8], _ type: [UInt8]) {
        let disposition = value("content-disposition")
        let name = MailFileName.find("filename", in: disposition) ?? MailFileName.find("name", in: contentType)
        let isAttached = disposition.trimmingSpace.map(\.lowercasedASCII).starts(with: "attachment".utf8)
        isText = type.isEmpty || type.starts(with: "text/".utf8)
        isFile = name != nil || isAttached || !isText
        state = .body
        guard isFile else { return }
        if let name, message.attachmentNames.count < Self.headerLimit { message.attachmentNames.append(name) }
        pieces.append(.fileBegins(name: name ?? []))
    }

    // MARK: Bodies

    private mutating func takeBody(_ line: ArraySlice<UInt8>, _ end: [UInt8]) {
        if decoder.encoding != .identity, lineLength > Self.encodedLineLimit { note("mime_long_enc_line") }
        var output: [UInt8] = []
        decoder.decode(lineEnd[...], into: &output)
        decoder.decode(line, into: &output)
        lineEnd = end
        emit(output)
    }

    private mutating func emit(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if isFile { pieces.append(.data(bytes)) }
        guard isText else { return }
        let found = urls.read(bytes)
        if message.urls.count + found.count <= Self.headerLimit { message.urls += found }
    }
}
