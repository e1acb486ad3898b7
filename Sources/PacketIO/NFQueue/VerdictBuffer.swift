internal import CNetfilterQueue

/// Netlink messages that wait to be sent as one datagram: verdicts, or the configuration.
@safe
struct VerdictBuffer: ~Copyable {
    /// Room for one replaced payload of 64 KiB and some hundred verdicts, and below the default
    /// limit of a netlink datagram (`net.core.wmem_default`, 212,992).
    static let capacityInBytes = 160 * 1024

    private let memory: UnsafeMutableRawPointer
    private(set) var count = 0

    init() {
        // SAFETY: the allocation lives as long as `self`, which owns it alone.
        unsafe memory = .allocate(byteCount: Self.capacityInBytes, alignment: 8)
    }

    deinit { unsafe memory.deallocate() }

    var isEmpty: Bool { count == 0 }

    mutating func removeAll() { count = 0 }

    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let start = unsafe memory.assumingMemoryBound(to: UInt8.self)
            // SAFETY: the first `count` bytes were written by `put`; nothing writes while `self`
            // is borrowed.
            let span = unsafe Span(_unsafeStart: start, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Bytes that a verdict takes, with all attributes.
    static func bytesOfVerdict(payload: Int) -> Int {
        20 + 12 + 8 + (payload > 0 ? 4 + aligned(payload) : 0)
    }

    func hasRoom(for bytes: Int) -> Bool { bytes <= Self.capacityInBytes - count }

    /// `NFQNL_MSG_VERDICT`. The caller has made sure of the room.
    mutating func appendVerdict(
        _ verdict: QueueVerdict, queue: UInt16, packetID: UInt32, mark: UInt32?, payload: Span<UInt8>
    ) {
        let start = begin(UInt16(NFQNL_MSG_VERDICT.rawValue), flags: 0, sequence: 0, queue: queue)
        attribute(NFQA_VERDICT_HDR.rawValue, count: 8)
        put(verdict.rawValue.bigEndian)
        put(packetID.bigEndian)
        if let mark { attribute(NFQA_MARK.rawValue, value: mark) }
        if payload.count > 0 {
            attribute(NFQA_PAYLOAD.rawValue, count: payload.count)
            put(payload)
        }
        end(start)
    }

    /// `NFQNL_MSG_CONFIG` that binds the queue and sets everything in one step, so that no packet
    /// meets a queue that is there but has no copy mode yet (the kernel drops those).
    mutating func appendBind(_ configuration: NFQueueConfiguration, flags: UInt32, sequence: UInt32) {
        let queue = configuration.queueNumber
        let start = begin(
            UInt16(NFQNL_MSG_CONFIG.rawValue), flags: UInt16(NLM_F_ACK), sequence: sequence, queue: queue)
        attribute(NFQA_CFG_CMD.rawValue, count: 4)
        put(UInt8(NFQNL_CFG_CMD_BIND.rawValue))
        put(UInt8(0))
        put(UInt16(0))
        // struct nfqnl_msg_config_params is packed: 5 bytes.
        attribute(NFQA_CFG_PARAMS.rawValue, count: 5)
        put(UInt32(0xFFFF).bigEndian)
        put(UInt8(NFQNL_COPY_PACKET.rawValue))
        pad()
        attribute(NFQA_CFG_QUEUE_MAXLEN.rawValue, value: configuration.maximumLength)
        attribute(NFQA_CFG_FLAGS.rawValue, value: flags)
        attribute(NFQA_CFG_MASK.rawValue, value: flags)
        end(start)
    }

    /// `NFQNL_MSG_CONFIG` with flags only: the kernel checks them before it looks for the queue.
    mutating func appendFlagProbe(queue: UInt16, flags: UInt32, sequence: UInt32) {
        let start = begin(
            UInt16(NFQNL_MSG_CONFIG.rawValue), flags: UInt16(NLM_F_ACK), sequence: sequence, queue: queue)
        attribute(NFQA_CFG_FLAGS.rawValue, value: flags)
        attribute(NFQA_CFG_MASK.rawValue, value: flags)
        end(start)
    }

    private static func aligned(_ count: Int) -> Int { (count + 3) & ~3 }

    private mutating func begin(_ type: UInt16, flags: UInt16, sequence: UInt32, queue: UInt16) -> Int {
        let start = count
        put(UInt32(0))
        put(UInt16(NFNL_SUBSYS_QUEUE) << 8 | type)
        put(UInt16(NLM_F_REQUEST) | flags)
        put(sequence)
        put(UInt32(0))
        put(UInt8(0))
        put(UInt8(NFNETLINK_V0))
        put(queue.bigEndian)
        return start
    }

    private mutating func end(_ start: Int) {
        pad()
        let length = UInt32(count - start)
        // SAFETY: `start` is where `begin` wrote a length of four bytes, below `count`.
        unsafe memory.storeBytes(of: length, toByteOffset: start, as: UInt32.self)
    }

    private mutating func attribute(_ type: UInt32, count: Int) {
        put(UInt16(clamping: count + 4))
        put(UInt16(truncatingIfNeeded: type))
    }

    private mutating func attribute(_ type: UInt32, value: UInt32) {
        attribute(type, count: 4)
        put(value.bigEndian)
    }

    private mutating func pad() {
        while count & 3 != 0 { put(UInt8(0)) }
    }

    private mutating func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        precondition(hasRoom(for: MemoryLayout<Value>.size))
        // SAFETY: `count` and the value's size lie inside the allocation (checked above).
        unsafe memory.storeBytes(of: value, toByteOffset: count, as: Value.self)
        count += MemoryLayout<Value>.size
    }

    private mutating func put(_ bytes: Span<UInt8>) {
        precondition(hasRoom(for: bytes.count))
        // SAFETY: the source has `bytes.count` bytes, and so has the rest of the allocation
        // (checked above).
        unsafe bytes.withUnsafeBytes {
            guard let source = $0.baseAddress else { return }
            unsafe (memory + count).copyMemory(from: source, byteCount: $0.count)
        }
        count += bytes.count
    }
}
