internal import CNetfilterQueue
internal import Glibc

/// The memory that one batch of netlink datagrams is received into, one slot per datagram,
/// allocated once.
@safe
struct ReceiveSlots: ~Copyable {
    /// The largest payload (a netlink attribute has a 16-bit length), 4 KiB for the other
    /// attributes, and a cache line that keeps the slots' beginnings out of the same cache sets.
    static let bytesPerSlot = 65_536 + 4_096 + 64

    let count: Int
    private let memory: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let messages: UnsafeMutablePointer<many_messages>

    init(count: Int) {
        let count = max(count, 1)
        self.count = count
        // SAFETY: the three allocations live as long as `self`, which owns them alone; the
        // vectors point into `memory` slot by slot, inside its `count * bytesPerSlot` bytes.
        unsafe memory = .allocate(byteCount: count * Self.bytesPerSlot, alignment: 64)
        unsafe vectors = .allocate(capacity: count)
        unsafe messages = .allocate(capacity: count)
        for index in 0..<count {
            unsafe (vectors + index).initialize(
                to: iovec(iov_base: memory + index * Self.bytesPerSlot, iov_len: Self.bytesPerSlot))
            var message = unsafe many_messages()
            unsafe message.msg_hdr.msg_iov = vectors + index
            unsafe message.msg_hdr.msg_iovlen = 1
            unsafe (messages + index).initialize(to: message)
        }
    }

    deinit {
        unsafe messages.deallocate()
        unsafe vectors.deallocate()
        unsafe memory.deallocate()
    }

    /// Returns the number of datagrams, or a negative number with errno set.
    mutating func receive(from descriptor: Int32, flags: Int32) -> Int {
        // SAFETY: `messages` holds `count` entries, each with one vector of `bytesPerSlot` bytes.
        Int(unsafe receive_many_messages(descriptor, messages, UInt32(count), flags, nil))
    }

    /// Puts a datagram into a slot, as the kernel would.
    mutating func fill(_ index: Int, with datagram: [UInt8]) {
        precondition(index < count)
        let length = min(datagram.count, Self.bytesPerSlot)
        // SAFETY: the slot has `bytesPerSlot` bytes and `length` is at most that and at most the
        // array's count.
        unsafe datagram.withUnsafeBytes {
            guard length > 0, let source = $0.baseAddress else { return }
            unsafe (memory + index * Self.bytesPerSlot).copyMemory(from: source, byteCount: length)
        }
        unsafe messages[index].msg_len = UInt32(length)
        unsafe messages[index].msg_hdr.msg_flags = datagram.count > length ? Int32(MSG_TRUNC) : 0
    }

    /// The slot's datagram; nothing of an older, longer one.
    @_lifetime(borrow self)
    func datagram(_ index: Int) -> Span<UInt8> {
        precondition(index < count)
        let length = min(Int(unsafe messages[index].msg_len), Self.bytesPerSlot)
        return bytes(slot: index, offset: 0, count: length)
    }

    /// A part of a slot.
    @_lifetime(borrow self)
    func bytes(slot: Int, offset: Int, count: Int) -> Span<UInt8> {
        precondition(slot >= 0 && slot < self.count && offset >= 0 && count >= 0)
        precondition(offset <= Self.bytesPerSlot && count <= Self.bytesPerSlot - offset)
        let start = unsafe (memory + slot * Self.bytesPerSlot + offset).assumingMemoryBound(to: UInt8.self)
        // SAFETY: the range lies inside the slot (checked above); the memory lives as long as
        // `self`, and nothing writes to it while `self` is borrowed, for receiving is mutating.
        let span = unsafe Span(_unsafeStart: start, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Whether the datagram was longer than its slot (MSG_TRUNC).
    func isTruncated(_ index: Int) -> Bool {
        precondition(index < count)
        return unsafe messages[index].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0
    }
}
