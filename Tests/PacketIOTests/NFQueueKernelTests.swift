import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PacketIO

/// On the real kernel, in namespaces of the test's own. Without root they are skipped.
@Suite(.enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(1)))
struct NFQueueKernelTests {
    private func topology(queue: String = "--queue-num 0", bypass: Bool = false) throws -> TestTopology {
        let topology = try TestTopology()
        for command in ["iptables-legacy", "ip6tables-legacy"] {
            let icmp = command == "ip6tables-legacy" ? ["!", "-p", "ipv6-icmp"] : []
            try topology.run(
                in: topology.host,
                [command, "-t", "mangle", "-A", "FORWARD"] + icmp + ["-j", "NFQUEUE"]
                    + queue.split(separator: " ").map(String.init) + (bypass ? ["--queue-bypass"] : []))
        }
        return topology
    }

    private func configuration(_ change: (inout NFQueueConfiguration) -> Void = { _ in }) -> NFQueueConfiguration {
        var configuration = NFQueueConfiguration(queueNumber: 0)
        change(&configuration)
        return configuration
    }

    @Test(arguments: [TestTopology.serverIPv4, TestTopology.serverIPv6])
    func acceptsDropsAndReplaces(server address: String) throws {
        let topology = try topology()
        let isIPv6 = address.contains(":")
        let thread = try QueueThread(namespace: topology.host, configuration: configuration()) { packet, payload in
            #expect(packet.hardwareProtocol == (isIPv6 ? 0x86DD : 0x0800))
            #expect(packet.hook == 2)
            #expect(packet.inputInterface != 0)
            #expect(packet.physicalInput != 0 && packet.physicalInput != packet.inputInterface)
            var bytes = payload.array
            let header = isIPv6 ? 40 : 20
            switch bytes.last {
            case UInt8(ascii: "d"): return .init(verdict: .drop)
            case UInt8(ascii: "m"):
                bytes[bytes.count - 1] = UInt8(ascii: "M")
                bytes.replaceChecksum(header: header, isIPv6: isIPv6)
                return .init(replacement: bytes)
            default: return .init()
            }
        }
        let server = try TestSocket.bound(.udp, to: address, port: 7, in: topology.server)
        let client = try #require(try TestSocket.connected(.udp, to: address, port: 7, in: topology.client))
        client.setTimeout(milliseconds: 300)
        server.setTimeout(milliseconds: 300)
        client.send(Array("take".utf8))
        #expect(server.echoDatagram() == Array("take".utf8))
        #expect(client.receive() == Array("take".utf8))
        client.send(Array("end".utf8))
        #expect(server.receive() == nil)
        client.send(Array("item".utf8))
        #expect(server.receive() == Array("iteM".utf8))
        let statistics = try thread.stop()
        #expect(statistics.packets == 4)
        #expect(statistics.replacedPayloads == 1)
        #expect(statistics.refusedVerdicts == 0)
        #expect(statistics.droppedByOverrun == 0)
    }

