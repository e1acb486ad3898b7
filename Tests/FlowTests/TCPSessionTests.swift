@testable import Flow
import TestSupport
import Testing
import Wire

struct TCPSessionTests {
    /// What the receiver on the other side of the engine would have got, and what the engine's rules saw.
    private final class Ends {
        let session: TCPSession
        var inspected: [UInt8] = []
        var forwarded: [Int: UInt8] = [:]
        let base: UInt32
        var drops = 0

        init(base: UInt32, configuration: TCPConfiguration = TCPConfiguration()) {
            session = TCPSession(configuration: configuration)
            self.base = base
        }

        func receive(_ bytes: [UInt8], _ direction: Direction = .toServer) {
            let packet = DecodedPacket(raw: bytes)
            let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
            let outcome = session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
            var sent = payload
            switch outcome.disposition {
            case .drop:
                drops += 1
                return
            case .rewrite: sent = session.rewrittenPayload
            case .forward: break
            }
            guard direction == .toServer else { return }
            if !payload.isEmpty {
                let offset = Int(packet.tcp.sequence.distance(from: SequenceNumber(base)))
                for (index, byte) in sent.enumerated() where forwarded[offset + index] == nil {
                    forwarded[offset + index] = byte
                }
            }
            if !outcome.inOrder.isEmpty { inspected += sent[outcome.inOrder] }
            while let chunk = session.nextBuffered(.toServer) { inspected += chunk.bytes }
        }

        /// The receiver's stream as far as it is contiguous.
        var delivered: [UInt8] {
            var result: [UInt8] = []
            while let byte = forwarded[result.count] { result.append(byte) }
            return result
        }
    }

    private func opened(base: UInt32, _ configuration: TCPConfiguration = TCPConfiguration()) -> (Ends, Conversation) {
        var conversation = Conversation(client: .web, clientSequence: base &- 1)
        conversation.open()
        let ends = Ends(base: base, configuration: configuration)
        for (index, packet) in conversation.packets.enumerated() {
            ends.receive(packet, index == 1 ? .toClient : .toServer)
        }
        #expect(ends.session.isEstablished)
        return (ends, conversation)
    }

