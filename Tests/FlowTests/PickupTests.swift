@testable import Flow
import TestSupport
import Testing
import Traffic
import Wire

/// Connections that were there before the engine: what their receivers have already, nobody says.
struct PickupTests {
    private final class Ends {
        let session: TCPSession
        var inspected: [UInt8] = []
        var beginnings = 0

        init(isInline: Bool = true) {
            var configuration = TCPConfiguration()
            configuration.isInline = isInline
            session = TCPSession(configuration: configuration)
        }

        @discardableResult
        func send(_ bytes: [UInt8], _ direction: Direction = .toServer) -> TCPSession.Outcome {
            let packet = DecodedPacket(raw: bytes)
            let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
            let outcome = session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
            if outcome.isRewound { (inspected, beginnings) = ([], beginnings + 1) }
            let sent = outcome.disposition == .rewrite ? session.rewrittenPayload : payload
            if direction == .toServer { inspected += sent[outcome.inOrder] }
            while let chunk = session.nextBuffered(.toServer) { inspected += chunk.bytes }
            return outcome
        }
    }

    private func data(_ sequence: UInt32, _ bytes: [UInt8]) -> [UInt8] {
        PacketBuilder.web.tcp(flags: .ack, sequence: sequence, acknowledgment: 5001, payload: bytes)
    }

    private func acknowledgment(_ sequence: UInt32) -> [UInt8] {
        PacketBuilder.web.reversed.tcp(flags: .ack, sequence: 5001, acknowledgment: sequence)
    }

    /// The receiver lacks bytes from before: its application reads those first.
    @Test func whatTheReceiverLackedComesFirst() {
        let ends = Ends()
        ends.send(data(1003, [3, 4]))
        ends.send(acknowledgment(1001), .toClient)
        let outcome = ends.send(data(1001, [1, 2]))
        #expect(outcome.disposition == .forward && outcome.isRewound && outcome.streamOffset == 0)
        #expect(ends.inspected == [1, 2, 3, 4] && ends.beginnings == 1)
        ends.send(acknowledgment(1005), .toClient)
        ends.send(data(1005, [5]))
        #expect(ends.inspected == [1, 2, 3, 4, 5])
    }

    /// A stale segment ahead: the receiver is elsewhere, and reads at once what looks like waiting for a hole.
    @Test func nothingGoesAheadBeforeTheReceiverHasSaidWhereItIs() {
        let ends = Ends()
        ends.send(data(1001, [9]))
        #expect(ends.send(data(1500, [6, 6])).disposition == .drop(.invalid))
        #expect(ends.send(acknowledgment(1500), .toClient).disposition == .forward)
        ends.send(data(1500, [6, 6]))
        #expect(ends.inspected == [9, 6, 6])
    }

    /// Acknowledgments of what was sent before are the receiver's own.
    @Test func anAcknowledgmentOfWhatWasSentBefore() {
        let ends = Ends()
        ends.send(data(1001, []))
        #expect(ends.send(acknowledgment(1400), .toClient).disposition == .forward)
        ends.send(data(1400, [1]))
        #expect(ends.inspected == [1])
    }

    /// A copy of bytes that the receiver has although they never came by goes on without them; what is new counts.
    @Test func aCopyOfWhatNeverCameBy() {
        let ends = Ends()
        ends.send(data(1001, []))
        ends.send(acknowledgment(1003), .toClient)
        let outcome = ends.send(data(1001, [7, 7, 3]))
        #expect(outcome.disposition == .rewrite && ends.session.rewrittenPayload == [0, 0, 3])
        #expect(ends.inspected == [3])
        #expect(ends.send(data(1001, [7, 7])).disposition == .rewrite && ends.session.rewrittenPayload == [0, 0])
    }

    /// What came between two holes is inspected, although neither is filled here.
    @Test func whatLiesBetweenTwoHoles() {
        let ends = Ends()
        ends.send(data(1001, [1]))
        ends.send(acknowledgment(1002), .toClient)
        ends.send(data(1004, [4, 5]))
        ends.send(acknowledgment(1010), .toClient)
        ends.send(data(1010, [10]))
        #expect(ends.inspected == [1, 4, 5, 10])
    }

    /// Beside the wire: the end went past a hole, whose bytes nobody has.
    @Test func bytesBeforeThePickUpBehindAHoleThatWasPassed() {
        let ends = Ends(isInline: false)
        ends.send(data(1003, [3]))
        ends.send(data(9000, [9]))
        ends.session.flush()
        while ends.session.nextBuffered(.toServer) != nil {}
        ends.send(data(1001, [1, 2]))
        ends.send(data(1004, [4]))
        #expect(ends.beginnings == 0)
    }
}
