internal import CNetfilterQueue
internal import Glibc

/// A socket of the family NETLINK_NETFILTER.
final class KernelNetlinkSocket: NetlinkSocket {
    private let descriptor: Int32
    /// What SO_RCVTIMEO is set to now, so that it is set only when it changes.
    private var timeoutMilliseconds = -1
    private(set) var receiveBufferBytes = 0

    init(receiveBufferBytes wanted: Int) throws(NFQueueError) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_NETLINK, type, Int32(NETLINK_NETFILTER))
        guard descriptor >= 0 else { throw .unsupportedByKernel(code: errno) }

        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        // SAFETY: bind reads `sizeof(sockaddr_nl)` bytes of a live local variable.
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw .socketFailed(operation: "bind", code: errno) }

        // With overruns reported as ENOBUFS the kernel would also stop delivering until the
        // buffer is drained; they are counted from SK_MEMINFO_DROPS instead.
        set(Int32(SOL_NETLINK), Int32(NETLINK_NO_ENOBUFS), 1)
        // A refused verdict is answered with its header only, not with a whole replaced packet.
        set(Int32(SOL_NETLINK), Int32(NETLINK_CAP_ACK), 1)
        if !set(SOL_SOCKET, SO_SNDBUFFORCE, Int32(4 * VerdictBuffer.capacityInBytes)) {
            set(SOL_SOCKET, SO_SNDBUF, Int32(4 * VerdictBuffer.capacityInBytes))
        }
        let bytes = Int32(clamping: wanted)
        if !set(SOL_SOCKET, SO_RCVBUFFORCE, bytes) { set(SOL_SOCKET, SO_RCVBUF, bytes) }
        receiveBufferBytes = readReceiveBuffer() / 2
    }

    deinit { close(descriptor) }

    @discardableResult
    private func set(_ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        // SAFETY: setsockopt reads four bytes of a live local variable.
        return unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// As the kernel accounts it: twice what was asked for.
    private func readReceiveBuffer() -> Int {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        // SAFETY: getsockopt writes at most `size` bytes to a live local variable of that size.
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, &size)
        return result == 0 ? Int(value) : 0
    }

    func send(_ messages: Span<UInt8>) throws(SystemError) {
        var failure: SystemError?
        // SAFETY: the kernel reads the span's bytes during the call. Unconnected netlink sockets
        // send to port 0, the kernel.
        unsafe messages.withUnsafeBytes { bytes in
            while unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, 0) < 0 {
                if errno == EINTR { continue }
                failure = .last
                return
            }
        }
        if let failure { throw failure }
    }

    func receive(into slots: inout ReceiveSlots, timeoutMilliseconds timeout: Int) throws(SystemError) -> Int {
        var flags = Int32(MESSAGE_WAIT_FOR_ONE)
        if timeout == 0 {
            flags |= Int32(MSG_DONTWAIT)
        } else if timeout != timeoutMilliseconds {
            try setReceiveTimeout(timeout)
        }
        let count = slots.receive(from: descriptor, flags: flags)
        if count >= 0 { return count }
        switch errno {
        case EAGAIN, EINTR: return 0
        default: throw .last
        }
    }

    private func setReceiveTimeout(_ milliseconds: Int) throws(SystemError) {
        var time = timeval()
        if milliseconds > 0 {
            time.tv_sec = milliseconds / 1000
            time.tv_usec = milliseconds % 1000 * 1000
        }
        // SAFETY: setsockopt reads the size of a live local variable.
        let result = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        guard result == 0 else { throw .last }
        timeoutMilliseconds = milliseconds
    }

    var overruns: UInt64 {
        // SK_MEMINFO_VARS values of 32 bits each; SK_MEMINFO_DROPS is the ninth
        // (include/uapi/linux/sock_diag.h).
        var values = InlineArray<9, UInt32>(repeating: 0)
        var size = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
        // SAFETY: getsockopt writes at most `size` bytes to a live local variable of that size.
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &values, &size)
        return result == 0 ? UInt64(values[8]) : 0
    }
}