    /// Segments cut anywhere, reordered, sent twice and overlapping with other bytes: what rules see
    /// is what the receiver gets, and without conflicting bytes it is what was sent.
    @Test(arguments: 0..<60)
    func rulesSeeWhatTheReceiverGets(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let base: UInt32 = seed % 2 == 0 ? 1000 : .max - 50
        let (ends, conversation) = opened(base: base)
        let data = (0..<Int.random(in: 1...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let conflicts = seed % 3 == 0
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        var start = 0
        while start < data.count {
            let end = min(data.count, start + Int.random(in: 1...40, using: &random))
            pieces.append((start, Array(data[start..<end])))
            if Int.random(in: 0..<3, using: &random) == 0 {
                let from = Int.random(in: 0...start, using: &random)
                var copy = Array(data[from..<end])
                if conflicts { copy = copy.map { _ in UInt8.random(in: 0...255, using: &random) } }
                pieces.append((from, copy))
            }
            start = end
        }
        for piece in pieces.shuffled(using: &random) {
            ends.receive(
                PacketBuilder.web.tcp(
                    flags: [.psh, .ack], sequence: base &+ UInt32(piece.offset),
                    acknowledgment: conversation.serverSequence, payload: piece.bytes))
        }
        #expect(ends.inspected == ends.delivered)
        #expect(ends.inspected.count == data.count)
        if !conflicts { #expect(ends.inspected == data) }
    }

    @Test func aSYNDuringTheConnectionDoesNotResetIt() {
        let (ends, _) = opened(base: 1000)
        ends.receive(PacketBuilder.web.tcp(flags: .syn, sequence: 77_777))
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1000, acknowledgment: 5001, payload: [1, 2]))
        #expect(ends.inspected == [1, 2])
    }

    @Test func aResetOutsideTheWindowChangesNothing() {
        let (ends, _) = opened(base: 1000)
        ends.receive(PacketBuilder.web.tcp(flags: .rst, sequence: 900_000_000))
        #expect(ends.drops == 1)
        #expect(ends.session.isEstablished)
        ends.receive(PacketBuilder.web.tcp(flags: .rst, sequence: 1000))
        #expect(ends.session.state == .closed)
    }

    @Test func theEndOfBothStreams() {
        var conversation = Conversation(client: .web)
        conversation.open()
        conversation.close()
        let session = TCPSession(configuration: TCPConfiguration())
        var ended: [Direction] = []
        for bytes in conversation.packets {
            let packet = DecodedPacket(raw: bytes)
            let direction: Direction = packet.sourcePort == 80 ? .toClient : .toServer
            let none: [UInt8] = []
            let outcome = session.receive(packet, payload: none.span, direction: direction, now: Timestamp(nanoseconds: 0))
            #expect(outcome.disposition == .forward)
            if outcome.isEndOfStream { ended.append(direction) }
        }
        #expect(ended == [.toServer, .toClient])
        #expect(session.hasEnded(.toServer) && session.hasEnded(.toClient))
    }

    /// Linux ends a connection so only in some cases: what follows is still inspected.
    @Test func aResetBehindDataOutOfOrderDecidesNothing() {
        let (ends, _) = opened(base: 1001)
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1003, acknowledgment: 5001, payload: [3, 4]))
        ends.receive(PacketBuilder.web.tcp(flags: .rst, sequence: 1005))
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: [1, 2]))
        #expect(ends.inspected == [1, 2, 3, 4] && ends.drops == 0)
    }

    /// An end that has closed answers what still comes with the number that it acknowledges: its FIN's. Linux takes it.
    @Test func aResetInPlaceOfTheFIN() {
        let (ends, _) = opened(base: 1001)
        let server = PacketBuilder.web.reversed
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: [1]))
        ends.receive(PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1002, acknowledgment: 5001))
        ends.receive(server.tcp(flags: .ack, sequence: 5001, acknowledgment: 1003), .toClient)
        ends.receive(PacketBuilder.web.tcp(flags: .rst, sequence: 1001))
        #expect(ends.session.state == .closeWait && ends.drops == 0)
        ends.receive(PacketBuilder.web.tcp(flags: .rst, sequence: 1002))
        #expect(ends.session.state == .closed && ends.drops == 0)
    }

    /// A copy of a request that was sent before the answer came, behind the acknowledgment of all of the answer.
    @Test func anOldAcknowledgmentBehindThatOfTheFIN() {
        let (ends, _) = opened(base: 1001)
        let server = PacketBuilder.web.reversed
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: [1, 2]))
        ends.receive(server.tcp(flags: [.fin, .ack], sequence: 5001, acknowledgment: 1003, payload: [9]), .toClient)
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1003, acknowledgment: 5003))
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: [1, 2]))
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1003, acknowledgment: 5001, payload: [3]))
        #expect(ends.drops == 0 && ends.inspected == [1, 2, 3])
    }

    @Test func withoutMidstreamNothingStartsInTheMiddle() {
        var configuration = TCPConfiguration()
        configuration.acceptsMidstream = false
        let ends = Ends(base: 1000, configuration: configuration)
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1000, acknowledgment: 1, payload: [1]))
        #expect(ends.drops == 1 && ends.inspected.isEmpty)
    }

    @Test func outOfOrderMemoryIsBounded() {
        var configuration = TCPConfiguration()
        configuration.outOfOrderBytesLimit = 4096
        configuration.outOfOrderRangesLimit = 8
        let (ends, _) = opened(base: 1000, configuration)
        for number in 0..<100 {
            ends.receive(
                PacketBuilder.web.tcp(
                    flags: .ack, sequence: 1000 + UInt32(100 + number * 200), acknowledgment: 5001,
                    payload: [UInt8](repeating: 7, count: 100)))
        }
        #expect(ends.drops > 0)
        #expect(ends.inspected.isEmpty)
    }

    /// Any segments at all: the session may refuse them, but rules always see what the receiver gets.
    /// Beside the wire what is acknowledged was sent; but half the number space away is no direction.
    @Test(arguments: [UInt32(1) << 31, (UInt32(1) << 31) - 1, (UInt32(1) << 31) + 1, 1 << 30])
    func anAcknowledgmentFarAway(distance: UInt32) {
        var configuration = TCPConfiguration()
        configuration.isInline = false
        let (ends, _) = opened(base: 1001, configuration)
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001 &+ distance))
        for offset in [0, 5000] as [UInt32] {
            ends.receive(
                PacketBuilder.web.reversed.tcp(flags: .ack, sequence: 5001 + offset, acknowledgment: 1001, payload: [1, 2, 3]), .toClient)
        }
        ends.receive(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: [7]))
        #expect(ends.inspected == [7])
    }

    @Test func randomSegmentsNeverBreakTheSession() {
        var random = SeededRandom(seed: 9)
        for _ in 0..<300 {
            let (ends, _) = opened(base: 1000)
            for _ in 0..<40 {
                let bytes = PacketBuilder.web.tcp(
                    flags: TCPFlags(rawValue: UInt8.random(in: 0...63, using: &random)),
                    sequence: 990 &+ UInt32.random(in: 0...60, using: &random),
                    acknowledgment: 4990 &+ UInt32.random(in: 0...30, using: &random),
                    urgentPointer: UInt16.random(in: 0...3, using: &random),
                    payload: (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
                ends.receive(bytes, Bool.random(using: &random) ? .toServer : .toClient)
            }
            #expect(ends.session.streamBytes(.toServer) <= 10_000)
        }
    }
}
