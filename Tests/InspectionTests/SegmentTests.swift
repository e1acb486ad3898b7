import TestSupport
import Testing
import Traffic
import Wire

/// The same bytes in other segments: the same rules match.
struct SegmentTests {
    private func alerts(_ rules: String, _ turns: [[String]], segmentSize: Int = 1460) -> [String] {
        let lab = Lab(rules)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        for (index, parts) in turns.enumerated() {
            for part in parts { talk.send(Array(part.utf8), from: index % 2 == 0 ? .toServer : .toClient) }
        }
        talk.close()
        _ = lab.send(talk.packets)
        lab.finish()
        return Set(lab.alerts).sorted()
    }

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"
    private static let response = "HTTP/1.1 200 OK\r\nServer: evil\r\nContent-Length: 2\r\n\r\nok"

    /// An interim response in a segment of its own must not stand for the one that follows.
    @Test(arguments: [[interim + response], [interim, response], [interim, interim, response]])
    func theResponseBehindAnInterimOne(parts: [String]) {
        let rules = """
            alert http any any -> any any (http.header_names; content:"Server"; sid:1;)
            alert http any any -> any any (http.server; content:"evil"; sid:2;)
            alert http any any -> any any (http.stat_code; content:"200"; sid:3;)
            alert http any any -> any any (http.stat_code; content:"100"; sid:4;)
            """
        for size in [1, 5, 1460] { #expect(alerts(rules, [[Self.request], parts], segmentSize: size) == ["1", "2", "3"]) }
    }

    /// A line of something else before the status line, cut within.
    @Test func theResponseBehindAnOddLine() {
        let rules = #"alert http any any -> any any (http.server; content:"evil"; sid:1;)"#
        for size in [1, 5, 1460] {
            #expect(alerts(rules, [[Self.request], ["what is this\r\n" + Self.response]], segmentSize: size) == ["1"])
        }
    }

    /// What HEAD is answered with after an interim response belongs to it, not to the next request.
    @Test func aHeadRequestWithAnInterimResponse() {
        let head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
        let lab = Lab("alert http any any -> any any (http.stat_code; content:\"204\"; sid:1;)")
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array(head.utf8), from: .toServer)
        talk.send(Array((Self.interim + "HTTP/1.1 204 No Content\r\n\r\n").utf8), from: .toClient)
        talk.close()
        _ = lab.send(talk.packets)
        lab.finish()
        #expect(lab.alerts == ["1"] && lab.requests.count == 1)
    }

    /// The answer that ends HTTP on a connection is still HTTP.
    @Test func theAnswerToCONNECT() {
        let rules = #"alert http any any -> any any (http.stat_code; content:"200"; sid:1;)"#
        let turns = [["CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"], ["HTTP/1.1 200 OK\r\n\r\n"], ["SSH-2.0-x\r\n"], ["SSH-2.0-y\r\n"]]
        for size in [1, 1460] { #expect(alerts(rules, turns, segmentSize: size) == ["1"]) }
    }
}
