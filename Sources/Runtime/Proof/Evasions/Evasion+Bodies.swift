import Wire

/// HTTP/1: the same body framed or coded in another way (RFC 9112, section 7; RFC 9110, section 8.4).
extension Evasion {
    private static let chunkReceivers = "nginx, Apache, Tomcat, PHP, Go"
    private static let inflaters = "Express, Apache with its inflate filter"

    static let bodies: [Evasion] = [
        chunked("chunked", "the body in chunks of 5 bytes", size: 5),
        chunked("chunked-bytes", "chunks of one byte, their sizes with leading zeros", size: 1) { _ in "0001" },
        chunked("chunked-case", "sizes and the coding's name in the other case", size: 43, coding: "cHUNKED") {
            String($0, radix: 16, uppercase: true)
        },
        chunked("chunked-extensions", "chunks with extensions", size: 4) { "\($0);a=b;c=\"d e\"" },
        chunked("chunked-trailers", "headers behind the chunks", size: 9, trailers: "X-Checksum: 1\r\nX-End: yes\r\n"),
        withBody("expect-continue", "the body when the server has said to go on", receivers: "nginx, Apache, Tomcat, PHP") { text in
            let head = text.adding("Expect", "100-continue").head
            return Message(
                [.bytes(head), .answer(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)), .bytes(text.body)],
                essential: 0..<head.count + text.body.count)
        },
        withBody("gzip", "the body compressed", receivers: inflaters) {
            Message($0.adding("Content-Encoding", "gzip").with(body: Deflater.gzip($0.body)).bytes)
        },
        withBody("deflate", "the body as zlib's deflate", receivers: inflaters) {
            Message($0.adding("Content-Encoding", "deflate").with(body: Deflater.zlib($0.body)).bytes)
        },
        withBody("gzip-twice", "the body compressed twice", receivers: "Apache with its inflate filter") {
            Message($0.adding("Content-Encoding", "gzip, gzip").with(body: Deflater.gzip(Deflater.gzip($0.body))).bytes)
        },
        withBody("gzip-chunked", "the compressed body in chunks of 7 bytes", receivers: inflaters) { text in
            var text = text.adding("Content-Encoding", "gzip")
            text.body = Deflater.gzip(text.body)
            return Message(text.chunked(size: 7))
        },
        spelt("form-escapes", "the form's fields in percent escapes", receivers: "every application", requests: "HTTP with a form") { text in
            guard text.form != nil else { return nil }
            return Message(text.with(body: HTTPText.percentEncoded(text.body, keeping: "=&+")).bytes)
        },
        multipart("multipart", "the form as parts", boundary: "boundary=----Part7", delimiter: "----Part7"),
        multipart(
            "multipart-quoted", "the form as parts, with a quoted boundary and text ahead", boundary: "charset=utf-8; Boundary=\"a b\"",
            delimiter: "a b", preamble: "This is a message with several parts.\r\n"),
        spelt("json-escapes", "letters in JSON strings as \\u escapes", receivers: "every JSON parser", requests: "exploits with JSON",
            demand: .drop
        ) { text in
            guard text.has("content-type", containing: "json"), text.body.contains(0x22) else { return nil }
            return Message(text.with(body: jsonEscaped(text.body)).bytes)
        },
        padded("padded-body", "200,000 bytes that say nothing ahead",
            form: { Array("padding=".utf8) + $1 + [0x26] + $0 }, json: { $1 + $0 }),
        padded("padded-body-behind", "200,000 bytes that say nothing behind",
            form: { $0 + Array("&padding=".utf8) + $1 }, json: { $0 + $1 }),
    ]

    /// - Parameters: `form` and `json` put a body and the padding together.
    private static func padded(
        _ name: String, _ summary: String, form: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8],
        json: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]
    ) -> Evasion {
        spelt(name, summary, receivers: "every application", requests: "HTTP with a form or JSON") { text in
            if text.form != nil {
                return Message(text.with(body: form(text.body, [UInt8](repeating: 0x61, count: 200_000))).bytes)
            }
            guard text.has("content-type", containing: "json"), !text.body.isEmpty else { return nil }
            return Message(text.with(body: json(text.body, [UInt8](repeating: 0x20, count: 200_000))).bytes)
        }
    }

    private static func withBody(
        _ name: String, _ summary: String, receivers: String, _ rewrite: @escaping @Sendable (HTTPText) -> Message?
    ) -> Evasion {
        spelt(name, summary, receivers: receivers, requests: "HTTP with a body") { $0.body.isEmpty ? nil : rewrite($0) }
    }

    private static func chunked(
        _ name: String, _ summary: String, size: Int, coding: String = "chunked", trailers: String = "",
        _ line: @escaping @Sendable (Int) -> String = { String($0, radix: 16) }
    ) -> Evasion {
        withBody(name, summary, receivers: chunkReceivers) {
            Message($0.chunked(size: size, coding: coding, trailers: trailers, line))
        }
    }

    private static func multipart(
        _ name: String, _ summary: String, boundary: String, delimiter: String, preamble: String = ""
    ) -> Evasion {
        spelt(name, summary, receivers: "PHP, Tomcat, Spring, Python's frameworks", requests: "HTTP with a form") { text in
            guard let fields = text.form else { return nil }
            var body = Array(preamble.utf8)
            for field in fields {
                body += Array("--\(delimiter)\r\nContent-Disposition: form-data; name=\"".utf8) + field.name
                body += Array("\"\r\n\r\n".utf8) + field.value + [0x0d, 0x0a]
            }
            body += Array("--\(delimiter)--\r\n".utf8)
            return Message(text.without("content-type").adding("Content-Type", "multipart/form-data; \(boundary)").with(body: body).bytes)
        }
    }

    /// Every letter inside of strings, what a backslash stands before aside.
    private static func jsonEscaped(_ body: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isInString = false
        var plain = 0
        for byte in body {
            if plain > 0 {
                plain = byte == UInt8(ascii: "u") ? 4 : plain - 1
                result.append(byte)
            } else if byte == UInt8(ascii: "\\") {
                plain = 1
                result.append(byte)
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
                result.append(byte)
            } else if isInString, byte < 0x80 {
                result += Array("\\u00".utf8) + [byte].hexadecimal()
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

extension HTTPText {
    /// The request with its body in chunks.
    func chunked(
        size: Int, coding: String = "chunked", trailers: String = "", _ line: (Int) -> String = { String($0, radix: 16) }
    ) -> [UInt8] {
        var result = without("content-length").adding("Transfer-Encoding", coding).head
        for start in stride(from: 0, to: body.count, by: size) {
            let part = body[start..<min(start + size, body.count)]
            result += Array("\(part.count == size ? line(part.count) : String(part.count, radix: 16))\r\n".utf8) + part + [0x0d, 0x0a]
        }
        return result + Array("0\r\n\(trailers)\r\n".utf8)
    }
}
