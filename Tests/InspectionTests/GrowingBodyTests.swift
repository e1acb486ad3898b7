import Detection
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// Rules on a body that comes in pieces: each is looked at again as the body grows, and none is lost or early.
struct GrowingBodyTests {
    private static let rules = """
        drop http any any -> any any (http.request_body; content:"first"; fast_pattern; content:"second"; content:"third"; sid:1;)
        drop http any any -> any any (http.request_body; content:"first"; fast_pattern; content:"second"; distance:0; content:"THIRD"; nocase; sid:2;)
        drop http any any -> any any (http.request_body; content:"first"; fast_pattern; content:"absent"; sid:3;)
        drop http any any -> any any (http.request_body; content:"first"; fast_pattern; content:!"second"; content:"third"; sid:4;)
        drop http any any -> any any (http.request_body; content:"first"; fast_pattern; content:"third"; depth:5; sid:5;)
        """

    /// - Returns: alerts, which of the packets after the handshake is the first that dies, and how many there are.
    private func outcome(_ body: String, segmentSize: Int, _ rules: String) -> (alerts: [String], firstDropAt: Int?, segments: Int) {
        let lab = Lab(rules)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        let opened = talk.packets.count
        talk.send(Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8), from: .toServer)
        let verdicts = lab.send(talk.packets)
        return (lab.alerts.sorted(), verdicts.firstIndex { $0 != .accept }.map { $0 - opened }, verdicts.count - opened)
    }

    @Test(arguments: [1, 2, 7, 40, 1460])
    func contentsAreFoundWhereverThePiecesEnd(segmentSize: Int) {
        let filler = String(repeating: "-", count: 90)
        let inOrder = outcome("first\(filler)second\(filler)third\(filler)", segmentSize: segmentSize, Self.rules)
        #expect(inOrder.alerts == ["1!", "2!"])
        let otherWay = outcome("third\(filler)second\(filler)first\(filler)", segmentSize: segmentSize, Self.rules)
        #expect(otherWay.alerts == ["1!", "5!"])
        let unfinished = outcome("first\(filler)second\(filler)thir\(filler)", segmentSize: segmentSize, Self.rules)
        #expect(unfinished.alerts.isEmpty && unfinished.firstDropAt == nil)
    }

    @Test(arguments: [1, 3])
    func thePieceThatCompletesTheRuleDies(segmentSize: Int) throws {
        let filler = String(repeating: "-", count: 300)
        let rule = Self.rules.split(separator: "\n")[0]
        let whole = outcome("first\(filler)second\(filler)third", segmentSize: segmentSize, String(rule))
        let first = try #require(whole.firstDropAt)
        // The last packet is the receiver's acknowledgment.
        #expect(first == whole.segments - 2)
    }
}
