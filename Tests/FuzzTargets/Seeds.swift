import Foundation
import TestSupport

/// What fuzzing begins with: the project's own rules and exploits, and small examples of each protocol.
enum Seeds {
    /// The files under `folder` of the checkout whose names end in one of `suffixes`, in order.
    static func files(_ folder: String, _ suffixes: String..., limit: Int = 64) -> [[UInt8]] {
        let path = "\(projectFolder)/\(folder)"
        let names = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted()
        return names.filter { name in suffixes.contains { name.hasSuffix($0) } }.prefix(limit).compactMap {
            FileManager.default.contents(atPath: "\(path)/\($0)").map(Array.init)
        }
    }

    static let get = "GET /a/../b%2fc?x=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: x\r\nCookie: a=b\r\n\r\n"
    static let ok = "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 2\r\n\r\nok"

    private static let multipart =
        "POST /up HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 109\r\n\r\n"
        + "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\nContent-Type: text/plain\r\n\r\nhello world\r\n--b--\r\n"

    @Sendable static func http1() -> [[UInt8]] {
        [
            Talk.input(get, ok), Talk.input(get + get, ok + ok), Talk.input(multipart, ok),
            Talk.input("GET / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 304 Not Modified\n\n"),
            Talk.input("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n", ok),
            Talk.input(get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n0\r\n\r\n"),
            Talk.input(get, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nuntil the end"),
            Talk.input("HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n"),
            Talk.input("GET /\r\n", "plain"), Talk.input("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n" + ok),
            Talk.input("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-x\r\n", "SSH-2.0-y\r\n"),
            Talk.input("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
            Talk.input("PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "body", ok),
            Talk.input("GET /f HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n", "HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/4\r\nContent-Length: 2\r\n\r\nab"),
            Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nabcd".utf8) + Talk.gapMark + Array("efghijklm".utf8) + Talk.switchMark
                + Array(ok.utf8),
        ] + files("rules", ".http").map { Talk.input([$0, Array(ok.utf8)]) }
    }

    static let codings = ["gzip", "deflate", "br", "lzma", "gzip, gzip", "br, gzip", "deflate, lzma", "identity", "zstd", "zstd, gzip"]

    @Sendable static func bodies() -> [[UInt8]] {
        let deflated = hex("0bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a70300")
        let gzip = hex("1f8b0800000000000203") + deflated + hex("39a34f412b000000")
        let named = hex("1f8b081c000000000203") + hex("0400 61626364 6e00 6300") + deflated + hex("39a34f412b000000")
        let brotli = hex("1b2a0000c4dc46a95e0d0b45712af29c4cfe1c4517a82a5b4956982fbcf174445e94d5c604b7da8131d5fd87c004")
        let lzma = hex(
            """
            5d00008000ffffffffffffffff002a1a08a2032566f14b78c5a205ff2ee6d9d2201aad34f8e21de84136fadc0669bb3ce410342709
            ebb366ec1a172ffffcce9000
            """)
        let zstd = hex(
            """
            28b52ffd046859010054686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67bc71da1f
            """)
        let skippable = hex("502a4d18 04000000 01020304")
        let bodies: [(UInt8, [UInt8])] = [
            (0, gzip), (0, named), (0, gzip + gzip), (1, hex("78da") + deflated + hex("5bdc0fda")), (1, deflated), (2, brotli), (3, lzma),
            (4, gzip), (5, brotli), (6, lzma), (7, Array("plain".utf8)), (0, Array("plain".utf8)),
            (8, zstd), (8, skippable + zstd + zstd), (9, zstd),
        ]
        return bodies.map { [$0.0] + $0.1 }
    }

    @Sendable static func ssh() -> [[UInt8]] {
        func packet(_ payload: [UInt8]) -> [UInt8] { [0, 0] + Bytes.number(payload.count + 5, 2) + [4] + payload + [0, 0, 0, 0] }
        let lists = ["kex", "host", "enc-c", "enc-s", "mac-c", "mac-s", "none", "zlib", "", ""]
        let exchange = packet([20] + [UInt8](repeating: 7, count: 16) + lists.flatMap { Bytes.vector(Array($0.utf8), 4) } + [0, 0, 0, 0, 0])
        let keys = packet([21])
        return [
            Talk.input([
                Array("SSH-2.0-Lib_1.2 with comment\r\n".utf8) + exchange + keys + [0xff, 0xee],
                Array("hello\r\nSSH-1.99-Srv\n".utf8) + exchange + keys + [1, 2, 3],
            ]),
            Talk.input("SSH-2.0-a\r\n", "SSH-2.0-b\r\n"),
        ]
    }

    @Sendable static func recognition() -> [[UInt8]] {
        var result = Array(http1().prefix(3)) + ssh().prefix(1)
        result += ftp().prefix(1).map { Talk.input("", "220-Hello\r\n220 FTP ready\r\n", "") + $0 } + tls().prefix(1)
        result += dnsStreams().prefix(1) + http2().prefix(1).map { http2Preface + $0 }
        result.append(Talk.input("", "220 mail ESMTP\r\n", "") + plainMail)
        result += webSockets().prefix(1).map { webSocketHandshake + $0 }
        result += [
            "00000054fe534d4240000000", "05000b0310000000480000000100000000000000", "0300001302e000000000000100080003000000",
            "100c00044d5154540402003c0000", "0000000804d2162f", "300c020101600702010304008000", "fffd18ff",
        ].map(hex)
        result.append(Talk.input("", "RFB 003.008\n", "RFB 003.008\n"))
        result.append(Talk.input("INVITE sip:a@b SIP/2.0\r\n\r\n"))
        result.append(Talk.input("", "+OK hi\r\n", "CAPA\r\n"))
        return result
    }

    static let webSocketHandshake = Talk.input([
        WebSocketBytes.request(extensions: "permessage-deflate"), WebSocketBytes.answer(extensions: "permessage-deflate"), [],
    ])

    @Sendable static func webSockets() -> [[UInt8]] {
        let compressed = [hex("aa562a2d4e2d52b25252a9ceca53d251aa50b232ac0500"), hex("aa46164cc9b4ca49492c50aa0500")]
        return [
            Talk.input([WebSocketBytes.frame("hello") + WebSocketBytes.frame(opcode: 8, ""), WebSocketBytes.frame(mask: nil, "hello")]),
            Talk.input([
                WebSocketBytes.frame(flags: 0, "hel") + WebSocketBytes.frame(opcode: 9, "") + WebSocketBytes.frame(opcode: 0, "lo"),
                WebSocketBytes.frame(opcode: 10, mask: nil, lengthBytes: 8, [1, 2, 3]),
            ]),
            Talk.input([compressed.flatMap { WebSocketBytes.frame(flags: 0xc0, $0) }]),
            Talk.input([[], compressed.flatMap { WebSocketBytes.frame(opcode: 2, flags: 0xc0, mask: nil, $0) }]),
        ]
    }
}

enum Bytes {
    /// Big-endian.
    static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * (width - 1 - $0))) }
    }

    /// After their length in `width` bytes.
    static func vector(_ bytes: [UInt8], _ width: Int) -> [UInt8] { number(bytes.count, width) + bytes }
}
