import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// What alerts say of how the matched bytes came.
struct EvidenceTests {
    private func match(_ rule: String, _ packets: [[UInt8]]) -> MatchRecord? {
        let lab = Lab("alert http any any -> any any (\(rule) sid:1;)")
        _ = lab.send(packets)
        lab.finish()
        return lab.records.first?.match
    }

    private func request(_ text: String, segmentSize: Int = 1460) -> [[UInt8]] {
        Conversation.web(text, segmentSize: segmentSize).packets
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The target as it was sent, where the rule saw something else.
    @Test(arguments: [
        ("/a/%2e%2e/evil", "/a/%2e%2e/evil", "/evil"), ("/%65vil", "/%65vil", "/evil"), ("/evil", nil, "/evil"),
        ("/x%20y/evil", "/x%20y/evil", "/evil"), ("/a/../evil", "/a/../evil", "/evil"), ("/evil?a=b", nil, "/evil"),
    ] as [(String, String?, String)])
    func targets(sent: String, raw: String?, pattern: String) throws {
        let found = try #require(match("http.uri; content:\"\(pattern)\";", request("GET \(sent) HTTP/1.1\r\nHost: a\r\n\r\n")))
        #expect(text(found.raw) == raw && found.buffer == "http.uri", "\(sent): \(String(describing: text(found.raw)))")
    }

    @Test func aHostInCapitals() throws {
        let found = try #require(match("http.host; content:\"evil.example\";", request("GET / HTTP/1.1\r\nHost: EVIL.example\r\n\r\n")))
        #expect(text(found.raw) == "EVIL.example")
    }

    @Test func aLongTargetIsCut() throws {
        let found = try #require(
            match("http.uri; content:\"/evil\";", request("GET /%65vil?\(String(repeating: "x", count: 4000)) HTTP/1.1\r\nHost: a\r\n\r\n")))
        #expect(found.raw?.count == 512)
    }

    @Test(arguments: [
        ("Content-Length: 4\r\n\r\nevil", []), ("Transfer-Encoding: chunked\r\n\r\n2\r\nev\r\n2\r\nil\r\n0\r\n\r\n", ["chunked"]),
        ("Transfer-Encoding: Chunked\r\nContent-Encoding: identity , x\r\n\r\n4\r\nevil\r\n0\r\n\r\n", ["chunked", "identity", "x"]),
    ])
    func bodies(rest: String, decoded: [String]) throws {
        let found = try #require(match("http.request_body; content:\"evil\";", request("POST / HTTP/1.1\r\nHost: a\r\n" + rest)))
        #expect(found.decodings == decoded && found.raw == nil, "\(found.decodings)")
    }

    @Test func fragmentsAndRewrittenSegments() throws {
        let whole = match("http.uri; content:\"/evil\";", request("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(whole?.isDefragmented == false && whole?.rewrittenSegments == 0)
        var packets = request("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n")
        packets.replaceSubrange(3...3, with: PacketBuilder.web.fragments(of: packets[3], bytes: 24))
        #expect(match("http.uri; content:\"/evil\";", packets)?.isDefragmented == true)
        // The first copy of the second half waits; the whole request differs from it there.
        let opening = Array(packets[..<3])
        func segment(_ text: String, at offset: UInt32) -> [UInt8] {
            PacketBuilder.web.tcp(flags: [.psh, .ack], sequence: 1001 + offset, acknowledgment: 5001, payload: Array(text.utf8))
        }
        let overlapping = [segment("evil HTTP/1.1\r\n", at: 5), segment("GET /good HTTP/1.1\r\nHost: a\r\n\r\n", at: 0)]
        #expect(match("http.uri; content:\"/evil\";", opening + overlapping)?.rewrittenSegments == 1)
    }

    @Test func itStandsInTheEvent() throws {
        let lab = Lab("alert http any any -> any any (http.uri; content:\"/evil\"; sid:1;)")
        _ = lab.send(request("GET /%65vil HTTP/1.1\r\nHost: a\r\n\r\n"))
        let event = try #require(lab.events.first { if case .alert = $0.body { true } else { false } })
        var encoder = EventEncoder()
        let line = String(decoding: encoder.line(event), as: UTF8.self)
        #expect(line.contains(#""context":"/evil","context_hex":"2f6576696c","context_offset":0,"raw":"/%65vil","raw_hex":"2f2536357669"#), "\(line)")
    }
}

/// Paths that are compared with those of exceptions.
struct RequestPathTests {
    private func plain(_ target: String) -> String? {
        RequestPath.plain(Array(target.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a?b=/../c", "/a"), ("/%61%7a", "/az"), ("http://h/a", "/a"), ("HTTPS://h:1/a?b", "/a"),
        ("/...", "/..."), ("/.a/b.", "/.a/b."), ("//a", "//a"), ("/\u{e9}", "/\u{e9}"),
    ])
    func plainOnes(target: String, path: String) { #expect(plain(target) == path) }

    @Test(arguments: [
        "", "*", "a", "h:80", "http://h", "/..", "/../a", "/a/..", "/a/.", "/.", "/a/%2e%2E/b", "/%2e", "/a%2fb", "/a%5Cb", "/a\\b",
        "/a;b", "/a%3bc", "/a#b", "/a%23b", "/a%", "/a%2", "/a%zz", "/a%00", "/a%0a", "/a%7f", "/a b", "/a%20b", "/a%25", "/a%3f", "/a\n",
    ])
    func roundaboutOnes(target: String) { #expect(plain(target) == nil) }

    /// Whatever is in a target, what comes out can be read in one way only.
    @Test func noTargetBecomesAnother() {
        var random = SeededRandom(seed: 5)
        let alphabet = Array("/.%25ef\\;?#a".utf8)
        for _ in 0..<20_000 {
            let target = [UInt8(ascii: "/")] + (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
            guard let path = RequestPath.plain(target) else { continue }
            let segments = path.split(separator: UInt8(ascii: "/"))
            #expect(!segments.contains(Array("..".utf8)[...]) && !segments.contains(Array(".".utf8)[...]))
            #expect(path.allSatisfy { !"\\;?#%".utf8.contains($0) }, "\(String(decoding: target, as: UTF8.self))")
        }
    }
}
