@testable import AppLayer
import TestSupport
import Testing
import Wire

struct HTTPConnectionTests {
    private let requests = Array(
        """
        POST /upload?x=%41 HTTP/1.1\r
        Host: shop:8080\r
        Transfer-Encoding: chunked\r
        \r
        4;note=1\r
        Wiki\r
        6\r
        pedia \r
        0\r
        Trailer: t\r
        \r
        GET /second HTTP/1.1\r
        Host: shop\r
        \r
        PUT /third HTTP/1.1\r
        Content-Length: 5\r
        X-Folded: one\r
         two\r
        \r
        hello
        """.utf8)
    private let responses = Array(
        """
        HTTP/1.1 100 Continue\r
        \r
        HTTP/1.1 200 OK\r
        Content-Length: 2\r
        \r
        okHTTP/1.1 304 Not Modified\r
        Content-Length: 9\r
        \r
        HTTP/1.1 201 Created\r
        Transfer-Encoding: chunked\r
        \r
        3\r
        abc\r
        0\r
        \r

        """.utf8)

    private var expected: [HTTPReader.Exchange] {
        [
            .init(
                requestLine: "POST /upload?x=%41 HTTP/1.1", uri: "/upload?x=A",
                requestHeaders: "Host: shop:8080\r\nTransfer-Encoding: chunked\r\n", requestBody: Array("Wikipedia ".utf8),
                status: "200", responseHeaders: "Content-Length: 2\r\n", responseBody: Array("ok".utf8), isWhole: true),
            .init(
                requestLine: "GET /second HTTP/1.1", uri: "/second", requestHeaders: "Host: shop\r\n", status: "304",
                responseHeaders: "Content-Length: 9\r\n", isWhole: true),
            .init(
                requestLine: "PUT /third HTTP/1.1", uri: "/third",
                requestHeaders: "Content-Length: 5\r\nX-Folded: one two\r\n", requestBody: Array("hello".utf8), status: "201",
                responseHeaders: "Transfer-Encoding: chunked\r\n", responseBody: Array("abc".utf8), isWhole: true),
        ]
    }

    @Test func pipelinedRequestsAndTheirResponses() {
        let reader = HTTPReader()
        reader.feed(requests, .toServer)
        reader.feed(responses, .toClient)
        #expect(reader.all == expected)
        #expect(!reader.session.hasFailed && reader.session.transactions.isEmpty)
    }

    @Test(arguments: 1..<60)
    func anyCutsGiveTheSame(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        func cuts(_ count: Int) -> [Int] {
            if seed == 1 { return Array(1..<count) }
            return (0..<seed).map { _ in Int.random(in: 1..<count, using: &random) }.sorted()
        }
        let reader = HTTPReader()
        reader.feed(requests, .toServer, cuts: cuts(requests.count))
        reader.feed(responses, .toClient, cuts: cuts(responses.count))
        #expect(reader.all == expected)
    }

