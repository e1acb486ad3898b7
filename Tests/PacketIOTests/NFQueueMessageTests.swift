import Glibc
import TestSupport
import Testing

@testable import PacketIO

struct NFQueueMessageTests {
    private func open(
        _ socket: ScriptedNetlinkSocket, _ change: (inout NFQueueConfiguration) -> Void = { _ in }
    ) throws -> NFQueue {
        var configuration = NFQueueConfiguration(queueNumber: 7)
        configuration.batchSize = 8
        change(&configuration)
        return try NFQueue(configuration, socket: socket)
    }

    @Test func bindsInOneMessage() throws {
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound]])
        _ = try open(socket) {
            $0.failsOpen = true
            $0.wantsOwner = true
            $0.maximumLength = 4096
        }
        #expect(socket.sent == [hex("""
            40000000 0203 0500 02000000 00000000  # nlmsghdr: 64 bytes, QUEUE|CONFIG, REQUEST|ACK, seq 2
            00 00 0007                            # nfgenmsg: queue 7
            0800 0100 01 00 0000                  # CFG_CMD: BIND
            0900 0200 0000ffff 02 000000          # CFG_PARAMS: range 0xffff, COPY_PACKET
            0800 0300 00015565                    # CFG_QUEUE_MAXLEN: behind a receive buffer of 32 MiB
            0800 0500 0000000d                    # CFG_FLAGS: FAIL_OPEN, GSO, UID_GID
            0800 0400 0000000d                    # CFG_MASK
            """)])
    }

    @Test func readsEveryAttribute() throws {
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], [NetlinkMessages.packet]])
        var queue = try open(socket)
        let count = try queue.receive(timeoutMilliseconds: 0)
        try #require(count == 1)
        let packet = queue.packet(at: 0)
        #expect(packet.id == 1)
        #expect(packet.hardwareProtocol == 0x0800)
        #expect(packet.hook == 2)
        #expect(packet.mark == 0x2000)
        #expect(packet.inputInterface == 3)
        #expect(packet.outputInterface == 4)
        #expect(packet.physicalInput == 5)
        #expect(packet.physicalOutput == 6)
        #expect(packet.flags == [.checksumNotReady, .gso])
        #expect(packet.userID == 1000)
        #expect(packet.groupID == 100)
        #expect(packet.conntrackMark == 42)
        #expect(packet.conntrackInfo == 2)
        #expect(packet.length == 20)
        let payload = queue.payload(at: 0)
        #expect(payload.count == 20)
        #expect(payload[0] == 0x45)
        #expect(payload[19] == 3)
        #expect(queue.statistics.packets == 1)
        #expect(queue.statistics.bytes == 20)
        #expect(queue.statistics.gsoPackets == 1)
    }

    @Test func packetsInFrontOfTheAnswerAreKept() throws {
        let socket = ScriptedNetlinkSocket(
            batches: [[NetlinkMessages.small(id: 1), NetlinkMessages.bound, NetlinkMessages.small(id: 2)]])
        var queue = try open(socket)
        let count = try queue.receive(timeoutMilliseconds: 0)
        try #require(count == 2)
        #expect(queue.packet(at: 1).id == 2)
        #expect(queue.statistics.refusedVerdicts == 0)
    }

    @Test func verdictsOfABatchGoInOneSend() throws {
        let socket = ScriptedNetlinkSocket(
            batches: [[NetlinkMessages.bound], [NetlinkMessages.small(id: 1), NetlinkMessages.small(id: 2)]])
        var queue = try open(socket)
        socket.sent = []
        _ = try queue.receive(timeoutMilliseconds: 0)
        try queue.setVerdict(.accept, packetID: 1)
        try queue.setVerdict(.repeat, packetID: 2, mark: 0x0102_0304, replacing: [0xAA, 0xBB, 0xCC].span)
        #expect(socket.sent.isEmpty)
        try queue.flush()
        #expect(socket.sent == [hex("""
            20000000 0103 0100 00000000 00000000  # nlmsghdr: 32 bytes, QUEUE|VERDICT, REQUEST
            00 00 0007
            0c00 0200 00000001 00000001           # VERDICT_HDR: ACCEPT, id 1
            30000000 0103 0100 00000000 00000000  # nlmsghdr: 48 bytes
            00 00 0007
            0c00 0200 00000004 00000002           # VERDICT_HDR: REPEAT, id 2
            0800 0300 01020304                    # MARK
            0700 0a00 aabbcc 00                   # PAYLOAD: 3 bytes, padding
            """)])
        try queue.flush()
        #expect(socket.sent.count == 1)
        #expect(queue.statistics.replacedPayloads == 1)
    }

    @Test(arguments: [
        (QueueVerdict.drop, 0 as UInt32), (.accept, 1), (.repeat, 4), (.stop, 5), (.queue(9), 0x0009_0003),
    ])
    func verdictValues(verdict: QueueVerdict, raw: UInt32) { #expect(verdict.rawValue == raw) }

    @Test func largePayloadsAreFlushedBetween() throws {
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound]])
        var queue = try open(socket)
        socket.sent = []
        let payload = [UInt8](repeating: 7, count: 65_531)
        for id in 1...5 { try queue.setVerdict(.accept, packetID: UInt32(id), replacing: payload.span) }
        try queue.flush()
        #expect(socket.sent.map(\.count) == [131_136, 131_136, 65_568])
        let tooLong = [UInt8](repeating: 7, count: 65_532)
        #expect(throws: NFQueueError.self) { try queue.setVerdict(.accept, packetID: 6, replacing: tooLong.span) }
    }

    @Test(arguments: [
        (true, [1, 2, 5, 6] as [UInt32], 2 as UInt64), (true, [3], 2), (false, [1, 4], 2),
        (false, [1, 1, 2], 0), (true, [2, 1, 3], 1),
    ])
    func idGaps(failsOpen: Bool, ids: [UInt32], missing: UInt64) throws {
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], ids.map(NetlinkMessages.small)])
        var queue = try open(socket) { $0.failsOpen = failsOpen }
        _ = try queue.receive(timeoutMilliseconds: 0)
        #expect(queue.statistics.unseenByFailOpen == (failsOpen ? missing : 0))
        #expect(queue.statistics.droppedByOverrun == (failsOpen ? 0 : missing))
    }

    @Test func idGapAcrossTheWrap() throws {
        // Steps of less than 2^31 lead up to the wrap; then 0xFFFFFFFF and 0 are missing.
        let ids: [UInt32] = [0x7FFF_FFFF, 0xFFFF_FFFE, 1]
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], ids.map(NetlinkMessages.small)])
        var queue = try open(socket)
        _ = try queue.receive(timeoutMilliseconds: 0)
        #expect(queue.statistics.droppedByOverrun == 0x7FFF_FFFE + 0x7FFF_FFFE + 2)
    }

    @Test(arguments: [true, false])
    func cutPacketsAreJudgedByPolicy(failsOpen: Bool) throws {
        let cut = hex("""
            30000000 0003 0000 00000000 00000000
            02 00 0007
            0b00 0100 00000001 0800 02 00
            0500 0a00 45 000000
            0800 0d00 00000002                    # CAP_LEN: 2, but the payload has 1
            """)
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], [cut]])
        var queue = try open(socket) { $0.failsOpen = failsOpen }
        socket.sent = []
        #expect(try queue.receive(timeoutMilliseconds: 0) == 0)
        #expect(queue.statistics.truncatedPackets == 1)
        #expect(queue.statistics.droppedByPolicy == (failsOpen ? 0 : 1))
        #expect(queue.statistics.passedByPolicy == (failsOpen ? 1 : 0))
        try queue.flush()
        #expect(socket.sent.count == 1)
        #expect(socket.sent.first?[27] == (failsOpen ? 1 : 0))
    }

    @Test func datagramsLongerThanTheirSlotAreJudgedByPolicy() throws {
        var long = NetlinkMessages.small(id: 1)
        long[36 - 4] = 0xFF  // payload attribute: 65,535 bytes
        long[36 - 3] = 0xFF
        long += [UInt8](repeating: 0, count: ReceiveSlots.bytesPerSlot)
        long.replaceSubrange(0..<4, with: [0, 0x20, 1, 0])  // nlmsg_len 73,728
        let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], [long]])
        var queue = try open(socket)
        // The 65,531 bytes of payload are whole and followed by what looks like an empty attribute.
        #expect(try queue.receive(timeoutMilliseconds: 0) == 0)
        #expect(queue.statistics.truncatedPackets == 1)
        #expect(queue.statistics.droppedByPolicy == 1)
    }

    @Test func kernelErrorsAndOverrunsAreCounted() throws {
        let overrun = hex("10000000 0400 0000 00000000 00000000")
        let socket = ScriptedNetlinkSocket(
            batches: [[NetlinkMessages.bound], [NetlinkMessages.refused(errno: ENOENT, sequence: 0), overrun]])
        var queue = try open(socket)
        _ = try queue.receive(timeoutMilliseconds: 0)
        #expect(queue.statistics.refusedVerdicts == 1)
        #expect(queue.statistics.netlinkOverruns == 1)
        socket.receiveError = SystemError(code: ENOBUFS)
        #expect(try queue.receive(timeoutMilliseconds: 0) == 0)
        #expect(queue.statistics.netlinkOverruns == 2)
        socket.overruns = 9
        queue.refreshOverruns()
        #expect(queue.statistics.netlinkOverruns == 9)
        socket.receiveError = SystemError(code: EBADF)
        #expect(throws: NFQueueError.socketFailed(operation: "receive", code: EBADF)) {
            try queue.receive(timeoutMilliseconds: 0)
        }
    }

    @Test func refusedBinds() {
        for (code, expected) in [
            (ENOMEM, NFQueueError.configurationRefused(queue: 7, code: ENOMEM)),
            (EINVAL, .unsupportedByKernel(code: EINVAL)),
            (EBUSY, .alreadyTaken(queue: 7, portID: nil)),
            (EPERM, .missingNetAdminCapability(queue: 7)),
        ] {
            let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.refused(errno: code)]])
            #expect(throws: expected) { _ = try open(socket) }
        }
        let silent = ScriptedNetlinkSocket(batches: [])
        #expect(throws: NFQueueError.configurationRefused(queue: 7, code: ETIMEDOUT)) { _ = try open(silent) }
    }

    @Test(arguments: [(ENODEV, true), (0, true), (EOPNOTSUPP, false)])
    func conntrackIsProbed(code: Int32, supported: Bool) throws {
        let socket = ScriptedNetlinkSocket(
            batches: [[NetlinkMessages.refused(errno: code, sequence: 1)], [NetlinkMessages.bound]])
        let queue = try open(socket) { $0.wantsConntrack = true }
        #expect(queue.warnings == (supported ? [] : [.conntrackUnavailable]))
        #expect(socket.sent.first == hex("""
            24000000 0203 0500 01000000 00000000
            00 00 0007
            0800 0500 00000002                    # CFG_FLAGS: CONNTRACK
            0800 0400 00000002
            """))
        #expect(socket.sent.last?[55] == (supported ? 6 : 4))
    }

    /// Whatever a message says, every packet that is shown lies inside its datagram and nothing traps.
    @Test func mutatedMessages() throws {
        var random = SeededRandom(seed: 2)
        let seeds = [NetlinkMessages.packet, NetlinkMessages.small(id: 1), NetlinkMessages.bound]
        var shown = 0
        for _ in 0..<3000 {
            let batch = (0..<4).map { _ -> [UInt8] in
                var datagram = seeds[Int.random(in: 0..<seeds.count, using: &random)]
                if Bool.random(using: &random) { datagram += seeds[Int.random(in: 0..<seeds.count, using: &random)] }
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    datagram[Int.random(in: 0..<datagram.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                return Array(datagram.prefix(.random(in: 0...datagram.count, using: &random)))
            }
            let socket = ScriptedNetlinkSocket(batches: [[NetlinkMessages.bound], batch])
            var queue = try open(socket)
            let count = try queue.receive(timeoutMilliseconds: 0)
            for index in 0..<count {
                let payload = queue.payload(at: index)
                #expect(payload.count > 0 && payload.count <= 40)
                shown += 1
            }
            #expect(queue.statistics.packets == UInt64(count))
        }
        #expect(shown > 1000)
    }

    @Test func statusLines() {
        let status = QueueStatus(line: "    0   4711    12 2 65535     3     4     5012  1")
        #expect(status?.queue == 0)
        #expect(status?.portID == 4711)
        #expect(status?.waiting == 12)
        #expect(status?.copyMode == 2)
        #expect(status?.copyRangeBytes == 65_535)
        #expect(status?.queueDropped == 3)
        #expect(status?.userDropped == 4)
        #expect(status?.lastID == 5012)
        for line in ["", "1 2 3", "70000 1 1 2 65535 0 0 0 1", "x y z"] { #expect(QueueStatus(line: line) == nil) }
    }

    @Test func errorTexts() {
        #expect(NFQueueError.alreadyTaken(queue: 3, portID: 99).description
            == "queue 3 is already taken by another process (port id 99)")
        #expect(NFQueueError.missingNetAdminCapability(queue: 0).description.contains("CAP_NET_ADMIN"))
        #expect(NFQueueError.unsupportedByKernel(code: EPROTONOSUPPORT).description.contains("nfnetlink_queue"))
    }
}
