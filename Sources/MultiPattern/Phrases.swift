/// What nearly every message of a common protocol says: three bytes of it foretell the fourth, which single bytes and
/// pairs of them don't.
struct Phrases: Sendable {
    private let bits: [UInt64]

    init() {
        var bits = [UInt64](repeating: 0, count: 1 << (Self.hashBits - 6))
        for phrase in Self.all {
            let bytes = Array(phrase.utf8)
            for place in 3..<max(bytes.count, 3) {
                let hash = Self.hash(bytes[place - 3], bytes[place - 2], bytes[place - 1], bytes[place])
                bits[hash >> 6] |= 1 << UInt64(hash & 63)
            }
        }
        self.bits = bits
    }

    func contains(_ hash: Int) -> Bool { bits[hash >> 6] & (1 << UInt64(hash & 63)) != 0 }

    /// Of four bytes in either case.
    @inline(__always)
    static func hash(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) -> Int {
        let word = UInt32(first.lowercasedASCII) << 24 | UInt32(second.lowercasedASCII) << 16
            | UInt32(third.lowercasedASCII) << 8 | UInt32(fourth.lowercasedASCII)
        return Int((word &* 0x9e37_79b1) >> UInt32(32 - hashBits))
    }

    /// With some 800 quadruples one of eighty others is taken for one of them.
    private static let hashBits = 16

    private static let all = [
        "get / http/1.1\r\nhost: ", "post / http/1.0\r\nhost: ", "user-agent: mozilla/5.0 (windows nt 10.0; win64; x64) ",
        "user-agent: mozilla/4.0 (compatible; msie ", "applewebkit/537.36 (khtml, like gecko) chrome/ safari/537.36",
        "accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/", "*/*\r\naccept-encoding: gzip, deflate, br\r\n",
        "accept-language: en-us,en;q=0.5\r\n", "connection: keep-alive\r\n", "connection: close\r\n", "cookie: ",
        "referer: http://www.", "referer: https://www.", ".com/\r\n", "cache-control: no-cache\r\n", "pragma: no-cache\r\n",
        "content-type: application/x-www-form-urlencoded\r\n", "content-type: application/octet-stream\r\n",
        "content-type: text/html; charset=utf-8\r\n", "content-type: text/plain\r\n", "content-type: application/json",
        "content-type: image/", "content-type: text/javascript", "content-type: multipart/form-data; boundary=",
        "content-disposition: attachment; filename=\"", "content-disposition: form-data; name=\"",
        "content-encoding: gzip\r\n", "transfer-encoding: chunked\r\n", "content-length: ",
        "http/1.1 200 ok\r\nserver: nginx/1.", "http/1.1 200 ok\r\ndate: ", "http/1.1 302 found\r\nlocation: ",
        "http/1.1 404 not found\r\n", "server: apache/2.4", "last-modified: ", "gmt\r\n", "etag: \"", "expires: ",
        "accept-ranges: bytes\r\n", "set-cookie: ", "path=/", "x-powered-by: php/", "upgrade-insecure-requests: 1\r\n",
        "\r\nhost\r\nuser-agent\r\naccept\r\naccept-encoding\r\naccept-language\r\nconnection\r\ncookie\r\nreferer\r\n",
        "\r\ncontent-type\r\ncontent-length\r\nconnection\r\n\r\n", "\r\ncache-control\r\npragma\r\n",
        "<html><head><title>", "</title></head><body>", "</body></html>", "<script type=\"text/javascript\">", "</script>",
        "<div class=\"", "<a href=\"http", "<meta http-equiv=\"content-type\"", "document.write(", "function(",
    ]
}
