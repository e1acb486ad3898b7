import Wire

/// What is odd about a request's headers, by the names of Suricata's http-events.rules.
enum HTTPHeaderChecks {
    /// - Parameter serverPort: of TCP; 0 when it is not known.
    static func check(_ transaction: HTTPTransaction, serverPort: UInt16) {
        let request = transaction.request
        let hosts = request.headers.filter { $0.name.isEqualIgnoringCase("host") }
        let authority = authority(of: request)
        if hosts.isEmpty, request.third.elementsEqual("HTTP/1.1".utf8) { transaction.add("missing_host_header", .toServer) }
        if hosts.count > 1 || authority != nil && hosts.first.map({ $0.value != authority }) == true {
            transaction.add("host_header_ambiguous", .toServer)
        }
        if let host = hosts.first?.value {
            let end = HostAndPort(host)
            if !end.isValid { transaction.add("request_header_host_invalid", .toServer) }
            if end.hasInvalidPort { transaction.add("invalid_server_port_in_request", .toServer) }
            if let port = end.port, serverPort != 0, port != serverPort {
                transaction.add("request_server_port_tcp_port_mismatch", .toServer)
            }
        }
        if let authority {
            let end = HostAndPort(authority)
            if !end.isValid { transaction.add("request_uri_host_invalid", .toServer) }
            if end.hasInvalidPort { transaction.add("invalid_authority_port", .toServer) }
        }
        if let authorization = request.value("authorization"), !isKnownScheme(authorization) {
            transaction.add("request_auth_unrecognized", .toServer)
        }
        if hasRepetition(request.headers) { transaction.add("request_header_repetition", .toServer) }
    }

    /// Of an absolute target, or the whole target of CONNECT (RFC 9112, section 3.2.3).
    private static func authority(of request: HTTPMessage) -> [UInt8]? {
        request.first.elementsEqual("CONNECT".utf8) ? request.second : URINormaliser.authority(request.second)
    }

    static func hasRepetition(_ headers: [HTTPMessage.Header]) -> Bool {
        guard headers.count <= 32 else { return Set(headers.map { $0.name.map(\.lowercasedASCII) }).count < headers.count }
        for (index, header) in headers.enumerated() {
            for other in headers[..<index] where other.name.count == header.name.count {
                if zip(other.name, header.name).allSatisfy({ $0.lowercasedASCII == $1.lowercasedASCII }) { return true }
            }
        }
        return false
    }

    private static func isKnownScheme(_ value: [UInt8]) -> Bool {
        let scheme = value.prefix { $0 > 0x20 }.map(\.lowercasedASCII)
        return ["basic", "digest", "bearer"].contains { scheme.elementsEqual($0.utf8) }
    }
}

/// A registered name, an IPv4 or a bracketed IPv6 address, with a port or without (RFC 3986, section 3.2.2).
private struct HostAndPort {
    private(set) var isValid: Bool
    private(set) var hasInvalidPort = false
    private(set) var port: UInt16?

    init(_ text: [UInt8]) {
        var rest = text[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
                isValid = false
                return
            }
            isValid = rest[..<end].dropFirst().allSatisfy { $0.hexadecimalDigit != nil || $0 == 0x3a || $0 == 0x2e }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            isValid = !name.isEmpty && name.allSatisfy(Self.isNameByte)
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.first else { return }
        let digits = rest.dropFirst()
        port = digits.allSatisfy { 0x30...0x39 ~= $0 } ? UInt16(String(decoding: digits, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil } : nil
        if colon != UInt8(ascii: ":") { isValid = false }
        if port == nil, colon == UInt8(ascii: ":") {
            hasInvalidPort = true
            isValid = false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.lowercasedASCII &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }
}
