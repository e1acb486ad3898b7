import Wire

/// HTTP/1: other spellings of the target, where the servers that it reaches decode them (RFC 3986, section 6).
/// Forms that only IIS reads (`%u0041`, backslashes) are left out.
extension Evasion {
    private static let servers = "nginx, Apache, Tomcat, PHP, Python, Go"

    static let targets: [Evasion] = [
        spelt("percent-path", "the path in percent escapes", receivers: servers) { text in
            Message(text.with(path: HTTPText.percentEncoded(text.path, keeping: "/.;#")).bytes)
        },
        spelt("percent-query", "the query in percent escapes", receivers: "every application", requests: "HTTP with a query") { text in
            guard text.query.count > 1 else { return nil }
            return Message(text.with(query: [0x3f] + HTTPText.percentEncoded(text.query.dropFirst(), keeping: "=&+;-")).bytes)
        },
        spelt("percent-case", "the other case in the digits of escapes", receivers: servers, requests: "HTTP with escapes") { text in
            var text = text
            let old = text.target
            var digits = 0
            text.target = old.map { byte in
                defer { digits = byte == 0x25 ? 2 : max(0, digits - 1) }
                return digits > 0 && byte & 0xdf &- 0x41 < 6 ? byte ^ 0x20 : byte
            }
            return text.target == old ? nil : Message(text.bytes)
        },
        spelt(
            "double-percent", "the path in escaped percent escapes",
            receivers: "applications behind an nginx that hands on $uri", requests: "HTTP with a plain path"
        ) { text in
            guard !text.path.contains(0x25), text.path.firstRange(of: Array("/.".utf8)) == nil, text.path.count > 1 else { return nil }
            return Message(text.with(path: HTTPText.percentEncoded(text.path, keeping: "/.;", prefix: "%25")).bytes)
        },
        spelt(
            "overlong-path", "letters of the path as overlong UTF-8", receivers: "Tomcat before 6.0.18 (CVE-2008-2938)",
            requests: "HTTP to Java with letters in the path"
        ) { text in
            guard text.isJava, text.path.contains(where: isLetter), !text.path.contains(0x25) else { return nil }
            let path = text.path.flatMap { byte -> [UInt8] in
                guard isLetter(byte) else { return [byte] }
                return HTTPText.percentEncoded([0xc0 | byte >> 6, 0x80 | byte & 0x3f], keeping: "")
            }
            return Message(text.with(path: path).bytes)
        },
        path("path-slashes", "every slash of the path twice", receivers: "nginx, Apache, Tomcat") { path in
            path.flatMap { $0 == 0x2f ? [0x2f, 0x2f] : [$0] }
        },
        path("path-dots", "`/./` for the path's first slash", receivers: servers) { Array("/.".utf8) + $0 },
        path("path-parent", "`/a/../` for the path's first slash", receivers: servers) { Array("/a/..".utf8) + $0 },
        spelt("path-parameters", "a parameter in the path", receivers: "Tomcat, Jetty", requests: "HTTP to Java") { text in
            guard text.isJava else { return nil }
            return Message(text.with(path: text.path + Array(";jsessionid=1".utf8)).bytes)
        },
        spelt("empty-parameters", "empty parameters in the query", receivers: "every application", requests: "HTTP with parameters") { text in
            guard text.query.contains(0x3d) else { return nil }
            return Message(text.with(query: Array("?&&".utf8) + text.query.dropFirst() + Array("&&".utf8)).bytes)
        },
        spelt("padded-query", "a parameter of 3,000 bytes ahead", receivers: servers, requests: "HTTP without a query, or with parameters") {
            text in
            guard text.query.isEmpty || text.query.contains(0x3d) else { return nil }
            let padding = Array("?padding=".utf8) + [UInt8](repeating: 0x61, count: 3000)
            return Message(text.with(query: text.query.isEmpty ? padding : padding + [0x26] + text.query.dropFirst()).bytes)
        },
    ]

    private static func isLetter(_ byte: UInt8) -> Bool { byte.lowercasedASCII &- 0x61 < 26 }

    private static func path(
        _ name: String, _ summary: String, receivers: String, _ change: @escaping @Sendable (ArraySlice<UInt8>) -> [UInt8]
    ) -> Evasion {
        spelt(name, summary, receivers: receivers) { Message($0.with(path: change($0.path)).bytes) }
    }
}
