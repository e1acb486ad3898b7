@testable import Flow
import TestSupport
import Testing
import Traffic
import Wire

/// Segments that no honest end has sent must not keep its own ones away (as Linux does it).
struct ForgedSegmentTests {
    private let client = PacketBuilder.web
    private let server = PacketBuilder.web.reversed

    private func time(_ value: UInt32, echo: UInt32) -> [UInt8] {
        [1, 1, 8, 10] + [value, echo].flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    private func receive(_ bytes: [UInt8], _ session: TCPSession, _ direction: Direction = .toServer) -> TCPSession.Outcome {
        let packet = DecodedPacket(raw: bytes)
        let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
        return session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
    }

    private func opened(isInline: Bool = true, window: UInt16 = 65_535) -> TCPSession {
        var configuration = TCPConfiguration()
        configuration.isInline = isInline
        let session = TCPSession(configuration: configuration)
        _ = receive(client.tcp(flags: .syn, sequence: 1000, options: time(10, echo: 0)), session)
        _ = receive(
            server.tcp(flags: [.syn, .ack], sequence: 5000, acknowledgment: 1001, window: window, options: time(70, echo: 10)),
            session, .toClient)
        return session
    }

    private func data(_ sequence: UInt32, _ bytes: [UInt8], time value: UInt32, flags: TCPFlags = .ack) -> [UInt8] {
        client.tcp(flags: flags, sequence: sequence, acknowledgment: 5001, options: time(value, echo: 70), payload: bytes)
    }

    /// Which time stamps a receiver takes depends on what it finds acceptable; its echo says it.
    @Test(arguments: [UInt32(1000), 1001, 1003])
    func aTimeStampThatTheReceiverDoesNotTake(sequence: UInt32) {
        let session = opened()
        _ = receive(data(sequence, [9], time: 1_000_000), session)
        #expect(receive(data(1001, [1], time: 12), session).disposition != .drop(.invalid))
    }

    @Test func aTimeStampOlderThanTheEchoedOneIsNotTaken() {
        let session = opened()
        _ = receive(data(1001, [1], time: 500), session)
        let answer = { (echo: UInt32) in
            server.tcp(flags: .ack, sequence: 5001, acknowledgment: 1002, options: time(71, echo: echo))
        }
        // An echo of what was never sent says nothing.
        _ = receive(answer(501), session, .toClient)
        #expect(receive(data(1002, [2], time: 499), session).disposition == .forward)
        _ = receive(answer(500), session, .toClient)
        let outcome = receive(data(1003, [3], time: 400), session)
        #expect(outcome.disposition == .drop(.invalid) && outcome.events.contains(.packetInvalidTimestamp))
        #expect(receive(data(1003, [3], time: 501), session).disposition == .forward)
    }

    /// Linux forgets what it holds behind the first FIN that is in order.
    @Test func aFINInOrderWithDataBehindItThatWaits() {
        let session = opened()
        _ = receive(data(1010, [9], time: 11), session)
        let outcome = receive(data(1001, [1, 2], time: 12, flags: [.fin, .ack]), session)
        #expect(outcome.disposition == .forward && outcome.isEndOfStream)
        #expect(receive(data(1003, [7, 7, 7, 7, 7, 7, 7], time: 13), session).disposition == .drop(.invalid))
        #expect(session.streamBytes(.toServer) == 2)
    }

    /// A FIN out of order that the stream goes past is none.
    @Test func aFINThatTheStreamGoesPast() {
        let session = opened()
        _ = receive(data(1003, [], time: 11, flags: [.fin, .ack]), session)
        let outcome = receive(data(1001, [1, 2, 3, 4], time: 12), session)
        #expect(outcome.disposition == .forward && !outcome.isEndOfStream)
        #expect(receive(data(1005, [5], time: 13, flags: [.fin, .ack]), session).isEndOfStream)
        #expect(session.streamBytes(.toServer) == 5)
    }

    /// The end that got the SYN again answers it with sequence numbers and an echo of its own.
    @Test func aSYNAgainBehindAResetOfItsAnswer() {
        let session = opened()
        _ = receive(client.tcp(flags: [.rst, .ack], sequence: 1001, acknowledgment: 5001, options: time(11, echo: 70)), session)
        _ = receive(client.tcp(flags: .syn, sequence: 1000, options: time(12, echo: 0)), session)
        let answer = server.tcp(flags: [.syn, .ack], sequence: 8000, acknowledgment: 1001, options: time(70, echo: 12))
        #expect(receive(answer, session, .toClient).disposition == .forward)
    }

    /// A window of 65,535 can stand for a larger one: beside the wire what lies behind it may have been taken.
    @Test func dataBehindAWindowThatCannotBeNamed() {
        for (isInline, window) in [(false, UInt16(65_535)), (false, 65_534), (true, 65_535)] {
            let session = opened(isInline: isInline, window: window)
            _ = receive(
                server.tcp(flags: .ack, sequence: 5001, acknowledgment: 1001, window: window, options: time(71, echo: 10)), session,
                .toClient)
            let isTaken = receive(data(1001 + 70_000, [1], time: 11), session).disposition == .forward
            #expect(isTaken == (!isInline && window == 65_535))
        }
    }
}
