import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Events of the recognition of protocols, in rules and in records.
struct RecognitionEventTests {
    private static let names = [
        "mismatch_protocol_both_directions", "wrong_direction_first_data", "detect_protocol_only_one_direction",
        "proto_detection_skipped", "no_tls_after_starttls",
    ]

    private typealias Turn = (text: String, sender: Direction)

    /// Names that rules saw; they are those of the anomalies.
    private func raised(_ turns: [Turn], port: UInt16 = 80) -> [String] {
        let rules = Self.names.enumerated().map { number, name in
            "alert tcp any any -> any any (app-layer-event:applayer_\(name); sid:\(number + 1);)"
        }
        let lab = Lab(rules.joined(separator: "\n"))
        var talk = Conversation(client: .to(port: port))
        talk.open()
        for turn in turns { talk.send(Array(turn.text.utf8), from: turn.sender) }
        _ = lab.send(talk.packets)
        lab.finish()
        let anomalies = lab.events.compactMap { event -> String? in
            guard case .anomaly(let anomaly) = event.body, anomaly.layer == "proto_detect" else { return nil }
            return anomaly.event
        }
        let seen = lab.alerts.compactMap(Int.init).map { Self.names[$0 - 1] }
        #expect(anomalies == seen.map { "APPLAYER_\($0.uppercased())" })
        return seen
    }

    private static let request: Turn = ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .toServer)
    private static let answer: Turn = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .toClient)

    @Test func aServerOfAnotherProtocol() {
        #expect(raised([Self.request, ("SSH-2.0-OpenSSH_9.9\r\n", .toClient)]) == ["mismatch_protocol_both_directions"])
        #expect(raised([Self.request, Self.answer]).isEmpty)
    }

    @Test func anAnswerThatIsNoProtocol() {
        #expect(raised([Self.request, ("<html>hello</html>", .toClient)]) == ["detect_protocol_only_one_direction"])
        // What is cut is waited for.
        #expect(raised([Self.request, ("HT", .toClient), ("TP/1.1 204 Gone\r\n\r\n", .toClient)]).isEmpty)
        #expect(
            raised([("{}{}{}{}{}{}{}{}\r\n", .toServer), Self.answer]).contains("detect_protocol_only_one_direction"))
    }

    @Test func aServerThatSpeaksFirst() {
        #expect(raised([Self.answer, Self.request]) == ["wrong_direction_first_data"])
        #expect(raised([("SSH-2.0-a\r\n", .toClient), ("SSH-2.0-b\r\n", .toServer)]).isEmpty)
    }

    @Test func bytesWithoutEnd() {
        let noise = String(repeating: "\u{1}\u{2}\u{3}\u{4}", count: 10_000)
        #expect(raised([(noise, .toServer)]) == ["proto_detection_skipped"])
        #expect(raised([(noise, .toClient), (noise, .toClient), (noise, .toClient)]) == ["proto_detection_skipped"])
        #expect(raised([(noise, .toServer), (noise, .toClient)]).count <= 1)
    }

    @Test func whatFollowsSTARTTLS() {
        func session(_ next: String) -> [Turn] {
            [
                ("220 mail ESMTP\r\n", .toClient), ("EHLO me\r\n", .toServer), ("250 STARTTLS\r\n", .toClient),
                ("STARTTLS\r\n", .toServer), ("220 go\r\n", .toClient), (next, .toServer),
            ]
        }
        #expect(raised(session(Self.request.text), port: 25) == ["no_tls_after_starttls"])
        #expect(raised(session("{}{}{}{}{}{}{}{}\r\n"), port: 25) == ["no_tls_after_starttls"])
        #expect(raised(session("\u{16}\u{3}\u{1}\u{2}"), port: 25).isEmpty)
    }
}
