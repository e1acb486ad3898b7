@testable import AppLayer
import TestSupport
import Testing
import Wire

/// Bytes that never came by, and what is made of those behind them.
struct HTTPGapTests {
    private func request(_ path: String) -> [UInt8] { Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8) }
    private func response(_ body: String, length: Int? = nil) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\nContent-Length: \(length ?? body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    /// The answers to /1, /2 and /3; of the second, `length` bytes are missing after `start` bytes of its body of 70.
    private func answers(missing length: Int, at start: Int) -> HTTPReader {
        let reader = HTTPReader()
        for (path, body) in [("/1", "one"), ("/2", String(repeating: "A", count: 70)), ("/3", "three")] {
            reader.feed(request(path), .toServer)
            let bytes = response(body)
            guard path == "/2" else {
                reader.feed(bytes, .toClient)
                continue
            }
            let cut = bytes.count - 70 + start
            reader.feed(Array(bytes[..<cut]), .toClient)
            reader.skip(UInt64(length), .toClient)
            if cut + length < bytes.count { reader.feed(Array(bytes[(cut + length)...]), .toClient) }
        }
        return reader
    }

    @Test(arguments: [(14, 14), (70, 0), (69, 1), (1, 69), (72, 0)])
    func aHoleInABodyOfKnownLength(missing: Int, at start: Int) {
        let reader = answers(missing: missing, at: start)
        #expect(reader.all.map(\.uri) == ["/1", "/2", "/3"] && reader.all.allSatisfy { $0.status == "200" })
        #expect(reader.all.last?.responseBody == Array("three".utf8))
        #expect(reader.files.map(\.state) == [.closed, .truncated, .closed])
        #expect(reader.files.map(\.size) == [3, 70, 5])
        #expect(reader.files.map(\.hasGaps) == [false, true, false])
        #expect(!reader.session.hasFailed)
    }

    @Test func twoHolesInOneBody() {
        let reader = HTTPReader()
        reader.feed(request("/"), .toServer)
        reader.feed(response(String(repeating: "A", count: 10), length: 60), .toClient)
        for _ in 0..<2 {
            reader.skip(20, .toClient)
            reader.feed(Array("BBBBB".utf8), .toClient)
        }
        #expect(reader.files.map(\.size) == [60] && reader.files.map(\.state) == [.truncated])
        #expect(reader.all.first?.isWhole == true)
    }

    /// The rest of a chunk, its size and what framed the body are gone: all that comes is body, until an answer begins.
    @Test func aHoleThatTakesTheFramingWithIt() {
        let reader = HTTPReader()
        for path in ["/1", "/2"] { reader.feed(request(path), .toServer) }
        reader.feed(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe".utf8), .toClient)
        reader.skip(20, .toClient)
        let rest = "lost\r\n3\r\nyet\r\n0\r\n\r\nHTTP/1.1 404 Gone\r\nContent-Length: 2\r\n\r\nno"
        reader.feed(Array(rest.utf8), .toClient)
        #expect(reader.all.map(\.status) == ["200", "404"])
        #expect(reader.all.last?.responseBody == Array("no".utf8) && reader.all.last?.isWhole == true)
        #expect(reader.files.first?.state == .truncated)
    }

    /// Nothing is held back and nothing left out, however the bytes behind the hole are cut.
    @Test(arguments: 0...30)
    func behindAHoleEveryByteIsBody(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let bytes = Array("GETTING on\r\nPOST it\r\n\r\nHTTX\nGE".utf8)
        let reader = HTTPReader()
        reader.feed(Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n".utf8), .toServer)
        reader.skip(100, .toServer)
        let cuts = seed == 0 ? [] : (0..<seed).map { _ in Int.random(in: 1..<bytes.count, using: &random) }.sorted()
        reader.feed(bytes, .toServer, cuts: cuts)
        reader.feed(Array("T".utf8), .toServer)
        reader.feed(Array("!".utf8), .toServer)
        let expected = String(decoding: bytes, as: UTF8.self) + "T!"
        let transaction = reader.session.transactions.first as? HTTPTransaction
        #expect(transaction.map { String(decoding: $0.request.body.bytes, as: UTF8.self) } == expected)
        #expect(reader.all.count == 1)
    }

    @Test func aHoleInTheHeadersOfARequest() {
        let reader = HTTPReader()
        reader.feed(Array("POST /upload HTTP/1.1\r\nHost: a\r\nX-Cu".utf8), .toServer)
        reader.skip(50, .toServer)
        reader.feed(Array("tail: of a header\r\n\r\nbody\r\nGET /next HTTP/1.1\r\nHost: b\r\n\r\n".utf8), .toServer)
        #expect(reader.all.map(\.uri) == ["/upload", "/next"])
        #expect(reader.all.first.map { String(decoding: $0.requestBody, as: UTF8.self) } == "tail: of a header\r\n\r\nbody\r\n")
        #expect(reader.all.last?.requestHeaders == "Host: b\r\n")
        #expect(reader.session.hasFailed)
    }

    /// A request whose beginning is gone still takes the answer that is its.
    @Test func aHoleWhereARequestBegins() {
        let reader = HTTPReader()
        reader.feed(request("/1"), .toServer)
        reader.skip(30, .toServer)
        reader.feed(Array("est: of it\r\n\r\n".utf8) + request("/3"), .toServer)
        for number in 1...3 { reader.feed(response("\(number)"), .toClient) }
        #expect(reader.all.map(\.uri) == ["/1", "", "/3"])
        #expect(reader.all.map(\.responseBody) == (1...3).map { Array("\($0)".utf8) })
    }
}
