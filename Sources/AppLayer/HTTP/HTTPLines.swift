import Wire

/// What the lines of HTTP/1 mean (RFC 9112).
enum HTTPLines {
    enum Framing: Equatable { case none, length(UInt64), chunked, untilClose }
    enum ResponseKind: Equatable { case interim, tunnel, final(Framing) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func withoutLineEnd(_ line: [UInt8]) -> [UInt8] {
        var line = line
        if line.last == 0x0a { line.removeLast() }
        if line.last == 0x0d { line.removeLast() }
        return line
    }

    /// `METHOD target HTTP/1.1`; blanks inside the target belong to it, as long as a version ends the line.
    static func readRequestLine(_ bytes: [UInt8], into transaction: HTTPTransaction, doubleDecodesPath: Bool) {
        let line = withoutLineEnd(bytes)
        transaction.request.line = line
        var rest = line[...].drop(while: isBlank)
        let method = rest.prefix { !isBlank($0) }
        rest = rest[method.endIndex...].drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        var version: ArraySlice<UInt8> = []
        if let blank = rest.lastIndex(where: isBlank), rest[(blank + 1)...].starts(with: "HTTP/".utf8) {
            version = rest[(blank + 1)...]
            rest = rest[..<blank]
            while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        } else if !rest.isEmpty, rest.starts(with: "HTTP/".utf8) {
            version = rest
            rest = []
        }
        transaction.request.first = Array(method)
        transaction.request.second = Array(rest)
        transaction.request.third = Array(version)
        transaction.uri = URINormaliser.normalise(transaction.request.second, doubleDecodesPath: doubleDecodesPath)
        if rest.isEmpty { transaction.add("request_line_incomplete", .toServer) }
    }

    static func readStatusLine(_ bytes: [UInt8], into transaction: HTTPTransaction) {
        let line = withoutLineEnd(bytes)
        transaction.response.line = line
        let version = line.prefix { !isBlank($0) }
        let rest = line[version.endIndex...].drop(while: isBlank)
        let status = rest.prefix { !isBlank($0) }
        transaction.response.first = Array(version)
        transaction.response.second = Array(status)
        transaction.response.third = Array(rest[status.endIndex...].drop(while: isBlank))
        if !version.starts(with: "HTTP/".utf8) || status.count != 3 || !status.allSatisfy({ 0x30...0x39 ~= $0 }) {
            transaction.add("invalid_response_line", .toClient)
        }
    }

    static func readHeader(_ bytes: [UInt8], into transaction: HTTPTransaction, _ direction: Direction) {
        let line = withoutLineEnd(bytes)
        var message = transaction.message(direction)
        if let first = line.first, isBlank(first), !message.headers.isEmpty {
            // RFC 9112, section 5.2: a folded line goes on with the value above it.
            message.headers[message.headers.count - 1].value += [0x20] + line.trimmingBlanks
            transaction.add(
                direction == .toServer ? "request_header_folding" : "response_header_folding", direction)
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = Array(line[..<colon])
            if name.last.map(isBlank) == true || name.isEmpty {
                transaction.add(direction == .toServer ? "request_header_invalid" : "response_header_invalid", direction)
            }
            message.headers.append(.init(name: name.trimmingBlanks, value: Array(line[(colon + 1)...]).trimmingBlanks))
        } else {
            transaction.add(direction == .toServer ? "request_header_invalid" : "response_header_invalid", direction)
            message.headers.append(.init(name: [], value: line.trimmingBlanks))
        }
        if direction == .toServer { transaction.request = message } else { transaction.response = message }
    }

    /// RFC 9112, section 6.3: Transfer-Encoding wins over Content-Length.
    static func requestFraming(_ transaction: HTTPTransaction) -> Framing {
        let message = transaction.request
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

    static func responseKind(_ transaction: HTTPTransaction) -> ResponseKind {
        let message = transaction.response
        let status = Int(String(decoding: message.second, as: UTF8.self)) ?? 0
        let method = transaction.request.first
        if status == 101 { return .tunnel }
        if (100..<200).contains(status) { return .interim }
        if method == Array("CONNECT".utf8), (200..<300).contains(status) { return .tunnel }
        if method == Array("HEAD".utf8) || status == 204 || status == 304 { return .final(.none) }
        if let coding = message.value("transfer-encoding") {
            if coding.containsIgnoringCase("chunked") { return .final(.chunked) }
            transaction.add("invalid_transfer_encoding_value_in_response", .toClient)
            return .final(.untilClose)
        }
        return .final(contentLength(message, transaction, .toClient).map(Framing.length) ?? .untilClose)
    }

    private static func contentLength(
        _ message: HTTPMessage, _ transaction: HTTPTransaction, _ direction: Direction
    ) -> UInt64? {
        var result: UInt64?
        for header in message.headers where header.name.isEqualIgnoringCase("content-length") {
            guard let value = UInt64(String(decoding: header.value.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self)) else {
                transaction.add(
                    direction == .toServer
                        ? "invalid_content_length_field_in_request" : "invalid_content_length_field_in_response", direction)
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

    /// Hexadecimal digits, then an extension or the line's end (RFC 9112, section 7.1).
    static func chunkSize(_ line: [UInt8]) -> UInt64? {
        var size: UInt64 = 0
        var digits = 0
        for byte in line.drop(while: isBlank) {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x41...0x46: digit = byte &- 0x37
            case 0x61...0x66: digit = byte &- 0x57
            default: return digits > 0 ? size : nil
            }
            guard digits < 15 else { return nil }
            size = size << 4 | UInt64(digit)
            digits += 1
        }
        return digits > 0 ? size : nil
    }
}
