import Wire

/// The request as HTTP/2 in the clear, with prior knowledge (RFC 9113, section 3.3).
extension Evasion {
    static let http2: [Evasion] = [
        translated("http2", "as HTTP/2", HTTP2Writer()),
        translated("http2-continued", "as HTTP/2, its headers in frames of 9 bytes", HTTP2Writer(headerBytes: 9)),
        translated("http2-padded", "as HTTP/2, its body in padded frames of one byte", HTTP2Writer(dataBytes: 1, padding: 5)),
    ]

    private static func translated(_ name: String, _ summary: String, _ writer: HTTP2Writer) -> Evasion {
        spelt(name, summary, receivers: "nginx, Apache, Tomcat, Go", requests: "HTTP without an upgrade") { text in
            text.value("upgrade") == nil ? Message(writer.bytes(text)) : nil
        }
    }
}

/// Writes one request as the first stream of a connection; header fields as literals without Huffman codes (RFC 7541).
struct HTTP2Writer: Sendable {
    var headerBytes = 16_384
    var dataBytes = 16_384
    var padding = 0

    func bytes(_ text: HTTPText) -> [UInt8] {
        var result = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(type: 4, flags: 0, stream: 0, [])
        let block = headerBlock(text)
        for start in stride(from: 0, to: block.count, by: headerBytes) {
            let end = min(start + headerBytes, block.count)
            var flags: UInt8 = end == block.count ? 4 : 0
            if start == 0, text.body.isEmpty { flags |= 1 }
            result += frame(type: start == 0 ? 1 : 9, flags: flags, stream: 1, Array(block[start..<end]))
        }
        for start in stride(from: 0, to: text.body.count, by: dataBytes) {
            let end = min(start + dataBytes, text.body.count)
            let part = Array(text.body[start..<end])
            let isPadded = padding > 0
            let payload = isPadded ? [UInt8(truncatingIfNeeded: padding)] + part + [UInt8](repeating: 0, count: padding) : part
            result += frame(type: 0, flags: (end == text.body.count ? 1 : 0) | (isPadded ? 8 : 0), stream: 1, payload)
        }
        return result
    }

    private func headerBlock(_ text: HTTPText) -> [UInt8] {
        var fields = [(Array(":method".utf8), text.method), (Array(":scheme".utf8), Array("http".utf8)), (Array(":path".utf8), text.target)]
        if let host = text.value("host") { fields.append((Array(":authority".utf8), host)) }
        for header in text.headers where !["host", "connection", "keep-alive"].contains(where: header.isNamed) {
            fields.append((header.name.map(\.lowercasedASCII), header.value))
        }
        return fields.flatMap { [0] + string($0) + string($1) }
    }

    private func string(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var length: [UInt8] = [127]
        var rest = bytes.count - 127
        while rest >= 128 {
            length.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    private func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = [16, 8, 0].map { UInt8(truncatingIfNeeded: payload.count >> $0) }
        return length + [type, flags, 0, 0, 0, stream] + payload
    }
}
