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

    /// A transform that follows the body finds what was there before the window moved on.
    @Test(arguments: [97, 1460])
    func whatPaddingFollowsIsFoundDecoded(segmentSize: Int) {
        let rule = #"drop http any any -> any any (http.request_body; url_decode; content:"union select"; pcre:"/union select \d/"; sid:1;)"#
        let body = "q=%75nion+sel%65ct+1&p=" + String(repeating: "a", count: 400_000)
        let padded = outcome(body, segmentSize: segmentSize, rule)
        #expect(padded.alerts == ["1!"])
        #expect(padded.firstDropAt.map { $0 <= 1 + 200 / segmentSize } == true)
    }

    @Test(arguments: 1...9)
    func escapesThatPiecesCutAreDecoded(segmentSize: Int) {
        let rule = #"drop http any any -> any any (http.request_body; url_decode; content:"a b%c%zz-"; sid:1;)"#
        #expect(outcome("x=%61+b%25c%zz%2d%4", segmentSize: segmentSize, rule).alerts == ["1!"])
        let cut = #"drop http any any -> any any (http.request_body; url_decode; content:"-%4"; endswith; sid:1;)"#
        #expect(outcome("x=%61+b%25c%zz%2d%4", segmentSize: segmentSize, cut).alerts == ["1!"])
    }

    /// Words that more bytes could make longer, and what must not follow.
    @Test(arguments: [1, 2, 5, 1460], [#"/<void\b/"#, "/<void(?!e)/", "/<void$/"])
    func whatMayStillFollowIsWaitedFor(segmentSize: Int, expression: String) {
        let rule = #"drop http any any -> any any (http.request_body; content:"<"; pcre:"\#(expression)"; sid:1;)"#
        #expect(outcome("a=<voide>" + String(repeating: "-", count: 200), segmentSize: segmentSize, rule).alerts.isEmpty)
        #expect(outcome("a=<void", segmentSize: segmentSize, rule).alerts == ["1!"])
    }

    /// A later match of the expression, which what follows undoes, does not hide that an earlier one gets what it needs.
    @Test(arguments: [1, 7, 1460])
    func whatFollowsAnEarlierMatchIsFound(segmentSize: Int) {
        let rule = #"drop http any any -> any any (http.request_body; content:"a"; pcre:"/a\d(?!x)/"; content:"foo"; distance:0; sid:1;)"#
        let filler = String(repeating: "-", count: 100)
        #expect(outcome("a1\(filler)a2x\(filler)foo", segmentSize: segmentSize, rule).alerts == ["1!"])
    }

    /// An expression goes on where it could begin, and finds what lies across pieces.
    @Test(arguments: [1, 3, 11, 100, 1460])
    func expressionsGoOnWhereTheyCanBegin(segmentSize: Int) {
        let rule = #"drop http any any -> any any (http.request_body; content:"$|7b|"; pcre:"/\$\{[a-z]{0,5}:[^}]{1,40}\}/"; sid:1;)"#
        let filler = String(repeating: "${", count: 500)
        #expect(outcome(filler, segmentSize: segmentSize, rule).alerts.isEmpty)
        #expect(outcome(filler + "${jndi:x/y}" + filler, segmentSize: segmentSize, rule).alerts == ["1!"])
    }

    @Test func decodedBodiesAreTheSameInAllPieces() {
        let rule = #"drop http any any -> any any (http.request_body; url_decode; content:"aF"; sid:1;)"#
        var random = SeededRandom(seed: 7)
        for _ in 0..<300 {
            let letters = Array("%+aF4z".utf8)
            let body = (0..<Int.random(in: 0...60, using: &random)).map { _ in letters[Int.random(in: 0..<6, using: &random)] }
            let text = String(decoding: body, as: UTF8.self)
            let alerts = [1, 2, 3, 1460].map { outcome(text, segmentSize: $0, rule).alerts }
            #expect(Set(alerts).count == 1, "\(text)")
        }
    }
}
