import Flow
import TestSupport
import Testing
import Wire

struct FragmentReassemblerTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000) }

    private func add(_ bytes: [UInt8], to reassembler: inout FragmentReassembler, at seconds: Int = 0) -> FragmentReassembler.Outcome {
        reassembler.add(DecodedPacket(raw: bytes), frame: bytes.span, now: at(seconds))
    }

    private func payload(_ outcome: FragmentReassembler.Outcome) -> [UInt8]? {
        guard case .complete(let whole) = outcome else { return nil }
        let packet = DecodedPacket(raw: whole)
        guard packet.invalid == nil, !packet.isFragment, packet.checksum == .valid else { return nil }
        return Array(whole[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
    }

    @Test(arguments: [PacketBuilder.web, .webOverIPv6], 0..<10)
    func anyOrderGivesTheDatagram(builder: PacketBuilder, seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let data = (0..<700).map { UInt8(truncatingIfNeeded: $0) }
        let fragments = builder.fragments(of: builder.udp(payload: data), bytes: 8 * Int.random(in: 1...20, using: &random))
            .shuffled(using: &random)
        for fragment in fragments.dropLast() { #expect(payload(add(fragment, to: &reassembler)) == nil) }
        #expect(payload(add(fragments[fragments.count - 1], to: &reassembler)) == data)
    }

    @Test func theRestIsForgottenAfterTheTimeout() {
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let fragments = PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: [UInt8](repeating: 1, count: 40)), bytes: 24)
        _ = add(fragments[0], to: &reassembler)
        #expect(payload(add(fragments[1], to: &reassembler, at: 62)) == nil)
    }

    /// Linux holds the fragments of IPv6 for 60 seconds.
    @Test func theyAreHeldAsLongAsByAnyReceiver() {
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let data = [UInt8](repeating: 1, count: 40)
        let fragments = PacketBuilder.webOverIPv6.fragments(of: PacketBuilder.webOverIPv6.udp(payload: data), bytes: 24)
        _ = add(fragments[0], to: &reassembler)
        #expect(payload(add(fragments[1], to: &reassembler, at: 60)) == data)
    }

    /// The receiver holds all but the last fragment: neither a copy of it nor another one may follow.
    @Test func whatWasRefusedIsNotCompletedLater() {
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let data = [UInt8](repeating: 1, count: 40)
        let fragments = PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: data), bytes: 24)
        _ = add(fragments[0], to: &reassembler)
        #expect(payload(add(fragments[1], to: &reassembler)) == data)
        reassembler.refuse(DecodedPacket(raw: fragments[1]), now: at(0))
        for second in [0, 30, 60] {
            guard case .invalid = add(fragments[1], to: &reassembler, at: second) else {
                Issue.record("a copy of the last fragment was let through after \(second) s")
                return
            }
        }
        guard case .incomplete = add(fragments[0], to: &reassembler, at: 62) else {
            Issue.record("the datagram is not forgotten")
            return
        }
    }

    /// RFC 5722: overlapping fragments take the whole datagram with them.
    @Test func overlapsAreRefused() {
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let first = PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: [UInt8](repeating: 1, count: 40)), bytes: 24)
        let second = PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: [UInt8](repeating: 2, count: 40)), bytes: 32)
        _ = add(first[0], to: &reassembler)
        guard case .invalid = add(second[0], to: &reassembler) else {
            Issue.record("an overlap with other bytes was taken in")
            return
        }
        #expect(payload(add(first[1], to: &reassembler)) == nil)
    }

    @Test func memoryIsBounded() {
        var configuration = FragmentConfiguration()
        configuration.memcapBytes = 4096
        var reassembler = FragmentReassembler(configuration: configuration)
        var refused = 0
        for identification in UInt16(0)..<200 {
            var builder = PacketBuilder.web
            builder.identification = identification
            let fragments = builder.fragments(of: builder.udp(payload: [UInt8](repeating: 1, count: 200)), bytes: 104)
            if case .memcapReached = add(fragments[0], to: &reassembler) { refused += 1 }
        }
        #expect(refused == 200 - 4096 / (104 + 128))
    }
}
