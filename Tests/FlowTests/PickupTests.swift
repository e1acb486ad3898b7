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

    /// A probe lies before what the receiver has, and its answer is held back when it answered another one just now.
    @Test func dataBehindAProbe() {
        let ends = Ends()
        ends.send(data(1000, []))
        #expect(ends.send(data(1001, [1, 2])).disposition == .forward)
        #expect(ends.inspected == [1, 2])
    }

    /// A segment without data ahead of the receiver: what comes before it is inspected all the same.
    @Test func dataBeforeASegmentWithoutData() {
        let ends = Ends()
        ends.send(data(3000, []))
        ends.send(data(1001, [1]))
        ends.send(data(1002, [2]))
        #expect(ends.inspected == [1, 2])
    }

    private func answer(_ sequence: UInt32, _ acknowledgment: UInt32 = 101) -> [UInt8] {
        PacketBuilder.web.reversed.tcp(flags: [.syn, .ack], sequence: sequence, acknowledgment: acknowledgment)
    }

    private func served(_ ends: Ends, _ sequence: UInt32, _ bytes: [UInt8]) -> TCPSession.Outcome {
        ends.send(
            PacketBuilder.web.reversed.tcp(flags: .ack, sequence: sequence, acknowledgment: 101, payload: bytes), .toClient)
    }

    /// The client's acknowledgment of the first copy went past before.
    @Test func aSYNACKThatComesAgain() {
        let ends = Ends()
        #expect(ends.send(answer(5000), .toClient).disposition == .forward)
        #expect(ends.send(answer(5000), .toClient).disposition == .forward)
        let outcome = served(ends, 5001, [1])
        #expect(outcome.disposition == .forward && outcome.inOrder == 0..<1)
    }

    /// Its acknowledgment lies in the upper half of the number space.
    @Test func aSYNACKThatComesTwiceAgain() {
        let ends = Ends()
        for _ in 0..<2 { #expect(ends.send(answer(5000, 3_000_000_000), .toClient).disposition == .forward) }
    }

    /// Nobody but the client can tell whether a SYN/ACK is its server's: what lies before it is not old.
    @Test func dataBeforeAForgedSYNACK() {
        let ends = Ends()
        ends.send(answer(60_000), .toClient)
        let outcome = served(ends, 5001, [1])
        #expect(outcome.disposition == .forward && outcome.isRewound && outcome.inOrder == 0..<1)
    }

    /// The receiver names its place, from which it can't have taken what the direction was picked up at.
    @Test(arguments: [1 << 31 + 5, 1 << 31 - 5, 1 << 30 + 1000] as [UInt32])
    func whatTheReceiverContradicts(distance: UInt32) {
        let ends = Ends()
        ends.send(data(1001 &+ distance, [9, 9]))
        #expect(ends.send(acknowledgment(1001), .toClient).disposition == .forward)
        #expect(ends.send(data(1003, [3])).disposition == .forward)
        ends.send(data(1001, [1, 2]))
        #expect(ends.inspected == [1, 2, 3])
    }

    /// A copy that begins before the receiver's place and goes past it, whose acknowledgment is late.
    @Test func bytesAheadAreKeptBehindACopyThatBeginsTooEarly() {
        let ends = Ends()
        ends.send(data(1010, [10]))
        ends.send(acknowledgment(1003), .toClient)
        ends.send(data(1001, [1, 2, 3, 4]))
        ends.send(data(1005, [5, 6, 7, 8, 9]))
        #expect(ends.inspected == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }

    /// A FIN with bytes behind it is in order only for a receiver that has all before it: another one keeps those bytes.
    @Test func aForgedFINBeforeThePickUp() {
        let ends = Ends()
        ends.send(data(1010, [10]))
        ends.send(acknowledgment(1001), .toClient)
        let fin = PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1003, acknowledgment: 5001, payload: [9])
        #expect(ends.send(fin).disposition == .drop(.invalid))
        ends.send(data(1001, [1, 2, 3, 4, 5, 6, 7, 8, 9]))
        #expect(ends.inspected == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    }

    /// Its acknowledgment was lost: the receiver answers it again.
    @Test func aFINThatWasAcknowledgedBefore() {
        let ends = Ends()
        ends.send(acknowledgment(1004), .toClient)
        let fin = PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1003, acknowledgment: 5001)
        #expect(ends.send(fin).disposition == .forward)
        #expect(ends.send(PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1001, acknowledgment: 5001, payload: [1, 2])).disposition == .forward)
    }

    /// What its sender said last lies behind its FIN, which did not arrive.
    @Test func aFINThatComesAgainBehindAnAcknowledgment() {
        let ends = Ends()
        ends.send(data(1004, []))
        #expect(ends.send(PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1003, acknowledgment: 5001)).disposition == .forward)
        #expect(ends.session.hasEnded(.toServer))
    }

    /// The server answers with the time stamp of the first SYN, which went past: what it sent was lost.
    @Test func theAnswerToASYNThatWentPast() {
        let ends = Ends()
        let time: (UInt8, UInt8) -> [UInt8] = { [1, 1, 8, 10, 0, 0, 4, $0, 0, 0, 4, $1] }
        ends.send(PacketBuilder.web.tcp(flags: .syn, sequence: 100, options: time(200, 0)))
        let answer = PacketBuilder.web.reversed.tcp(
            flags: [.syn, .ack], sequence: 5000, acknowledgment: 101, options: time(7, 100))
        #expect(ends.send(answer, .toClient).disposition == .forward)
        #expect(ends.send(PacketBuilder.web.tcp(flags: .ack, sequence: 101, acknowledgment: 5001, options: time(201, 7), payload: [1])).inOrder == 0..<1)
    }

    /// An open connection answers a SYN with a bare acknowledgment.
    @Test func aSYNThatComesAgainToAnOpenConnection() {
        let ends = Ends()
        ends.send(PacketBuilder.web.tcp(flags: .syn, sequence: 1000))
        ends.send(acknowledgment(1003), .toClient)
        #expect(ends.send(data(1003, [3])).disposition == .forward)
        #expect(ends.send(acknowledgment(1004), .toClient).disposition == .forward)
        #expect(ends.inspected == [3])
    }

    /// A segment that acknowledges what its sender can't have got does not say where the direction is.
    @Test func dataBehindAForgedAcknowledgment() {
        let ends = Ends()
        ends.send(PacketBuilder.web.tcp(flags: .ack, sequence: 6000, acknowledgment: 5001 &- 1 << 30))
        let outcome = ends.send(data(1001, [1]))
        #expect(outcome.disposition == .drop(.invalid) || ends.inspected == [1])
    }

    /// The bare acknowledgment was forged: the handshake goes on as if it had not come.
    @Test func aSYNACKBehindABareAcknowledgment() {
        let ends = Ends()
        ends.send(PacketBuilder.web.tcp(flags: .syn, sequence: 100))
        ends.send(PacketBuilder.web.reversed.tcp(flags: .ack, sequence: 777, acknowledgment: 900), .toClient)
        #expect(ends.send(answer(5000), .toClient).disposition == .forward)
        #expect(ends.session.isMidstream == false)
        #expect(served(ends, 5001, [1]).disposition == .drop(.invalid))
        ends.send(data(101, [1]))
        #expect(ends.session.isEstablished && ends.inspected == [1])
    }
}
