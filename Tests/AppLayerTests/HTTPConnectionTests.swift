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
                let line = (plain + odd).joined()
                return (line.utf8.allSatisfy { $0 <= 0x20 } ? "X" : line) + (lineEnds.randomElement(using: &random) ?? "")
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
        // What comes behind a whole message belongs to it only when it comes with it.
        guard whole.eventNames.isDisjoint(with: ["request_body_unexpected", "response_body_unexpected"]) else { return }
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

    /// Another request is on its way when the server agrees to the upgrade.
    @Test(arguments: ["", "more", "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"])
    func anUpgradeWithMoreBehindTheRequest(more: String) {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n".utf8), .toServer)
        reader.feed(Array(more.utf8), .toServer)
        reader.feed(Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n".utf8), .toClient)
        #expect(reader.session.appProtocol == .http2)
    }

    /// A line without a version is HTTP/0.9, unless headers follow.
    @Test(arguments: [[], [7], Array(1..<30)])
    func aRequestLineWithoutVersion(cuts: [Int]) {
        let withHeaders = HTTPReader()
        withHeaders.feed(Array("GET /a\nUser-Agent: x\nHost: y\n\nGET /b HTTP/1.1\r\n\r\n".utf8), .toServer, cuts: cuts)
        #expect(withHeaders.all.map(\.uri) == ["/a", "/b"])
        #expect(withHeaders.all.first?.requestHeaders == "User-Agent: x\r\nHost: y\r\n")
        #expect(withHeaders.eventNames.contains("request_line_missing_protocol"))
        let simple = HTTPReader()
        simple.feed(Array("GET /a\r\n\r\nGET /b\r\nGET /c HTTP/1.0\r\nHost: y\r\n\r\n".utf8), .toServer, cuts: cuts)
        #expect(simple.all.map(\.uri) == ["/a", "/b", "/c"])
    }

    @Test func aSimpleRequestIsCompleteAtItsLine() {
        let reader = HTTPReader()
        reader.feed(Array("GET /a\r\n".utf8), .toServer)
        #expect(reader.session.transactions.first?.isComplete(.toServer) == true)
        reader.feed(Array("<html>".utf8), .toClient)
        reader.feed(Array("Late: 1\r\n".utf8), .toServer)
        reader.finish()
        #expect(reader.all.first?.requestHeaders == "" && reader.all.first?.responseBody == Array("<html>".utf8))
    }

    /// What comes with a whole message and is no other one goes with its body.
    @Test(arguments: [
        ("Content-Length: 2\r\n\r\nok\r\n", "ok\r\n", true), ("Content-Length: 2\r\n\r\nokmore\nand more", "okmore\nand more", true),
        ("Content-Length: 0\r\n\r\nbody", "body", true), ("Content-Length: 2\r\n\r\nok", "ok", false),
        ("Content-Length: 2\r\n\r\nok\r\nHTTP/1.1 200 OK\r\n", "ok\r\n", true),
    ])
    func moreThanAnnounced(rest: String, body: String, isUnexpected: Bool) {
        let reader = HTTPReader()
        for _ in 0..<2 { reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer) }
        reader.feed(Array("HTTP/1.1 200 OK\r\n\(rest)".utf8), .toClient)
        #expect(reader.all.first.map { String(decoding: $0.responseBody, as: UTF8.self) } == body)
        #expect(reader.eventNames.contains("response_body_unexpected") == isUnexpected)
    }

    @Test(arguments: [
        ("junk of it", "junk of it", ["/"]), ("\r\nGET /2 HTTP/1.1\r\n", "", ["/", "/2"]),
        ("ODD /2 HTTP/1.1\r\n", "", ["/", "/2"]), ("{a}\nGET /2 HTTP/1.1\r\n", "{a}\n", ["/", "/2"]),
    ])
    func moreThanARequest(rest: String, body: String, targets: [String]) {
        let reader = HTTPReader()
        reader.feed(Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok\(rest)\r\n".utf8), .toServer)
        #expect(reader.all.map(\.uri) == targets)
        #expect(reader.all.first.map { String(decoding: $0.requestBody, as: UTF8.self) }?.hasPrefix("ok" + body) == true)
    }

    /// Of a line that is no status line nothing is lost: lines end at a CR alone in headers only.
    @Test(arguments: [[], [13], Array(1..<40)])
    func anOddFirstLineWithABareCR(cuts: [Int]) {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("150 Opening\rhidden until here\r\nand all the rest\r\n".utf8), .toClient, cuts: cuts)
        reader.finish()
        #expect(reader.all.map(\.responseBody) == [Array("150 Opening\rhidden until here\r\nand all the rest\r\n".utf8)])
    }

    /// In a chunk's size, and behind the chunk, a CR alone ends nothing.
    @Test(arguments: ["4\rjunk\r\nbody\r\n0\r\n\r\n", "4\r\nbody\r5\r\n0\r\n\r\n"])
    func aBareCRBetweenChunks(body: String) {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(body)".utf8), .toClient)
        reader.finish()
        #expect(reader.all.map(\.responseBody) == [Array("body".utf8)])
    }

    /// NUL bytes and blanks between requests are none, with the request before or by themselves.
    @Test(arguments: [["\0\0"], ["\0", "\0"], [" \t\r\n"], [" ", "\r\n"]])
    func blanksAreNoRequest(blanks: [String]) {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let (together, apart) = (HTTPReader(), HTTPReader())
        together.feed(Array((request + blanks.joined()).utf8), .toServer)
        for part in [request] + blanks { apart.feed(Array(part.utf8), .toServer) }
        for reader in [together, apart] {
            reader.feed(Array("HTTP/1.1 204 No Content\r\n\r\n".utf8), .toClient)
            reader.finish()
            #expect(reader.all.count == 1 && reader.eventNames.isEmpty)
        }
    }

    /// A line that is no status line, then one: the file is that of the answer.
    @Test(arguments: ["SIP/2.0 200 ok\r\n", " odd\r\n"])
    func aFileBehindAnOddFirstLine(line: String) {
        let reader = HTTPReader()
        reader.feed(Array("GET /asked HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        let headers = "Content-Disposition: attachment; filename=\"told.txt\"\r\nContent-Length: 4"
        reader.feed(Array("\(line)HTTP/1.1 200 ok\r\n\(headers)\r\n\r\nbody".utf8), .toClient)
        #expect(reader.files.map { String(decoding: $0.name, as: UTF8.self) } == ["told.txt"])
    }

    /// A client that speaks no protocol is told so in the server's.
    @Test func theServerTellsWhatTheClientMeant() {
        let reader = HTTPReader()
        reader.feed([0x85, 0, 0, 0, 0x25, 0xff, 0x81], .toServer)
        #expect(reader.session.appProtocol == .unknown)
        reader.feed(Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno".utf8), .toClient)
        #expect(reader.session.appProtocol == .http1 && reader.all.count == 1)
        #expect(reader.all.first?.status == "400" && reader.files.map(\.size) == [2])
        #expect(reader.eventNames.contains("request_line_incomplete"))
        let silent = HTTPReader()
        for _ in 0..<40 { silent.feed([UInt8](repeating: 0xff, count: 1000), .toServer) }
        #expect(silent.session.appProtocol == .failed)
    }

    @Test func aMultipartFileCutAtTheLimit() {
        var limits = AppLayerLimits()
        limits.httpRequestBodyLimit = 120
        limits.fileDigests = [.md5, .sha256]
        let reader = HTTPReader(limits: limits)
        let head = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.bin\"\r\n\r\n"
        let body = head + String(repeating: "A", count: 200) + "\r\n--b--\r\n"
        reader.feed(
            Array("POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8),
            .toServer)
        #expect(reader.files.map(\.state) == [.truncated])
        #expect(reader.files.first?.size == 120 - UInt64(head.utf8.count))
        #expect(reader.files.first?.recordedDigest(.sha256) != nil && reader.files.first?.digest(.sha256) == nil)
        #expect(reader.files.first?.recordedDigest(.md5) == nil)
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
        // More than the limit as long as no rule has seen them, and no more than the limit for each packet.
        #expect(pipelined.session.transactions.count == 32 && pipelined.session.hasFailed)
        pipelined.session.finishInspection()
        for _ in 0..<10 { pipelined.feed(Array("GET / HTTP/1.1\r\n\r\n".utf8), .toServer) }
        #expect(pipelined.session.transactions.count == 32)
    }

    /// Servers take more headers, and longer ones, than are kept: what comes behind them is read all the same.
    @Test(arguments: [0, 1, 7])
    func headersBeyondTheLimits(cut: Int) {
        var limits = AppLayerLimits()
        limits.httpLineLimit = 100
        limits.httpHeaderCountLimit = 10
        let many = (0..<200).map { "H\($0): v\r\n" }.joined()
        let long = "X-Long: " + String(repeating: "a", count: 500) + "\r\n"
        for (headers, event) in [(many, "request_too_many_headers"), (long, "request_field_too_long"), (many + long, "request_field_too_long")] {
            let text = "POST /a HTTP/1.1\r\n\(headers)Content-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\n\r\n"
            let reader = HTTPReader(limits: limits)
            reader.feed(Array(text.utf8), .toServer, cuts: cut == 0 ? [] : Array(stride(from: cut, to: text.utf8.count, by: cut)))
            #expect(reader.all.map(\.uri) == ["/a", "/b"] && !reader.session.hasFailed)
            #expect(reader.all.first?.requestBody == Array("body".utf8) && reader.eventNames.contains(event))
        }
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
