import Wire

/// What the lines of HTTP/1 mean (RFC 9112).
enum HTTPLines {
    enum Framing: Equatable { case none, length(UInt64), chunked, untilClose }
    /// What ends a request that says it in two ways.
    enum FramingRule {
        /// Transfer-Encoding, or the first length (RFC 9112, section 6.3).
        case codingFirst
        /// A length whatever the coding, or the last one: servers that know no codings, and old ones.
        case lengthFirst
    }
    enum ResponseKind: Equatable { case noBody(announced: Framing), tunnel, final(Framing) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Blanks, line ends, VT, FF and NUL, which receivers skip before a chunk's size.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) || byte == 0 }

    static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy(isSpace) }

    static func isBlank(_ bytes: Span<UInt8>) -> Bool {
        for index in 0..<bytes.count where !isSpace(bytes[index]) { return false }
        return true
    }

    /// The line that ends headers. After a line that LF alone ended, clients take a response's line of
    /// blanks for it as well.
    static func isEmpty(_ line: [UInt8], after previous: [UInt8] = [], _ direction: Direction) -> Bool {
        if line.count <= 2, line == [0x0a] || line == [0x0d, 0x0a] { return true }
        return direction == .toClient && isBlank(line) && previous.last == 0x0a && previous.dropLast().last != 0x0d
    }

    /// A line cut at each CR that stands alone; nil for a line that is one. None of the parts is blank, so that none
    /// ends headers.
    static func parts(_ line: [UInt8]) -> [[UInt8]]? {
        guard line.dropLast(2).contains(0x0d), !isBlank(line) else { return nil }
        return line.split(separator: 0x0d).filter { !isBlank(Array($0)) }.map { $0.last == 0x0a ? Array($0) : $0 + [0x0d, 0x0a] }
    }

    static let versionPrefix = Array("HTTP/".utf8)

