import Wire

/// What is odd about a request's headers, by the names of Suricata's http-events.rules.
enum HTTPHeaderChecks {
    static func check(_ transaction: HTTPTransaction) {
        let request = transaction.request
        let hosts = request.headers.filter { $0.name.isEqualIgnoringCase("host") }
        let authority = URINormaliser.authority(request.second)
        if hosts.isEmpty, request.third.elementsEqual("HTTP/1.1".utf8) { transaction.add("missing_host_header", .toServer) }
        if hosts.count > 1 || authority != nil && hosts.first.map({ $0.value != authority }) == true {
            transaction.add("host_header_ambiguous", .toServer)
        }
        if let host = hosts.first?.value, !isValidHost(host) { transaction.add("header_host_invalid", .toServer) }
        if let authority, !isValidHost(authority) { transaction.add("uri_host_invalid", .toServer) }
        if let authorization = request.value("authorization"), !isKnownScheme(authorization) {
            transaction.add("request_auth_unrecognized", .toServer)
        }
        if hasRepetition(request.headers) { transaction.add("request_header_repetition", .toServer) }
    }

    private static func hasRepetition(_ headers: [HTTPMessage.Header]) -> Bool {
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

    /// A registered name, an IPv4 or a bracketed IPv6 address, with a port or without (RFC 3986, section 3.2.2).
    private static func isValidHost(_ host: [UInt8]) -> Bool {
        guard !host.isEmpty else { return false }
        if host.first == UInt8(ascii: "[") { return host.contains(UInt8(ascii: "]")) }
        let parts = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first, !name.isEmpty else { return false }
        if parts.count == 2 {
            guard let port = UInt32(String(decoding: parts[1], as: UTF8.self)), (1...65_535).contains(port) else { return false }
        }
        return name.allSatisfy { byte in
            byte.lowercasedASCII &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
        }
    }
}
