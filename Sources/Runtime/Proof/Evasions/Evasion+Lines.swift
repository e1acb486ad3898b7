import Wire

/// HTTP/1: the same request line and headers in another form (RFC 9112, sections 2, 3 and 5).
extension Evasion {
    private static let servers = "nginx, Apache, Tomcat, PHP, Python"

    static let lines: [Evasion] = [
        spelt("header-case", "header names in mixed case", receivers: servers, requests: "HTTP with headers") { text in
            guard !text.headers.isEmpty else { return nil }
            var text = text
            for index in text.headers.indices {
                let name = text.headers[index].name
                text.headers[index].name = name.enumerated().map { place, byte in
                    byte.lowercasedASCII &- 0x61 < 26 ? (place.isMultiple(of: 2) ? byte | 0x20 : byte & 0xdf) : byte
                }
            }
            return Message(text.bytes)
        },
        spelt("header-blanks", "blanks around header values", receivers: servers, requests: "HTTP with headers") { text in
            guard !text.headers.isEmpty else { return nil }
            var text = text
            for index in text.headers.indices {
                text.headers[index].separator = Array(":   ".utf8)
                text.headers[index].lineEnd = Array("  \r\n".utf8)
            }
            return Message(text.bytes)
        },
        spelt("header-order", "headers in reverse order", receivers: servers, requests: "HTTP with headers") { text in
            guard text.headers.count > 1 else { return nil }
            var text = text
            text.headers.reverse()
            return Message(text.bytes)
        },
        spelt(
            "header-folding", "header values folded at their blanks", receivers: "Tomcat, Apache before 2.4.25, Python",
            requests: "HTTP with a blank in a header's value"
        ) { text in
            var text = text
            var isFolded = false
            for index in text.headers.indices {
                guard text.headers[index].value.contains(0x20) else { continue }
                text.headers[index].value = text.headers[index].value.flatMap { $0 == 0x20 ? [0x0d, 0x0a, 0x20] : [$0] }
                isFolded = true
            }
            return isFolded ? Message(text.bytes) : nil
        },
        spelt("padded-headers", "7,000 bytes of other headers ahead", receivers: servers) { text in
            var text = text
            text.headers.insert(contentsOf: (0..<20).map { HTTPText.Header("X-Padding-\($0)", String(repeating: "a", count: 330)) }, at: 0)
            return Message(text.bytes)
        },
        spelt("many-headers", "1,500 other headers ahead", receivers: "Go") { text in
            var text = text
            text.headers.insert(contentsOf: [HTTPText.Header](repeating: .init("a", "b"), count: 1500), at: 0)
            return Message(text.bytes)
        },
        spelt("long-header", "a header of 100,000 bytes ahead", receivers: "Go") { text in
            var text = text
            text.headers.insert(HTTPText.Header("X-Padding", String(repeating: "a", count: 100_000)), at: 0)
            return Message(text.bytes)
        },
        spelt("line-feeds", "lines ended by LF alone", receivers: "nginx, Apache before 2.4.59, Tomcat, Python") { text in
            Message(text.head.filter { $0 != 0x0d } + text.body)
        },
        spelt("leading-lines", "empty lines ahead", receivers: "nginx, Apache, Tomcat") { Message(Array("\r\n\r\n".utf8) + $0.bytes) },
        spelt("spaced-line", "three blanks between the parts of the request line", receivers: "nginx, Tomcat, Python") { text in
            var text = text
            text.target = Array("  ".utf8) + text.target + Array("  ".utf8)
            return Message(text.bytes)
        },
        spelt("http-1.0", "as HTTP/1.0", receivers: servers, requests: "HTTP without an upgrade") { text in
            guard text.value("upgrade") == nil else { return nil }
            var text = text
            text.version = Array("HTTP/1.0".utf8)
            return Message(text.bytes)
        },
        spelt("absolute-target", "a target with scheme and host", receivers: "nginx, Apache, Tomcat") { text in
            guard text.target.first == UInt8(ascii: "/"), let host = text.value("host") else { return nil }
            var text = text
            text.target = Array("http://".utf8) + host + text.target
            return Message(text.bytes)
        },
    ]
}
