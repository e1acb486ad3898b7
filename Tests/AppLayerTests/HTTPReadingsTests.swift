@testable import AppLayer
import Testing
import Wire

/// Requests that say in two ways where they end: what either kind of receiver takes for a request is one here.
struct HTTPReadingsTests {
    private func targets(_ text: String, cuts: [Int] = []) -> [String] {
        let reader = HTTPReader()
        reader.feed(Array(text.utf8), .toServer, cuts: cuts)
        reader.finish()
        return reader.all.map(\.uri).filter { !$0.isEmpty }
    }

    private let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    private func outer(_ headers: String, _ body: String) -> String { "POST /outer HTTP/1.1\r\nHost: a\r\n\(headers)\r\n\r\n\(body)" }

    @Test(arguments: [
        ("Content-Length: 41\r\nTransfer-Encoding: chunked", "0\r\n\r\n", ""),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4", "24\r\n", "\r\n0\r\n\r\n"),
        ("Transfer-Encoding: xchunked\r\nContent-Length: 4", "24\r\n", "\r\n0\r\n\r\n"),
        ("Content-Length: 3\r\nContent-Length: 39", "a=b", ""),
        ("Content-Length: 39\r\nContent-Length: 3", "a=b", ""),
    ])
    func bothAreRead(headers: String, before: String, after: String) {
        let text = outer(headers, before + hidden + after)
        for cuts in [[], Array(1..<text.utf8.count)] { #expect(Set(targets(text, cuts: cuts)) == ["/outer", "/hidden"]) }
    }

    /// A coding that is no coding, and no length: nothing or chunks.
    @Test func anUnknownCodingAlone() {
        let text = outer("Transfer-Encoding: x, chunkedly", hidden)
        #expect(targets(text).contains("/hidden"))
    }

    /// Behind a message that ends with its headers for some receivers, what is no request depends on no segments.
    @Test func somethingElseBehindAnUnknownCoding() {
        let bytes = Array(outer("Transfer-Encoding: chunked0", "\0\0c\r\nsomething\r\n\r\n0\r\n\r\n").utf8)
        let readings = [[], Array(1..<bytes.count)].map { cuts in
            let reader = HTTPReader()
            reader.feed(bytes, .toServer, cuts: cuts)
            reader.finish()
            return reader.all.map { "\($0.requestLine) \($0.uri)" }
        }
        #expect(readings[0] == readings[1])
        #expect(readings[0].count > 1)
    }

    /// What all receivers take for the same is read once.
    @Test(arguments: [
        ("Content-Length: 12\r\nTransfer-Encoding: chunked", "2\r\nab\r\n0\r\n\r\n"),
        ("Content-Length: 2\r\nContent-Length: 2", "ab"),
        ("Transfer-Encoding: Chunked", "2\r\nab\r\n0\r\n\r\n"),
    ])
    func agreementIsReadOnce(headers: String, body: String) {
        let text = outer(headers, body) + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
        for cuts in [[], Array(1..<text.utf8.count)] { #expect(targets(text, cuts: cuts) == ["/outer", "/next"]) }
    }

    /// Answers go with the requests of the first reading.
    @Test func answersStayWithTheFirstReading() {
        let reader = HTTPReader()
        reader.feed(Array(outer("Content-Length: 41\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + hidden).utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8), .toClient)
        reader.finish()
        #expect(reader.all.map { "\($0.uri) \($0.status)" }.prefix(2) == ["/outer 200", "/hidden 404"])
    }
}