    /// Whole lines are read where they lie, lines that come in pieces are put together first: whatever is in them,
    /// they mean the same.
    @Test(arguments: 1...300)
    func oddHeadersMeanTheSameWholeAndCut(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let pieces = ["a", "X-b", "content-length", ":", ": ", " ", "\t", "1", "\r", "\0", "é", ";", "\u{b}"]
        let lineEnds = ["\r\n", "\r\n", "\r\n", "\n", "\r\r\n"]
        func headers() -> String {
            (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let plain = Bool.random(using: &random) ? ["Name", ": ", "value"] : []
                let odd = (0..<Int.random(in: 0...5, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
                return (plain + odd).joined() + (lineEnds.randomElement(using: &random) ?? "")
            }.joined()
        }
        let request = Array("GET / HTTP/1.1\r\n\(headers())\r\n".utf8)
        let response = Array("HTTP/1.1 200 OK\r\n\(headers())\r\nbody".utf8)
        let (whole, cut) = (HTTPReader(), HTTPReader())
        whole.feed(request, .toServer)
        whole.feed(response, .toClient)
        cut.feed(request, .toServer, cuts: Array(1..<request.count))
        cut.feed(response, .toClient, cuts: Array(1..<response.count))
        whole.finish()
        cut.finish()
        #expect(whole.all == cut.all && whole.eventNames == cut.eventNames)
    }

    @Test func keepAliveOneAfterTheOther() {
        let reader = HTTPReader()
        for number in 0..<5 {
            reader.feed(Array("GET /\(number) HTTP/1.1\r\n\r\n".utf8), .toServer)
            reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)".utf8), .toClient)
        }
        #expect(reader.all.map(\.uri) == ["/0", "/1", "/2", "/3", "/4"])
        #expect(reader.all.map(\.responseBody) == (0..<5).map { Array("\($0)".utf8) })
    }

    /// Framing that a sender gets wrong, or lies about, and what receivers make of it.
    @Test(arguments: [
        ("Transfer-Encoding: chunked\r\n\r\nplain after all", "plain after all"),
        ("Transfer-Encoding: chunked\r\n\r\n \r\n4\r\nbody\r\n0\r\n\r\n", "body"),
        ("Transfer-Encoding : xchunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "body"),
        ("Transfer-Encoding:\r\n chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "body"),
        ("X: y\rTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "body"),
        ("Content-Length: 4\r\nContent-Length: 9\r\n\r\nbody", "body"),
        ("Connection: close\r\n\r\nuntil the end", "until the end"),
        ("Connection: close\n \nuntil the end", "until the end"),
    ])
    func oddResponseFraming(rest: String, body: String) {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\n\(rest)".utf8), .toClient)
        reader.finish()
        #expect(reader.all.map { String(decoding: $0.responseBody, as: UTF8.self) } == [body])
    }

    @Test func aBodyWhereTheStatusForbidsOne() {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody".utf8), .toClient)
        #expect(reader.all.first?.responseBody == Array("body".utf8))
    }

    /// A name on one line, its colon and value folded below: clients join them.
    @Test(arguments: ["Transfer-Encoding\r\n :chunked", "Transfer-Encoding\r\n :\r\n chunked", "Transfer-Encoding:\r\n chunked"])
    func aColonOnAFoldedLine(header: String) {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\n\(header)\r\nX: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8), .toClient)
        reader.finish()
        #expect(reader.all.map(\.responseBody) == [Array("abc".utf8)])
    }

    @Test func afterAnUpgradeTheBytesAreNotHTTP() {
        let reader = HTTPReader()
        reader.feed(Array("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 101 Switching Protocols\r\n\r\nGET / HTTP/1.1\r\n\r\n".utf8), .toClient)
        reader.feed(Array("GET /not-a-request HTTP/1.1\r\n\r\n".utf8), .toServer)
        #expect(reader.all.count == 1)
    }

    @Test func limitsHold() {
        var limits = AppLayerLimits()
        limits.httpLineLimit = 1000
        limits.httpHeaderCountLimit = 10
        limits.maxTransactions = 4
        let long = HTTPReader(limits: limits)
        long.feed(Array("GET /".utf8) + [UInt8](repeating: 0x61, count: 2000), .toServer)
        #expect(long.eventNames.contains("request_field_too_long") && long.session.hasFailed)
        let many = HTTPReader(limits: limits)
        many.feed(Array(("GET / HTTP/1.1\r\n" + (0..<20).map { "H\($0): v\r\n" }.joined()).utf8), .toServer)
        #expect(many.eventNames.contains("request_too_many_headers"))
        let pipelined = HTTPReader(limits: limits)
        pipelined.session.consume(
            Array(String(repeating: "GET / HTTP/1.1\r\n\r\n", count: 50).utf8).span, direction: .toServer, offset: 0)
        #expect(pipelined.session.transactions.count == 4)
    }

    @Test func aHugeBodyIsHeldInWindows() {
        var limits = AppLayerLimits()
        limits.httpRequestBodyWindow = 1024
        let reader = HTTPReader(limits: limits)
        reader.feed(Array("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n".utf8), .toServer)
        for _ in 0..<100 { reader.feed([UInt8](repeating: 7, count: 10_000), .toServer) }
        let held = (reader.session.transactions.first as? HTTPTransaction)?.request.body.bytes.count ?? 0
        #expect(held <= 12_048)
        #expect(reader.all.first?.requestBody.count == 1_000_000)
    }

    /// Mutated and random traffic: nothing but an end without a crash is promised.
    @Test func mutatedTrafficNeverStopsTheReader() {
        var random = SeededRandom(seed: 77)
        for round in 0..<3000 {
            var up = requests, down = responses
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                up[Int.random(in: 0..<up.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                down.remove(at: Int.random(in: 0..<down.count, using: &random))
            }
            let reader = HTTPReader()
            let cut = round % 2 == 0 ? [] : [Int.random(in: 1..<up.count, using: &random)]
            reader.feed(up, .toServer, cuts: cut)
            reader.feed(down, .toClient, cuts: [])
            reader.finish()
            #expect(reader.all.count <= 40)
        }
    }
}
