import Events
import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Copies of the same bytes that differ.
struct OverlapTests {
    /// A segment of an opened connection's client, `at` bytes into its stream.
    private func segment(_ text: String, at offset: UInt32) -> [UInt8] {
        PacketBuilder.web.tcp(
            flags: [.psh, .ack], sequence: 1001 + offset, acknowledgment: 5001, payload: Array(text.utf8))
    }

    private func opening() -> [[UInt8]] {
        var talk = Conversation(client: .web)
        talk.open()
        return talk.packets
    }

    @Test func theCopyThatWaitsBehindAHoleIsTheOneInspected() {
        for (first, second, isEvil) in [("evil HTTP/1.1\r\n", "good", true), ("good HTTP/1.1\r\n", "evil", false)] {
            let lab = Lab(#"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#)
            _ = lab.send(opening())
            #expect(lab.send(segment(first, at: 5)) == .accept)
            let closing = lab.send(segment("GET /\(second) HTTP/1.1\r\nHost: a\r\n\r\n", at: 0))
            #expect(closing == (isEvil ? .drop : .rewrite))
            #expect(lab.alerts == (isEvil ? ["1!"] : []))
        }
    }

    @Test func rulesOnThePacketSeeWhatLeaves() {
        let lab = Lab(
            """
            alert tcp-pkt any any -> any any (content:"EVIL"; sid:1;)
            alert tcp-pkt any any -> any any (content:"good"; sid:2;)
            """)
        _ = lab.send(opening())
        #expect(lab.send(segment("good", at: 4)) == .accept)
        #expect(lab.send(segment("aaaaEVIL", at: 0)) == .rewrite)
        #expect(lab.alerts == ["2", "2"])
    }
}
