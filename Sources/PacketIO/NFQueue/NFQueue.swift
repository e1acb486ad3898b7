internal import CNetfilterQueue
internal import Glibc
public import Wire

/// One netfilter queue, used by one thread: takes packets in batches, gives each a verdict, and
/// sends the verdicts of a batch together.
///
/// ```
/// while running {
///     let count = try queue.receive(timeoutMilliseconds: 100)
///     for index in 0..<count {
///         let verdict = judge(queue.payload(at: index), queue.packet(at: index))
///         queue.setVerdict(verdict, packetID: queue.packet(at: index).id)
///     }
///     try queue.flush()
/// }
/// ```
/// Every packet needs one verdict; without it the packet stays in the kernel's queue until the
/// queue is closed, which drops it. Packets that cannot be shown whole (a message cut short or
/// unreadable) are judged here by `failsOpen`, and counted.
///
/// Source: include/uapi/linux/netfilter/nfnetlink_queue.h, net/netfilter/nfnetlink_queue.c.
public struct NFQueue: ~Copyable {
    public let number: UInt16
    public let failsOpen: Bool
    public let warnings: [NFQueueWarning]
    public private(set) var statistics = NFQueueStatistics()
    /// When the last batch was received (CLOCK_REALTIME): the time of its packets.
    public private(set) var receivedAt = Timestamp(nanoseconds: 0)

    private let socket: any NetlinkSocket
    private var slots: ReceiveSlots
    private var verdicts: VerdictBuffer
    private var packets: [QueuedPacket] = []
    /// Datagrams that came together with the answer to the bind.
    private var pendingMessages = 0
    private var lastID: UInt32 = 0

    /// Opens the queue in the network namespace of the calling thread.
    public init(_ configuration: NFQueueConfiguration) throws(NFQueueError) {
        let socket = try KernelNetlinkSocket(receiveBufferBytes: configuration.receiveBufferBytes)
        var warnings: [NFQueueWarning] = []
        if socket.receiveBufferBytes < configuration.receiveBufferBytes {
            warnings.append(
                .receiveBufferLimited(
                    wantedBytes: configuration.receiveBufferBytes, actualBytes: socket.receiveBufferBytes))
        }
        try self.init(configuration, socket: socket, warnings: warnings)
    }

    init(
        _ configuration: NFQueueConfiguration, socket: any NetlinkSocket, warnings: [NFQueueWarning] = []
    ) throws(NFQueueError) {
        var slots = ReceiveSlots(count: configuration.batchSize)
        var request = VerdictBuffer()
        var flags = UInt32(NFQA_CFG_F_GSO)
        if configuration.failsOpen { flags |= UInt32(NFQA_CFG_F_FAIL_OPEN) }
        if configuration.wantsOwner { flags |= UInt32(NFQA_CFG_F_UID_GID) }
        var warnings = warnings
        if configuration.wantsConntrack {
            if try Self.supportsConntrack(socket, &slots, &request, queue: configuration.queueNumber) {
                flags |= UInt32(NFQA_CFG_F_CONNTRACK)
            } else {
                warnings.append(.conntrackUnavailable)
            }
        }

        var configuration = configuration
        if configuration.failsOpen {
            configuration.maximumLength = max(configuration.maximumLength, configuration.lengthBehindReceiveBuffer)
        }
        request.appendBind(configuration, flags: flags, sequence: 2)
        let (answer, count) = try Self.exchange(socket, &slots, &request, sequence: 2)
        // A refused bind is answered at once and before anything else; a queue that is bound may
        // already have packets in front of the answer.
        guard answer == 0 || answer == nil && count > 0 else {
            throw Self.bindError(configuration.queueNumber, code: answer ?? ETIMEDOUT)
        }
        number = configuration.queueNumber
        failsOpen = configuration.failsOpen
        self.warnings = warnings
        self.socket = socket
        packets.reserveCapacity(slots.count)
        pendingMessages = count
        self.slots = slots
        verdicts = request
    }

    // MARK: Packets

