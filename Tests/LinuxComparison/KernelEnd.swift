import Glibc
import Wire

/// This machine's kernel as one end of TCP connections: its listeners and the application that reads.
final class KernelEnd {
    static let ipv4 = IPAddress(ipv4: 0xc612_0003)
    static let ipv6 = IPAddress(ipv6High: 0xfd00_0198_0018_0000, low: 3)
    static let smallBuffer: Int32 = 4096

    /// A socket of the application's, and what it has read.
    struct Connection {
        enum End { case open, finished, failed(Int32) }
        var descriptor: Int32
        var received: [UInt8] = []
        var end = End.open
    }

    private struct Kind: Hashable {
        var isInline: Bool
        var hasSmallBuffer: Bool
        var takesFastOpen: Bool

        init(_ settings: Settings) {
            isInline = settings.urgent == .inline
            hasSmallBuffer = settings.hasSmallBuffer
            takesFastOpen = settings.takesFastOpen
        }

        var port: UInt16 { 9000 + (isInline ? 1 : 0) + (hasSmallBuffer ? 2 : 0) + (takesFastOpen ? 4 : 0) }
    }

    private var listeners: [Kind: Int32] = [:]
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)

    deinit { closeListeners() }

    /// Also ends the connections that were never completed.
    func closeListeners() {
        for descriptor in listeners.values { close(descriptor) }
        listeners = [:]
    }

    /// The port of a server for the settings.
    func listen(_ settings: Settings) throws -> (descriptor: Int32, port: UInt16) {
        let kind = Kind(settings)
        if let descriptor = listeners[kind] { return (descriptor, kind.port) }
        let descriptor = try makeSocket(settings, family: AF_INET6)
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
        if kind.takesFastOpen { set(descriptor, Int32(IPPROTO_TCP), TCP_FASTOPEN, 1024) }
        let any = IPAddress(ipv6High: 0, low: 0)
        let isBound = unsafe Self.withAddress(any, port: kind.port) { unsafe bind(descriptor, $0, $1) }
        guard isBound == 0, Glibc.listen(descriptor, 4096) == 0 else {
            throw TunDevice.Failure(what: "listen", code: errno)
        }
        listeners[kind] = descriptor
        return (descriptor, kind.port)
    }

    /// Returns when the kernel takes packets to its IPv6 address: it does not at once.
    func awaitAddress() throws {
        let descriptor = try makeSocket(Settings(), family: AF_INET6)
        defer { close(descriptor) }
        for _ in 0..<500 {
            let isBound = unsafe Self.withAddress(Self.ipv6, port: 8999) { unsafe bind(descriptor, $0, $1) }
            if isBound == 0 { return }
            usleep(10_000)
        }
        throw TunDevice.Failure(what: "the IPv6 address", code: errno)
    }

    /// A connection that a peer has opened.
    func accept(_ listener: Int32) -> Connection? {
        let descriptor = Glibc.accept(listener, nil, nil)
        return descriptor >= 0 ? Connection(descriptor: descriptor) : nil
    }

    /// The kernel as the client: its SYN is on its way when this returns.
    func connect(_ settings: Settings, to peer: IPAddress, port: UInt16) throws -> Connection {
        let descriptor = try makeSocket(settings, family: peer.family == .ipv4 ? AF_INET : AF_INET6)
        _ = unsafe Self.withAddress(peer, port: port) { unsafe Glibc.connect(descriptor, $0, $1) }
        return Connection(descriptor: descriptor)
    }

    /// The application reads what there is, at most so many bytes.
    func read(_ connection: inout Connection, _ limit: Int) {
        guard case .open = connection.end else { return }
        var left = limit
        // An error is the connection's last word, but bytes that came before it are still read.
        while left > 0 {
            // SAFETY: recv writes at most the count that it is told, which the buffer has.
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(connection.descriptor, $0.baseAddress, min(left, $0.count), Int32(MSG_DONTWAIT))
            }
            guard count > 0 else {
                if count == 0 { connection.end = .finished }
                if count < 0, errno != EAGAIN, errno != ENOTCONN { connection.end = .failed(errno) }
                return
            }
            connection.received += buffer[..<count]
            left -= count
        }
    }

    func write(_ connection: Connection, _ count: Int) {
        let bytes = [UInt8](repeating: 0x99, count: count)
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        // SAFETY: the array has `count` bytes.
        _ = unsafe bytes.withUnsafeBytes { unsafe send(connection.descriptor, $0.baseAddress, $0.count, flags) }
    }

    func shutdown(_ connection: Connection) { _ = Glibc.shutdown(connection.descriptor, Int32(SHUT_WR)) }

    /// Ends the connection with a reset.
    func abort(_ connection: Connection) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        // SAFETY: setsockopt reads the size of a live local variable.
        _ = unsafe setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close(connection.descriptor)
    }

    private static func withAddress(
        _ address: IPAddress, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        // SAFETY: the words fill the 16 bytes of an IPv6 address, and `body` gets the size of the variable that it
        // points to.
        if address.family == .ipv4 {
            var value = sockaddr_in()
            value.sin_family = sa_family_t(AF_INET)
            value.sin_port = port.bigEndian
            value.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            return unsafe withUnsafePointer(to: &value) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var value = sockaddr_in6()
        value.sin6_family = sa_family_t(AF_INET6)
        value.sin6_port = port.bigEndian
        unsafe withUnsafeMutableBytes(of: &value.sin6_addr) {
            unsafe $0.storeBytes(of: address.high.bigEndian, as: UInt64.self)
            unsafe $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return unsafe withUnsafePointer(to: &value) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    private func makeSocket(_ settings: Settings, family: Int32) throws -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw TunDevice.Failure(what: "socket", code: errno) }
        if settings.urgent == .inline { set(descriptor, SOL_SOCKET, SO_OOBINLINE, 1) }
        if settings.hasSmallBuffer { set(descriptor, SOL_SOCKET, SO_RCVBUF, Self.smallBuffer) }
        return descriptor
    }

    private func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        // SAFETY: setsockopt reads the size of a live local variable.
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