    @Test func largeTransfersArriveAsGSOPackets() throws {
        let topology = try topology()
        let largest = Atomic(0)
        let thread = try QueueThread(namespace: topology.host, configuration: configuration()) { packet, payload in
            if packet.flags.contains(.gso) {
                #expect(packet.flags.contains(.checksumNotReady))
                largest.max(payload.count, ordering: .relaxed)
            }
            return .init()
        }
        let listener = try TestSocket.bound(.tcp, to: TestTopology.serverIPv4, port: 80, in: topology.server)
        let client = try #require(
            try TestSocket.connected(.tcp, to: TestTopology.serverIPv4, port: 80, in: topology.client))
        let server = try #require(listener.accept())
        let sent = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        Thread.detachNewThread { _ = client.send(sent) }
        #expect(server.receive(upTo: sent.count) == sent)
        let statistics = try thread.stop()
        #expect(statistics.gsoPackets > 0)
        #expect(largest.load(ordering: .relaxed) > 1500)
        #expect(statistics.bytes >= 2_000_000)
        #expect(statistics.batches <= statistics.packets)
        #expect(statistics.truncatedPackets == 0)
        #expect(statistics.malformedMessages == 0)
    }

    @Test func aSecondBindSaysWhoHasTheQueue() throws {
        let topology = try topology()
        try TestTopology.inNamespace(topology.host) {
            let first = try NFQueue(configuration())
            let owner = try #require(try QueueStatus.all().first)
            #expect(owner.queue == 0)
            #expect(owner.copyMode == 2)
            #expect(throws: NFQueueError.alreadyTaken(queue: 0, portID: owner.portID)) {
                _ = try NFQueue(configuration())
            }
            #expect(first.warnings.isEmpty)
        }
        // Closed with its last use: free again.
        try TestTopology.inNamespace(topology.host) {
            #expect(try QueueStatus.all().isEmpty)
            _ = try NFQueue(configuration())
        }
    }

    @Test func conntrackIsReportedWhereItIsMissing() throws {
        let topology = try topology()
        try TestTopology.inNamespace(topology.host) {
            let queue = try NFQueue(configuration { $0.wantsConntrack = true })
            #expect(queue.warnings.allSatisfy { $0 == .conntrackUnavailable })
            #expect(try QueueStatus.all().map(\.queue) == [0])
        }
    }

    /// What a full receive buffer costs: seen by nobody when failing open, dropped when failing
    /// closed; either way the ids tell how many.
    @Test(arguments: [true, false])
    func overrunsLeaveGapsThatAreCounted(failsOpen: Bool) throws {
        let topology = try topology()
        let server = try TestSocket.bound(.udp, to: TestTopology.serverIPv4, port: 9, in: topology.server)
        server.setTimeout(milliseconds: 200)
        let client = try #require(
            try TestSocket.connected(.udp, to: TestTopology.serverIPv4, port: 9, in: topology.client))
        var queue = try TestTopology.inNamespace(topology.host) {
            try NFQueue(configuration {
                $0.failsOpen = failsOpen
                $0.receiveBufferBytes = 16_384
            })
        }
        let total = 120
        for _ in 0..<total { client.send([UInt8](repeating: 1, count: 600)) }
        // The kernel delivers asynchronously to this thread, but all of it before the ids end.
        Thread.sleep(forTimeInterval: 0.2)
        var seen = 0
        while case let count = try queue.receive(timeoutMilliseconds: 50), count > 0 {
            seen += count
            for index in 0..<count { try queue.setVerdict(.accept, packetID: queue.packet(at: index).id) }
            try queue.flush()
        }
        // One more, so that the gap at the end is seen too.
        client.send([2])
        #expect(try queue.receive(timeoutMilliseconds: 500) == 1)
        try queue.setVerdict(.accept, packetID: queue.packet(at: 0).id)
        try queue.flush()
        queue.refreshOverruns()
        let statistics = queue.statistics
        #expect(seen > 0 && seen < total)
        #expect(statistics.netlinkOverruns > 0)
        #expect(statistics.unseenByFailOpen == (failsOpen ? UInt64(total - seen) : 0))
        #expect(statistics.droppedByOverrun == (failsOpen ? 0 : UInt64(total - seen)))
        var arrived = 0
        while let datagram = server.receive(), !datagram.isEmpty { arrived += 1 }
        #expect(arrived == (failsOpen ? total + 1 : seen + 1))
    }

    /// A packet with the mark set on a REPEAT verdict meets the rules again, with the mark.
    @Test func repeatWithAMark() throws {
        let topology = try TestTopology()
        for rule in ["-m mark --mark 0x1/0x1 -j ACCEPT", "-j NFQUEUE --queue-num 0"] {
            try topology.run(
                in: topology.host,
                ["iptables-legacy", "-t", "mangle", "-A", "FORWARD"] + rule.split(separator: " ").map(String.init))
        }
        let thread = try QueueThread(namespace: topology.host, configuration: configuration()) { packet, _ in
            #expect(packet.mark & 1 == 0)
            return .init(verdict: .repeat, mark: packet.mark | 1)
        }
        let server = try TestSocket.bound(.udp, to: TestTopology.serverIPv4, port: 7, in: topology.server)
        let client = try #require(
            try TestSocket.connected(.udp, to: TestTopology.serverIPv4, port: 7, in: topology.client))
        client.send([1, 2, 3])
        #expect(server.receive() == [1, 2, 3])
        #expect(try thread.stop().packets == 1)
    }
}
