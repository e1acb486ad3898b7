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

    /// Linux holds the fragments of IPv4 for 30 seconds and those of IPv6 for 60; around that nobody knows what it holds.
    @Test(
        arguments: [(.web, 28, true), (.web, 30, false), (.webOverIPv6, 58, true), (.webOverIPv6, 60, false)]
            as [(PacketBuilder, Int, Bool)])
    func theyAreHeldAsLongAsByTheReceiver(builder: PacketBuilder, seconds: Int, isWhole: Bool) {
        var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
        let fragments = builder.fragments(of: builder.udp(payload: [UInt8](repeating: 1, count: 40)), bytes: 24)
        _ = add(fragments[0], to: &reassembler)
        #expect((payload(add(fragments[1], to: &reassembler, at: seconds)) != nil) == isWhole)
        // What is left at the receiver is not completed either.
        #expect(isWhole || payload(add(fragments[0], to: &reassembler, at: seconds)) == nil)
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

    /// RFC 8200, section 4.5: Linux takes no first fragment without the whole TCP header, so that a later one would be
    /// the receiver's.
    @Test func theFirstFragmentHasTheWholeHeader() {
        for (builder, isTaken) in [(PacketBuilder.web, true), (.webOverIPv6, false)] {
            var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
            let fragments = builder.fragments(of: builder.tcp(flags: .ack, sequence: 1, payload: [1, 2, 3]), bytes: 16)
            _ = add(fragments[0], to: &reassembler)
            #expect((payload(add(fragments[1], to: &reassembler)) != nil) == isTaken)
        }
    }

    /// Linux (`ipfrag_max_dist`) has dropped the first fragment by then, but would keep the last for another first one.
    @Test func fragmentsFarApartAreNoDatagram() {
        for (count, isWhole) in [(40, true), (64, false)] {
            var reassembler = FragmentReassembler(configuration: FragmentConfiguration())
            let fragments = PacketBuilder.web.fragments(of: PacketBuilder.web.udp(payload: [UInt8](repeating: 1, count: 40)), bytes: 24)
            _ = add(fragments[0], to: &reassembler)
            for identification in 1...UInt16(count) {
                var other = PacketBuilder.web
                other.identification = identification
                _ = add(other.fragments(of: other.udp(payload: [1, 2, 3, 4, 5, 6, 7, 8, 9]), bytes: 8)[0], to: &reassembler)
            }
            #expect((payload(add(fragments[1], to: &reassembler)) != nil) == isWhole)
            #expect(payload(add(fragments[0], to: &reassembler)) == nil)
        }
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
