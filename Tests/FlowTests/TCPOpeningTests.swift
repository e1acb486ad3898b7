@testable import Flow
import TestSupport
import Testing
import Wire

/// Connections that begin in an unusual way.
struct TCPOpeningTests {
    private func receive(
        _ bytes: [UInt8], _ session: TCPSession, _ direction: Direction = .toServer
    ) -> (outcome: TCPSession.Outcome, bytes: [UInt8]) {
        let packet = DecodedPacket(raw: bytes)
        let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
        let outcome = session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
        var inspected = Array(payload[outcome.inOrder])
        while let chunk = session.nextBuffered(direction) { inspected += chunk.bytes }
        return (outcome, inspected)
    }

    private let client = PacketBuilder.web
    private var server: PacketBuilder { PacketBuilder.web.reversed }

    private func timestamp(_ value: UInt8, echo: UInt8) -> [UInt8] { [1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, echo] }
    private let md5: [UInt8] = [19, 18] + [UInt8](repeating: 0xaa, count: 16) + [1, 1]

    @Test(arguments: [[34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1], [254, 12, 0xf9, 0x89, 1, 2, 3, 4, 5, 6, 7, 8]] as [[UInt8]])
    func dataInAFastOpeningSYN(option: [UInt8]) {
        let session = TCPSession(configuration: TCPConfiguration())
        let first = receive(client.tcp(flags: .syn, sequence: 99, options: option, payload: [1, 2, 3]), session)
        #expect(first.outcome.disposition == .forward && first.bytes == [1, 2, 3])
        let other = TCPSession(configuration: TCPConfiguration())
        let unasked: [UInt8] = [254, 12, 0xf9, 0x88, 1, 2, 3, 4, 5, 6, 7, 8]
        let refused = receive(client.tcp(flags: .syn, sequence: 99, options: unasked, payload: [1, 2, 3]), other)
        #expect(refused.outcome.disposition == .drop(.invalid))
    }