    /// `bytes` are the beginning of a status line, as far as they go.
    static func isVersionPrefix(_ bytes: [UInt8]) -> Bool {
        zip(bytes, versionPrefix).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    static func mayBeStatusLine(_ line: [UInt8]) -> Bool { isVersionPrefix(Array(line.drop(while: isSpace).prefix(5))) }

    /// nil for anything but three digits (RFC 9112, section 4).
    private static func status(_ response: HTTPMessage) -> Int? {
        guard response.second.count == 3 else { return nil }
        return Int(String(decoding: response.second, as: UTF8.self))
    }

    /// What has come of a line may become a chunk's size.
    static func mayBeChunkSize(_ line: [UInt8]) -> Bool {
        guard let first = line.first(where: { !isSpace($0) }) else { return true }
        return first.hexadecimalDigit != nil
    }

    private static func withoutLineEnd(_ line: [UInt8]) -> ArraySlice<UInt8> {
        var line = line[...]
        if line.last == 0x0a { line = line.dropLast() }
        if line.last == 0x0d { line = line.dropLast() }
        return line
    }

    /// `METHOD target HTTP/1.1`; blanks inside the target belong to it, as long as a version ends the line. Where RFC 9112
    /// has one space, servers take any white space.
    static func readRequestLine(_ bytes: [UInt8], into transaction: HTTPTransaction, limits: AppLayerLimits) {
        let line = withoutLineEnd(bytes)
        transaction.request.line = Array(line)
        if let first = line.first, isGap(first) { transaction.add("request_line_leading_whitespace", .toServer) }
        var rest = line.drop(while: isGap)
        let method = rest.prefix { !isGap($0) }
        let delimiter = rest[method.endIndex...].prefix(while: isGap)
        if delimiter.contains(where: { $0 != 0x20 }) { transaction.add("method_delim_non_compliant", .toServer) }
        rest = rest[delimiter.endIndex...]
        while let last = rest.last, isGap(last) { rest = rest.dropLast() }
        if rest.contains(where: { isGap($0) && $0 != 0x20 }) { transaction.add("uri_delim_non_compliant", .toServer) }
        var version: ArraySlice<UInt8> = []
        if let gap = rest.lastIndex(where: isGap), rest[(gap + 1)...].starts(with: versionPrefix) {
            version = rest[(gap + 1)...]
            rest = rest[..<gap]
            while let last = rest.last, isGap(last) { rest = rest.dropLast() }
        } else if !rest.isEmpty, rest.starts(with: versionPrefix) {
            version = rest
            rest = []
        }
        transaction.request.first = Array(method)
        transaction.request.second = Array(rest)
        transaction.request.third = Array(version)
        transaction.normaliseTarget(limits)
        checkRequestLine(transaction)
    }

    private static func isGap(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0d ~= byte }

    private static func checkRequestLine(_ transaction: HTTPTransaction) {
        let request = transaction.request
        let version = HTTPVersion(request.third)
        if version?.isPadded == true { transaction.add("protocol_contains_extra_data", .toServer) }
        guard version == nil, !HTTPMethods.isKnown(request.first) else { return }
        transaction.add("request_line_invalid", .toServer)
    }

    static func readStatusLine(_ bytes: [UInt8], into transaction: HTTPTransaction) {
        let line = Array(withoutLineEnd(bytes).drop(while: isSpace))
        transaction.response.line = line
        let version = line.prefix { !isBlank($0) }
        let rest = line[version.endIndex...].drop(while: isBlank)
        let status = rest.prefix { !isBlank($0) }
        transaction.response.first = Array(version)
        transaction.response.second = Array(status)
        transaction.response.third = Array(rest[status.endIndex...].drop(while: isBlank))
        transaction.response.isInterim = Self.status(transaction.response).map { (100..<200).contains($0) } ?? false
        let known = HTTPVersion(Array(version))
        if known == nil { transaction.add("response_invalid_protocol", .toClient) }
        if known?.isPadded == true { transaction.add("protocol_contains_extra_data", .toClient) }
        if status.count != 3 || status.first == 0x30 || !status.allSatisfy({ 0x30...0x39 ~= $0 }) {
            transaction.add("response_invalid_status", .toClient)
        }
    }

    static func readHeader(_ bytes: [UInt8], into transaction: HTTPTransaction, _ direction: Direction) {
        let line = withoutLineEnd(bytes)
        let message = transaction.message(direction)
        if let first = line.first, isFold(first, direction), !message.headers.isEmpty {
            // RFC 9112, section 5.2: a folded line goes on with the line above it. Clients take a response's
            // header that is moved in for a header all the same.
            if direction == .toClient, isHeader(line.trimmingSpace) {
                appendHeader(line.trimmingSpace, to: message)
            } else {
                message.headers[message.headers.count - 1].fold(Array(line.trimmingBlanks))
            }
            transaction.add(
                direction == .toServer ? "invalid_request_field_folding" : "invalid_response_field_folding", direction)
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = line[..<colon]
            if name.isEmpty || !name.allSatisfy(isTokenByte) {
                transaction.add(direction == .toServer ? "request_header_invalid" : "response_header_invalid", direction)
            }
            appendHeader(line, to: message)
        } else {
            transaction.add(
                direction == .toServer ? "request_field_missing_colon" : "response_field_missing_colon", direction)
            message.headers.append(.init(name: [], value: Array(line.trimmingBlanks)))
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isFold(_ first: UInt8, _ direction: Direction) -> Bool {
        isBlank(first) || direction == .toClient && first == 0
    }

    /// `token:`
    private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
        return line[..<colon].allSatisfy { $0.lowercasedASCII &- 0x61 < 26 || $0 == UInt8(ascii: "-") }
    }

    /// A header that says where the body ends and how it is coded.
    static func isFraming(_ line: [UInt8]) -> Bool {
        let name = line.prefix { $0 != UInt8(ascii: ":") }.map(\.lowercasedASCII)
        return ["content-length", "transfer-encoding", "content-encoding", "content-type"].contains { name.elementsEqual($0.utf8) }
    }

    private static func appendHeader(_ line: ArraySlice<UInt8>, to message: HTTPMessage) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        if message.headers.isEmpty { message.headers.reserveCapacity(12) }
        message.headers.append(
            .init(name: Array(line[..<colon].trimmingSpace), value: Array(line[(colon + 1)...].trimmingBlanks)))
    }

    static func requestFraming(_ transaction: HTTPTransaction, _ rule: FramingRule) -> Framing {
        let message = transaction.request
        if rule == .lengthFirst, let other = otherFraming(message) { return other }
        let coding = message.value("transfer-encoding")
        let length = contentLength(message, transaction, .toServer)
        if let coding {
            if message.value("content-length") != nil {
                transaction.add("request_body_length_ambiguous", .toServer)
            }
            if coding.containsIgnoringCase("chunked") { return .chunked }
            transaction.add("invalid_transfer_encoding_value_in_request", .toServer)
        }
        return length.map(Framing.length) ?? .none
    }

    /// By `.lengthFirst`; nil for a request that receivers can't differ about.
    static func otherFraming(_ request: HTTPMessage) -> Framing? {
        let lengths = request.headers.filter { $0.name.isEqualIgnoringCase("content-length") }.compactMap { length($0.value) }
        guard let coding = request.value("transfer-encoding") else {
            return lengths.first == lengths.last ? nil : lengths.last.map(Framing.length)
        }
        if let first = lengths.first { return .length(first) }
        return coding.trimmingSpace.map(\.lowercasedASCII).elementsEqual("chunked".utf8) ? nil : Framing.none
    }

    /// The first of a list, of which there should be none.
    private static func length(_ value: [UInt8]) -> UInt64? {
        UInt64(String(decoding: value.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self))
    }

    static func responseKind(_ transaction: HTTPTransaction) -> ResponseKind {
        let message = transaction.response
        let status = status(message) ?? 0
        let method = transaction.request.first
        if status == 101 {
            if message.value("content-length") != nil || message.value("transfer-encoding") != nil {
                transaction.add("switching_proto_with_content_length", .toClient)
            }
            return .tunnel
        }
        if method == Array("CONNECT".utf8), (200..<300).contains(status) { return .tunnel }
        if method == Array("HEAD".utf8) { return message.isInterim ? .noBody(announced: .none) : .final(.none) }
        let framing = responseFraming(transaction)
        if message.isInterim || (status == 204 || status == 304) && framing != .untilClose {
            return .noBody(announced: framing)
        }
        return .final(status == 204 || status == 304 ? .none : framing)
    }

    private static func responseFraming(_ transaction: HTTPTransaction) -> Framing {
        let message = transaction.response
        if let coding = message.value("transfer-encoding") {
            if coding.containsIgnoringCase("chunked") {
                if !coding.map(\.lowercasedASCII).elementsEqual("chunked".utf8) {
                    transaction.add("response_abnormal_transfer_encoding", .toClient)
                }
                if let version = HTTPVersion(message.first), version.minor < 11 {
                    transaction.add("response_chunked_old_proto", .toClient)
                }
                return .chunked
            }
            transaction.add("invalid_transfer_encoding_value_in_response", .toClient)
            return .untilClose
        }
        if message.value("content-length") == nil, message.value("content-type")?.containsIgnoringCase("multipart/byteranges") == true {
            transaction.add("response_multipart_byteranges", .toClient)
        }
        return contentLength(message, transaction, .toClient).map(Framing.length) ?? .untilClose
    }

    private static func contentLength(
        _ message: HTTPMessage, _ transaction: HTTPTransaction, _ direction: Direction
    ) -> UInt64? {
        var result: UInt64?
        for header in message.headers where header.name.isEqualIgnoringCase("content-length") {
            guard let value = length(header.value) else {
                addInvalidLength(header.value, transaction, direction)
                continue
            }
            if let result, result != value {
                transaction.add(
                    direction == .toServer
                        ? "duplicate_content_length_field_in_request" : "duplicate_content_length_field_in_response",
                    direction)
            } else {
                result = value
            }
        }
        return result
    }

    /// A number with something around it is not none at all; receivers differ on it.
    private static func addInvalidLength(_ value: [UInt8], _ transaction: HTTPTransaction, _ direction: Direction) {
        guard let first = value.firstIndex(where: { 0x30...0x39 ~= $0 }) else {
            transaction.add(
                direction == .toServer
                    ? "invalid_content_length_field_in_request" : "invalid_content_length_field_in_response", direction)
            return
        }
        if first > 0 { transaction.add("content_length_extra_data_start", direction) }
        if value[first...].contains(where: { !(0x30...0x39 ~= $0) }) { transaction.add("content_length_extra_data_end", direction) }
    }

    /// 100 without a body goes before the answer.
    static func isContinue(_ response: HTTPMessage, _ announced: Framing) -> Bool {
        announced == .length(0) && response.second.elementsEqual("100".utf8)
    }

    /// Hexadecimal digits, then an extension or the line's end (RFC 9112, section 7.1).
    static func chunkSize(_ line: [UInt8]) -> UInt64? {
        var size: UInt64 = 0
        var digits = 0
        for byte in line.drop(while: isSpace) {
            guard let digit = byte.hexadecimalDigit else { break }
            guard digits < 15 else { return nil }
            size = size << 4 | UInt64(digit)
            digits += 1
        }
        return digits > 0 ? size : nil
    }
}