    /// Waits for packets until the timeout, forever if that is negative, and returns how many
    /// there are; their indices are 0 ..< that. The packets of the batch before are gone then.
    public mutating func receive(timeoutMilliseconds: Int) throws(NFQueueError) -> Int {
        try flush()
        packets.removeAll(keepingCapacity: true)
        if pendingMessages > 0 {
            let count = pendingMessages
            pendingMessages = 0
            try readBatch(count)
            if !packets.isEmpty { return packets.count }
        }
        let count: Int
        do {
            count = try socket.receive(into: &slots, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            guard error.code == ENOBUFS else {
                throw .socketFailed(operation: "receive", code: error.code)
            }
            statistics.netlinkOverruns &+= 1
            return 0
        }
        try readBatch(count)
        return packets.count
    }

    private mutating func readBatch(_ count: Int) throws(NFQueueError) {
        guard count > 0 else { return }
        receivedAt = Self.now()
        for slot in 0..<count { try read(slot) }
        if !packets.isEmpty { statistics.batches &+= 1 }
    }

    public func packet(at index: Int) -> QueuedPacket { packets[index] }

    /// The packet from its IP header on.
    @_lifetime(borrow self)
    public func payload(at index: Int) -> Span<UInt8> {
        let packet = packets[index]
        return slots.bytes(slot: packet.slot, offset: packet.payloadOffset, count: packet.length)
    }

    // MARK: Verdicts

    /// Queues a verdict for `flush()`. `mark` replaces the packet's whole mark.
    public mutating func setVerdict(
        _ verdict: QueueVerdict, packetID: UInt32, mark: UInt32? = nil
    ) throws(NFQueueError) {
        try setVerdict(verdict, packetID: packetID, mark: mark, replacing: Span())
    }

    /// Queues a verdict that puts other bytes, at most 65,531, in place of the whole packet. Its
    /// checksums must be complete. No bytes: the packet stays as it is.
    public mutating func setVerdict(
        _ verdict: QueueVerdict, packetID: UInt32, mark: UInt32? = nil, replacing payload: Span<UInt8>
    ) throws(NFQueueError) {
        guard payload.count <= Self.maximumPayloadBytes else {
            throw .socketFailed(operation: "replacement of a packet", code: EMSGSIZE)
        }
        if payload.count > 0 { statistics.replacedPayloads &+= 1 }
        if !verdicts.hasRoom(for: VerdictBuffer.bytesOfVerdict(payload: payload.count)) { try flush() }
        verdicts.appendVerdict(verdict, queue: number, packetID: packetID, mark: mark, payload: payload)
    }

    /// Sends the queued verdicts to the kernel.
    public mutating func flush() throws(NFQueueError) {
        guard !verdicts.isEmpty else { return }
        do {
            try socket.send(verdicts.bytes)
        } catch {
            verdicts.removeAll()
            throw .socketFailed(operation: "send", code: error.code)
        }
        verdicts.removeAll()
    }

    /// Brings `statistics.netlinkOverruns` up to date; a system call, so once a tick is enough.
    public mutating func refreshOverruns() {
        statistics.netlinkOverruns = max(statistics.netlinkOverruns, socket.overruns)
    }

    /// A netlink attribute has a 16-bit length with its four header bytes.
    static let maximumPayloadBytes = 65_531

    // MARK: Messages

    private mutating func read(_ slot: Int) throws(NFQueueError) {
        var offset = 0
        while let message = nextMessage(slot, offset) {
            offset = message.next
            switch message.type {
            case UInt16(NLMSG_ERROR):
                if message.errorCode != 0 { statistics.refusedVerdicts &+= 1 }
            case UInt16(NLMSG_OVERRUN):
                statistics.netlinkOverruns &+= 1
            case QueueMessage.packetType:
                try note(message.reading ?? .malformed(id: nil))
            default:
                break
            }
        }
    }

    private struct Message {
        var type: UInt16
        var errorCode: Int32 = 0
        var sequence: UInt32 = 0
        var reading: QueueMessage.Reading?
        var next: Int
    }

    /// The message at an offset of a slot's datagram; nil at its end.
    private mutating func nextMessage(_ slot: Int, _ offset: Int) -> Message? {
        let message = Self.message(slots, slot, offset)
        if message == nil, offset < slots.datagram(slot).count { statistics.malformedMessages &+= 1 }
        return message
    }

    private static func message(_ slots: borrowing ReceiveSlots, _ slot: Int, _ offset: Int) -> Message? {
        let bytes = slots.datagram(slot)
        let rest = bytes.count - offset
        guard rest >= QueueMessage.headerBytes else { return nil }
        var length = Int(bytes.hostUInt32(at: offset))
        if length > rest, slots.isTruncated(slot) { length = rest }
        guard length >= QueueMessage.headerBytes, length <= rest else { return nil }

        let end = offset + length
        let body = offset + QueueMessage.headerBytes
        var message = Message(
            type: bytes.hostUInt16(at: offset + 4), sequence: bytes.hostUInt32(at: offset + 8),
            next: min(offset + (length + 3) & ~3, bytes.count))
        if message.type == UInt16(NLMSG_ERROR) {
            message.errorCode = end - body >= 4 ? Int32(bitPattern: bytes.hostUInt32(at: body)) : -EBADMSG
        } else if message.type == QueueMessage.packetType {
            let attributes = body + QueueMessage.familyHeaderBytes
            message.reading =
                attributes <= end
                ? QueueMessage.read(bytes, attributes: attributes, end: end, slot: slot) : .malformed(id: nil)
            if slots.isTruncated(slot), case .malformed(let id?) = message.reading {
                message.reading = .truncated(id: id)
            }
        }
        return message
    }

    private mutating func note(_ reading: QueueMessage.Reading) throws(NFQueueError) {
        switch reading {
        case .packet(let packet):
            noteID(packet.id)
            statistics.packets &+= 1
            statistics.bytes &+= UInt64(packet.length)
            if packet.flags.contains(.gso) { statistics.gsoPackets &+= 1 }
            packets.append(packet)
        case .truncated(let id):
            statistics.truncatedPackets &+= 1
            try judgeByPolicy(id)
        case .malformed(let id):
            statistics.malformedMessages &+= 1
            if let id { try judgeByPolicy(id) }
        }
    }

    private mutating func judgeByPolicy(_ id: UInt32) throws(NFQueueError) {
        noteID(id)
        if failsOpen { statistics.passedByPolicy &+= 1 } else { statistics.droppedByPolicy &+= 1 }
        try setVerdict(failsOpen ? .accept : .drop, packetID: id)
    }

    /// The kernel numbers a queue's packets 1, 2, …, modulo 2^32, before it tries to deliver them.
    private mutating func noteID(_ id: UInt32) {
        let step = Int32(bitPattern: id &- lastID)
        guard step > 0 else { return }
        lastID = id
        let missing = UInt64(step - 1)
        if failsOpen {
            statistics.unseenByFailOpen &+= missing
        } else {
            statistics.droppedByOverrun &+= missing
        }
    }

    private static func now() -> Timestamp {
        var time = timespec()
        // SAFETY: clock_gettime writes one timespec to a live local variable.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }

    // MARK: Opening

    /// Sends the queued request; returns the errno value of its answer, if that came, and the
    /// number of datagrams received.
    private static func exchange(
        _ socket: any NetlinkSocket, _ slots: inout ReceiveSlots, _ request: inout VerdictBuffer, sequence: UInt32
    ) throws(NFQueueError) -> (answer: Int32?, datagrams: Int) {
        defer { request.removeAll() }
        let count: Int
        do {
            try socket.send(request.bytes)
            count = try socket.receive(into: &slots, timeoutMilliseconds: 1000)
        } catch {
            throw .socketFailed(operation: "configuration", code: error.code)
        }
        for slot in 0..<count {
            var offset = 0
            while let message = message(slots, slot, offset) {
                offset = message.next
                if message.type == UInt16(NLMSG_ERROR), message.sequence == sequence {
                    return (0 &- message.errorCode, count)
                }
            }
        }
        return (nil, count)
    }

    /// The kernel refuses flags that it does not have before it says that the queue is not there.
    private static func supportsConntrack(
        _ socket: any NetlinkSocket, _ slots: inout ReceiveSlots, _ request: inout VerdictBuffer, queue: UInt16
    ) throws(NFQueueError) -> Bool {
        let flag = UInt32(NFQA_CFG_F_CONNTRACK)
        // EAGAIN: the kernel has loaded a module for it and wants to be asked again.
        for _ in 0..<3 {
            request.appendFlagProbe(queue: queue, flags: flag, sequence: 1)
            let answer = try exchange(socket, &slots, &request, sequence: 1).answer
            if answer != EAGAIN { return answer == ENODEV || answer == 0 }
        }
        return false
    }

    private static func bindError(_ queue: UInt16, code: Int32) -> NFQueueError {
        switch code {
        case EPERM, EBUSY:
            if let owner = try? QueueStatus.all().first(where: { $0.queue == queue }) {
                return .alreadyTaken(queue: queue, portID: owner.portID)
            }
            return code == EBUSY
                ? .alreadyTaken(queue: queue, portID: nil) : .missingNetAdminCapability(queue: queue)
        case EINVAL, ENOENT:
            // nfnetlink answers so for a subsystem that nobody registered.
            return .unsupportedByKernel(code: code)
        default:
            return .configurationRefused(queue: queue, code: code)
        }
    }
}