    @Test func theAnswerSaysWhichOfSeveralSYNsCounts() {
        let session = TCPSession(configuration: TCPConfiguration())
        for sequence in [100, 2000, 30_000] as [UInt32] {
            #expect(receive(client.tcp(flags: .syn, sequence: sequence), session).outcome.disposition == .forward)
        }
        #expect(receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 5), session, .toClient).outcome.disposition == .drop(.invalid))
        let answer = receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 2001), session, .toClient)
        #expect(answer.outcome.disposition == .forward)
        let data = receive(client.tcp(flags: .ack, sequence: 2001, acknowledgment: 8, payload: [9]), session)
        #expect(data.bytes == [9] && session.isEstablished)
    }

    /// Linux goes on with one of them, and nobody in the middle can tell with which.
    @Test func ofTwoSYNsThatAnswerASYNTheFirstPasses() {
        let session = TCPSession(configuration: TCPConfiguration())
        #expect(receive(client.tcp(flags: .syn, sequence: 99), session).outcome.disposition == .forward)
        #expect(receive(server.tcp(flags: .syn, sequence: 5000), session, .toClient).outcome.disposition == .forward)
        #expect(receive(server.tcp(flags: .syn, sequence: 9000), session, .toClient).outcome.disposition == .drop(.invalid))
        #expect(receive(server.tcp(flags: .syn, sequence: 5000), session, .toClient).outcome.disposition == .forward)
        let data = receive(server.tcp(flags: .ack, sequence: 9001, acknowledgment: 100, payload: [1]), session, .toClient)
        #expect(data.outcome.disposition == .drop(.invalid) && data.bytes == [])
    }

    @Test func tooManySYNsAreAFlood() {
        let session = TCPSession(configuration: TCPConfiguration())
        var floods: [Int] = []
        for number in 0..<14 {
            let outcome = receive(client.tcp(flags: .syn, sequence: UInt32(number) * 1000), session).outcome
            if outcome.events.contains(.handshakeSynFlood) { floods.append(number) }
        }
        #expect(floods == [11, 12, 13])
        // The newest is still among those that can be answered.
        let answer = receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 13_001), session, .toClient)
        #expect(answer.outcome.disposition == .forward)
        #expect(session.openings.isEmpty)
    }

    @Test func theAcknowledgmentSaysWhichOfSeveralSYNACKsCounts() {
        let session = TCPSession(configuration: TCPConfiguration())
        _ = receive(client.tcp(flags: .syn, sequence: 99), session)
        for sequence in [7, 500] as [UInt32] {
            let outcome = receive(server.tcp(flags: [.syn, .ack], sequence: sequence, acknowledgment: 100), session, .toClient).outcome
            #expect(outcome.disposition == .forward)
        }
        // Until the client has chosen, nothing of the server's passes.
        let early = receive(server.tcp(flags: .ack, sequence: 8, acknowledgment: 100, payload: [1]), session, .toClient)
        #expect(early.outcome.disposition == .drop(.invalid))
        #expect(receive(client.tcp(flags: .ack, sequence: 100, acknowledgment: 501), session).outcome.disposition == .forward)
        #expect(session.isEstablished)
        let data = receive(server.tcp(flags: .ack, sequence: 501, acknowledgment: 100, payload: [2]), session, .toClient)
        #expect(data.bytes == [2])
    }

    /// A Linux client ignores an answer that echoes none of its time stamps, whatever its flags.
    @Test(arguments: [[.rst, .ack], [.fin, .ack], [.syn, .ack]] as [TCPFlags])
    func anAnswerWithAForeignTimestampIsNone(flags: TCPFlags) {
        var configuration = TCPConfiguration()
        // Else a SYN with an older one may have gone past.
        configuration.acceptsMidstream = false
        let session = TCPSession(configuration: configuration)
        _ = receive(client.tcp(flags: .syn, sequence: 99, options: timestamp(50, echo: 0)), session)
        _ = receive(client.tcp(flags: .syn, sequence: 99, options: timestamp(60, echo: 0)), session)
        for echo in [49, 61] as [UInt8] {
            let outcome = receive(
                server.tcp(flags: flags, sequence: 7, acknowledgment: 100, options: timestamp(1, echo: echo)), session, .toClient
            ).outcome
            #expect(outcome.disposition == .drop(.invalid) && outcome.events.contains(.packetInvalidTimestamp))
        }
        // The client resets what it did not ask for; its own attempt goes on.
        #expect(receive(client.tcp(flags: .rst, sequence: 100), session).outcome.disposition == .forward)
        #expect(session.state == .synSent)
        let answer = receive(
            server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100, options: timestamp(1, echo: 60)), session, .toClient)
        #expect(answer.outcome.disposition == .forward && session.state == .synReceived)
    }

    @Test func aSignedResetOfAnUnsignedConnectionIsInjected() {
        let session = TCPSession(configuration: TCPConfiguration())
        _ = receive(client.tcp(flags: .syn, sequence: 99), session)
        _ = receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100), session, .toClient)
        _ = receive(client.tcp(flags: .ack, sequence: 100, acknowledgment: 8), session)
        let reset = receive(client.tcp(flags: [.rst, .ack], sequence: 100, acknowledgment: 8, options: md5), session).outcome
        #expect(reset.disposition == .drop(.invalid) && reset.events == .suspectedRstInjection)
        #expect(receive(client.tcp(flags: .ack, sequence: 100, acknowledgment: 8, payload: [4]), session).bytes == [4])
    }

    @Test func aSignedConnectionTakesNothingUnsigned() {
        let session = TCPSession(configuration: TCPConfiguration())
        _ = receive(client.tcp(flags: .syn, sequence: 99, options: md5), session)
        #expect(receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100), session, .toClient).outcome.disposition == .drop(.invalid))
        #expect(receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100, options: md5), session, .toClient).outcome.disposition == .forward)
        #expect(receive(client.tcp(flags: .ack, sequence: 100, acknowledgment: 8, options: md5, payload: [4]), session).bytes == [4])
    }

    @Test func aServersSideAlone() {
        var configuration = TCPConfiguration()
        configuration.acceptsOneSided = true
        configuration.acceptsMidstream = false
        configuration.deliversOnAcknowledgment = true
        let session = TCPSession(configuration: configuration)
        _ = receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100), session, .toClient)
        let data = receive(server.tcp(flags: .ack, sequence: 8, acknowledgment: 400, payload: [1, 2]), session, .toClient)
        #expect(data.bytes == [1, 2] && data.outcome.events.isEmpty)
        // The other side appears: from now on its acknowledgments are waited for.
        _ = receive(client.tcp(flags: .ack, sequence: 400, acknowledgment: 10), session)
        #expect(receive(server.tcp(flags: .ack, sequence: 10, acknowledgment: 400, payload: [3]), session, .toClient).bytes.isEmpty)
    }

    @Test func oneSidedFromTheWrongPlace() {
        var configuration = TCPConfiguration()
        configuration.acceptsOneSided = true
        let session = TCPSession(configuration: configuration)
        _ = receive(client.tcp(flags: .syn, sequence: 99), session)
        let outcome = receive(client.tcp(flags: .ack, sequence: 150, acknowledgment: 8, payload: [1]), session).outcome
        #expect(outcome.disposition == .drop(.invalid) && outcome.events == .handshakeAsyncWrongSequence)
    }

    @Test func aCopyOfWhatWasAcknowledgedIsSpurious() {
        let session = TCPSession(configuration: TCPConfiguration())
        _ = receive(client.tcp(flags: .syn, sequence: 99), session)
        _ = receive(server.tcp(flags: [.syn, .ack], sequence: 7, acknowledgment: 100), session, .toClient)
        let data = client.tcp(flags: .ack, sequence: 100, acknowledgment: 8, payload: [1, 2])
        #expect(receive(data, session).outcome.events.isEmpty)
        #expect(receive(data, session).outcome.events == .packetRetransmission)
        _ = receive(server.tcp(flags: .ack, sequence: 8, acknowledgment: 102), session, .toClient)
        #expect(receive(data, session).outcome.events.contains(.packetSpuriousRetransmission))
    }
}
