@testable import Flow
import TestSupport
import Testing
import Traffic
import Wire

struct HostOSPolicyTests {
    /// A newer segment against an older one at 10..<20, for each group of systems.
    @Test func whichCopyAReceiverKeeps() {
        // Newer segment; taken by: BSD and its kin, Linux, old Linux, Solaris and HP-UX 11.
        let table: [(Range<Int>, bsd: Bool, linux: Bool, oldLinux: Bool, solaris: Bool)] = [
            (10..<20, false, false, true, true),
            (10..<15, false, false, false, false),
            (10..<25, false, true, true, true),
            (5..<15, true, true, true, false),
            (5..<20, true, true, true, true),
            (5..<25, true, true, true, true),
            (12..<18, false, false, false, false),
            (12..<20, false, false, false, false),
            (12..<25, false, false, false, true),
        ]
        for (new, bsd, linux, oldLinux, solaris) in table {
            for policy in [HostOSPolicy.bsd, .bsdRight, .hpux10, .irix, .macos, .windows, .windows2k3] {
                #expect(policy.takes(new, over: 10..<20) == bsd, "\(policy) \(new)")
            }
            for policy in [HostOSPolicy.solaris, .oldSolaris, .hpux11] {
                #expect(policy.takes(new, over: 10..<20) == solaris, "\(policy) \(new)")
            }
            #expect(HostOSPolicy.linux.takes(new, over: 10..<20) == linux && HostOSPolicy.oldLinux.takes(new, over: 10..<20) == oldLinux)
            #expect(!HostOSPolicy.first.takes(new, over: 10..<20) && !HostOSPolicy.vista.takes(new, over: 10..<20))
            #expect(HostOSPolicy.last.takes(new, over: 10..<20))
        }
    }

    @Test func theLongestNetworkDecides() throws {
        var hosts = HostOSPolicies(standard: .bsd)
        for (network, policy) in [
            ("0.0.0.0/0", HostOSPolicy.windows), ("10.0.0.0/8", .linux), ("10.1.2.3", .solaris), ("2001:db8::/32", .vista),
            ("10.9.0.0/16", .irix), ("10.9.0.0/16", .last),
        ] {
            let isTaken = hosts.set(policy, for: network)
            #expect(isTaken)
        }
        for (host, policy) in [
            ("192.0.2.1", HostOSPolicy.windows), ("10.1.2.4", .linux), ("10.1.2.3", .solaris), ("2001:db8:ffff::1", .vista),
            ("2001:db9::1", .bsd), ("10.9.1.1", .last),
        ] { #expect(hosts.policy(of: try #require(IPAddress(host))) == policy, "\(host)") }
        for network in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "host", "2001:db8::/129"] {
            let isTaken = hosts.set(.linux, for: network)
            #expect(!isTaken, "\(network)")
        }
    }

    /// A listener beside the wire: segments cut anywhere and in any order, none acknowledged before the last. What is
    /// handed on has, for each byte, the copy that a model keeps which knows every segment.
    @Test(arguments: HostOSPolicy.allCases, 0..<12)
    func whatIsHandedOnIsWhatTheReceiverKeeps(policy: HostOSPolicy, seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var configuration = TCPConfiguration()
        configuration.isInline = false
        configuration.deliversOnAcknowledgment = true
        let session = TCPSession(memory: StreamMemory(configuration: configuration), server: policy)
        let base: UInt32 = seed % 2 == 0 ? 1000 : .max - 50
        var talk = Conversation(client: .web, clientSequence: base &- 1)
        talk.open()
        for (index, packet) in talk.packets.enumerated() { take(packet, index == 1 ? .toClient : .toServer, session) }

        let length = Int.random(in: 1...120, using: &random)
        var kept = [UInt8?](repeating: nil, count: length)
        var segments: [Range<Int>] = []
        func send(_ range: Range<Int>) {
            let bytes = range.map { _ in UInt8.random(in: 0...255, using: &random) }
            for (index, offset) in range.enumerated() {
                let rivals = segments.filter { $0.contains(offset) }
                if rivals.allSatisfy({ policy.takes(range, over: $0) }) { kept[offset] = bytes[index] }
            }
            segments.append(range)
            take(
                PacketBuilder.web.tcp(
                    flags: .ack, sequence: base &+ UInt32(range.lowerBound), acknowledgment: talk.serverSequence, payload: bytes),
                .toServer, session)
        }
        for _ in 0..<20 {
            let start = Int.random(in: 0..<length, using: &random)
            send(start..<Int.random(in: start + 1...length, using: &random))
        }
        while let hole = kept.firstIndex(of: nil) {
            send(hole..<(kept[hole...].firstIndex { $0 != nil } ?? length))
        }
        take(
            PacketBuilder.web.reversed.tcp(flags: .ack, sequence: talk.serverSequence, acknowledgment: base &+ UInt32(length)),
            .toClient, session)
        var handedOn: [UInt8] = []
        while let chunk = session.nextBuffered(.toServer) { handedOn += chunk.bytes }
        #expect(handedOn == kept.compactMap(\.self))
    }

    @Test func inlineTheFirstCopyWinsForEveryReceiver() {
        var configuration = TCPConfiguration()
        configuration.isInline = true
        let session = TCPSession(memory: StreamMemory(configuration: configuration), server: .last, client: .last)
        #expect(session.policies[0] == .first && session.policies[1] == .first)
    }

    private func take(_ bytes: [UInt8], _ direction: Direction, _ session: TCPSession) {
        let packet = DecodedPacket(raw: bytes)
        let payload = Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength])
        _ = session.receive(packet, payload: payload.span, direction: direction, now: Timestamp(nanoseconds: 0))
    }
}
