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
    private func segment(_ text: String, at offset: UInt32, bytes: [UInt8] = []) -> [UInt8] {
        PacketBuilder.web.tcp(
            flags: [.psh, .ack], sequence: 1001 + offset, acknowledgment: 5001, payload: Array(text.utf8) + bytes)
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

    /// Segments cut anywhere, reordered and overlapping with other bytes: what rules saw is what the receiver got.
    @Test(arguments: 0..<40)
    func rulesSeeWhatTheReceiverGets(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let lab = Lab(#"alert tcp-stream any any -> any any (content:"END"; sid:1;)"#)
        _ = lab.send(opening())
        let length = Int.random(in: 10...300, using: &random)
        var received: [Int: UInt8] = [:]
        func send(_ range: Range<Int>, _ bytes: [UInt8]) {
            let packet = segment("", at: UInt32(range.lowerBound), bytes: bytes)
            let sent: [UInt8]
            switch lab.send(packet) {
            case .accept: sent = packet
            case .rewrite: sent = lab.rewritten.last ?? []
            default: return
            }
            for (index, byte) in sent.suffix(range.count).enumerated() where received[range.lowerBound + index] == nil {
                received[range.lowerBound + index] = byte
            }
        }
        for _ in 0..<30 {
            let start = Int.random(in: 0..<length, using: &random)
            let range = start..<Int.random(in: start + 1...length, using: &random)
            send(range, range.map { _ in UInt8.random(in: 0x61...0x7a, using: &random) })
        }
        for offset in 0..<length where received[offset] == nil { send(offset..<offset + 1, [0x61]) }
        send(length..<length + 3, Array("END".utf8))
        let stream = (0..<length + 3).compactMap { received[$0] }
        #expect(lab.streams == [stream] && stream.count == length + 3)
    }
}

extension Lab {
    /// The stream that each alert stands for.
    fileprivate var streams: [[UInt8]] {
        events.compactMap {
            guard case .alert(let alert, _) = $0.body else { return nil }
            return alert.payload.payload
        }
    }
}
