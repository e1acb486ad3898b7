internal import CRouteNetlink
import Glibc
import Wire

/// Why the kernel's routing socket can't be used.
struct RouteFailure: Error, CustomStringConvertible {
    let operation: String
    let code: Int32
    // SAFETY: strerror's text is copied at once.
    var description: String { "rtnetlink: \(operation): \(unsafe String(cString: strerror(code)))" }
}

/// A socket of the family NETLINK_ROUTE in the network namespace of the thread that makes it.
final class RouteSocket {
    let descriptor: Int32
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Room for `struct cmsghdr` and a number.
    private var control = [UInt8](repeating: 0, count: 64)

    /// - Parameter groups: multicast groups (RTNLGRP_…) that it listens to; none for requests.
    init(groups: [Int32] = []) throws(RouteFailure) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_NETLINK, type, Int32(NETLINK_ROUTE))
        guard descriptor >= 0 else { throw RouteFailure(operation: "socket", code: errno) }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        // SAFETY: bind reads `sizeof(sockaddr_nl)` bytes of a live local variable.
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            let code = errno
            close(descriptor)
            throw RouteFailure(operation: "bind", code: code)
        }
        for group in groups { set(Int32(SOL_NETLINK), Int32(NETLINK_ADD_MEMBERSHIP), group) }
        guard groups.isEmpty else {
            if !set(SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20) { set(SOL_SOCKET, SO_RCVBUF, 4 << 20) }
            return
        }
        // Requests for another namespace's addresses are checked strictly, or not understood.
        set(Int32(SOL_NETLINK), Int32(NETLINK_GET_STRICT_CHK), 1)
        var time = timeval(tv_sec: 1, tv_usec: 0)
        // SAFETY: setsockopt reads the size of a live local variable.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Hears of the namespaces that this one has numbers for as well (needs CAP_NET_BROADCAST).
    /// - Returns: whether the kernel lets it.
    func listenToAllNamespaces() -> Bool { set(Int32(SOL_NETLINK), Int32(NETLINK_LISTEN_ALL_NSID), 1) }

    @discardableResult
    private func set(_ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        // SAFETY: setsockopt reads four bytes of a live local variable.
        return unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    // MARK: Requests

    func links() throws(RouteFailure) -> [UInt32: RouteMessage.Link] {
        var links: [UInt32: RouteMessage.Link] = [:]
        try ask("RTM_GETLINK") { RouteRequest.links(sequence: $0) } each: { message in
            if case .link(let index, let link) = message { links[index] = link }
        }
        return links
    }

    func addresses(namespace: Int32) throws(RouteFailure) -> [IPAddress] {
        var addresses: [IPAddress] = []
        try ask("RTM_GETADDR") { RouteRequest.addresses(namespace: namespace, sequence: $0) } each: { message in
            if case .address(let address) = message { addresses.append(address) }
        }
        return addresses
    }

    /// nil when the process has gone, or nothing links its network namespace to this one.
    func namespace(ofProcess process: Int32) throws(RouteFailure) -> Int32? {
        var number: Int32?
        do throws(RouteFailure) {
            try ask("RTM_GETNSID") { RouteRequest.namespace(ofProcess: process, sequence: $0) } each: { message in
                if case .namespace(let found) = message { number = found }
            }
        } catch where error.code == ESRCH || error.code == EINVAL || error.code == ENOENT {
            return nil
        }
        return number
    }

    /// Sends a request and takes what answers it, until that is whole.
    private func ask(
        _ operation: String, _ request: (UInt32) -> [UInt8], each: (RouteMessage) -> Void
    ) throws(RouteFailure) {
        sequence &+= 1
        let message = request(sequence)
        // SAFETY: the kernel reads the array's bytes during the call.
        guard unsafe send(descriptor, message, message.count, 0) == message.count else {
            throw RouteFailure(operation: operation, code: errno)
        }
        while true {
            guard let (bytes, _) = try receive(flags: 0, operation) else {
                throw RouteFailure(operation: operation, code: ETIMEDOUT)
            }
            for (number, message) in RouteMessage.read(bytes) where number == sequence {
                switch message {
                case .done, .failed(errno: 0): return
                case .failed(let code): throw RouteFailure(operation: operation, code: code)
                case .namespace: return each(message)
                default: each(message)
                }
            }
        }
    }

    // MARK: Multicast

    /// What has come, and from which other namespace.
    /// - Returns: nil when nothing waits.
    /// - Throws: with ENOBUFS when messages were lost.
    func receive() throws(RouteFailure) -> (bytes: [UInt8], namespace: Int32?)? {
        try receive(flags: Int32(MSG_DONTWAIT), "receive")
    }

    private func receive(flags: Int32, _ operation: String) throws(RouteFailure) -> (bytes: [UInt8], namespace: Int32?)? {
        var header = unsafe msghdr()
        var (count, controlBytes) = (0, 0)
        var failure: Int32?
        // SAFETY: the vector and the header point into the two buffers, which live through the call.
        unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe control.withUnsafeMutableBytes { control in
                var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    unsafe header.msg_iov = vector
                    unsafe header.msg_iovlen = 1
                    unsafe header.msg_control = control.baseAddress
                    unsafe header.msg_controllen = control.count
                    repeat { count = unsafe recvmsg(descriptor, &header, flags) } while count < 0 && errno == EINTR
                    if count < 0 { failure = errno }
                    controlBytes = unsafe Int(header.msg_controllen)
                }
            }
        }
        if let failure {
            guard failure != EAGAIN else { return nil }
            throw RouteFailure(operation: operation, code: failure)
        }
        return (Array(buffer.prefix(count)), Self.namespace(control.prefix(controlBytes)))
    }

    /// Of `struct cmsghdr`: length, level and type; the number follows.
    private static func namespace(_ control: ArraySlice<UInt8>) -> Int32? {
        let bytes = Array(control)
        let first = MemoryLayout<Int>.size + 8
        guard bytes.count >= first + 4, bytes.span.hostUInt32(at: first - 8) == UInt32(SOL_NETLINK),
            bytes.span.hostUInt32(at: first - 4) == UInt32(NETLINK_LISTEN_ALL_NSID)
        else { return nil }
        return Int32(bitPattern: bytes.span.hostUInt32(at: first))
    }
}
