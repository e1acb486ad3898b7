@testable import Flow
import TestSupport
import Testing
import Traffic
import Wire

/// A daemon that starts while a short connection is under way: the packets before went past, and what the process
/// before it had in hand is lost and comes again.
struct LateStartTests {
    struct Start: CustomTestStringConvertible, Sendable {
        /// Of the packets that both ends send, how many come before the engine.
        var packets: Int
        /// How many of the last of these are lost.
        var lost: Int
        var serverCloses: Bool
        var serverRepeatsFirst: Bool
        var initial: (client: UInt32, server: UInt32)

        var testDescription: String {
            "after \(packets), \(lost) of them lost, \(serverCloses ? "server" : "client") closes, "
                + "\(serverRepeatsFirst ? "server" : "client") repeats first, from \(initial)"
        }
    }

    private static let request = (0..<150).map { UInt8($0) }
    private static let response = (0..<250).map { UInt8($0) }

    /// How the connection went with the engine on its way from the given packet on.
    private struct Course {
        var packets = 0
        var drops = 0
        var request: [UInt8] = []
        var response: [UInt8] = []
        var isOver = false
        /// By direction: bytes that the engine let through, and those that it handed on.
        var passed: [Set<UInt8>] = [[], []]
        var inspected: [Set<UInt8>] = [[], []]
    }

    private func course(_ start: Start) -> Course {
        let (request, response) = (Self.request, Self.response)
        let client = HonestEnd(
            .web, isClient: true, initial: start.initial.client, outgoing: request, incomingCount: response.count,
            closesFirst: !start.serverCloses)
        let server = HonestEnd(
            .web.reversed, isClient: false, initial: start.initial.server, outgoing: response, incomingCount: request.count,
            closesFirst: start.serverCloses)
        let session = TCPSession(configuration: TCPConfiguration())
        var course = Course()
        var wire = client.send().map { ($0, Direction.toServer) }
        // A lost packet costs a round; more than this is standing still.
        for _ in 0..<40 {
            while !wire.isEmpty {
                let (packet, direction) = wire.removeFirst()
                course.packets += 1
                let (end, answer) = direction == .toServer ? (server, Direction.toClient) : (client, .toServer)
                if course.packets <= start.packets {
                    if course.packets > start.packets - start.lost { continue }
                } else if !pass(packet, direction, session, end, &course) {
                    continue
                }
                wire += end.take(packet).map { ($0, answer) }
                wire += end.send().map { ($0, answer) }
            }
            let again = [client.sendAgain().map { ($0, Direction.toServer) }, server.sendAgain().map { ($0, .toClient) }]
            wire = Array((start.serverRepeatsFirst ? again.reversed() : again).joined())
            if wire.isEmpty { break }
        }
        (course.request, course.response) = (server.received, client.received)
        course.isOver = client.isDone && server.isDone && client.hasReceivedFIN && server.hasReceivedFIN
        return course
    }

    private func pass(
        _ bytes: [UInt8], _ direction: Direction, _ session: TCPSession, _ receiver: HonestEnd, _ course: inout Course
    ) -> Bool {
        let packet = DecodedPacket(raw: bytes)
        let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
        let outcome = session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
        if outcome.isRewound { course.inspected[direction.index] = [] }
        course.inspected[direction.index].formUnion(payload[outcome.inOrder])
        for each in [Direction.toServer, .toClient] {
            while let chunk = session.nextBuffered(each) { course.inspected[each.index].formUnion(chunk.bytes) }
        }
        guard outcome.disposition == .forward else {
            course.drops += 1
            return false
        }
        course.passed[direction.index].formUnion(Set(payload).subtracting(receiver.received))
        return true
    }

    private func check(_ start: Start) {
        let course = course(start)
        #expect(course.request == Self.request && course.response == Self.response && course.isOver, "\(start.testDescription)")
        // What the receiver had before the engine came is not inspected; all else that passes is.
        for index in 0..<2 {
            let missing = course.passed[index].subtracting(course.inspected[index])
            #expect(missing.isEmpty, "\(start.testDescription): \(missing.sorted()) not inspected")
        }
    }

    private static let initials: [(client: UInt32, server: UInt32)] = [
        (1000, 3_000_000_000), (3_000_000_000, 1000), (.max - 60, .max - 120),
    ]

    /// At each packet, with each number of packets before it lost.
    @Test(arguments: [false, true], [false, true])
    func everythingArrives(serverCloses: Bool, serverRepeatsFirst: Bool) {
        for initial in Self.initials {
            let whole = Start(packets: 0, lost: 0, serverCloses: serverCloses, serverRepeatsFirst: serverRepeatsFirst, initial: initial)
            let count = course(whole).packets
            #expect(count > 15 && course(whole).drops == 0)
            for packets in 0...count {
                for lost in 0...packets {
                    var start = whole
                    (start.packets, start.lost) = (packets, lost)
                    check(start)
                }
            }
        }
    }
}
