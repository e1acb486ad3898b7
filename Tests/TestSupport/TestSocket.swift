import Glibc

/// A blocking socket with a timeout of two seconds, made in one of a topology's namespaces.
/// Failures are nil results: that a packet does not arrive is what many tests are about.
public final class TestSocket: Sendable {
    public enum Kind: Sendable { case tcp, udp }

    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        setTimeout(milliseconds: 2000)
    }

    deinit { close(descriptor) }

    /// For receiving, sending and connecting.
    public func setTimeout(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            // SAFETY: setsockopt reads the size of a live local variable.
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// A socket bound to an address and port, listening when TCP.
    public static func bound(_ kind: Kind, to address: String, port: UInt16, in namespace: String) throws -> TestSocket {
        let socket = try make(kind, address, namespace)
        var one: Int32 = 1
        // SAFETY: setsockopt reads the size of a live local variable.
        _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        let descriptor = socket.descriptor
        guard unsafe withAddress(address, port, { unsafe bind(descriptor, $0, $1) }) == 0,
            kind == .udp || listen(descriptor, 64) == 0
        else { throw Failure(operation: "bind", code: errno) }
        return socket
    }

    /// A connected socket, or nil when the other side does not answer or refuses.
    public static func connected(
        _ kind: Kind, to address: String, port: UInt16, in namespace: String, timeoutMilliseconds: Int = 2000
    ) throws -> TestSocket? {
        let socket = try make(kind, address, namespace)
        socket.setTimeout(milliseconds: timeoutMilliseconds)
        let descriptor = socket.descriptor
        let result = unsafe withAddress(address, port) { unsafe connect(descriptor, $0, $1) }
        return result == 0 ? socket : nil
    }

    /// The next connection of a listening socket.
    public func accept() -> TestSocket? {
        let connection = Glibc.accept(descriptor, nil, nil)
        return connection >= 0 ? TestSocket(descriptor: connection) : nil
    }

    /// Sends all bytes.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            // SAFETY: the pointer is inside the array, which has `count - sent` bytes from there.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// What arrives next, at most 64 KiB: empty at the end of a connection, nil on a timeout or an error.
    public func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        // SAFETY: recv writes at most the array's count of bytes into it.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { return nil }
        return Array(bytes[..<count])
    }

    /// Receives until the end of the connection or `count` bytes.
    public func receive(upTo count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = receive(), !more.isEmpty { bytes += more }
        return bytes
    }

    /// The errno value of a `receive()` that is done only to see it.
    public func receiveError() -> Int32? {
        receive() == nil ? errno : nil
    }

    /// Answers one datagram to where it came from; returns it.
    public func echoDatagram() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var peer = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: the kernel writes at most `count` bytes to the array and `size` to the address.
        let count = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let count = unsafe bytes.withUnsafeMutableBytes {
                    unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, address, &size)
                }
                guard count >= 0 else { return count }
                return unsafe bytes.withUnsafeBytes { unsafe sendto(descriptor, $0.baseAddress, count, 0, address, size) }
            }
        }
        return count >= 0 ? Array(bytes[..<count]) : nil
    }

    private static func make(_ kind: Kind, _ address: String, _ namespace: String) throws -> TestSocket {
        let family = address.contains(":") ? AF_INET6 : AF_INET
        let type = kind == .tcp ? Int32(SOCK_STREAM.rawValue) : Int32(SOCK_DGRAM.rawValue)
        let descriptor = try TestTopology.inNamespace(namespace) { socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0) }
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        return TestSocket(descriptor: descriptor)
    }

    private static func withAddress(
        _ address: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        // SAFETY: inet_pton writes the family's address size into a live local variable, and
        // `body` gets the size of the variable that it points to.
        if address.contains(":") {
            var value = sockaddr_in6()
            value.sin6_family = sa_family_t(AF_INET6)
            value.sin6_port = port.bigEndian
            guard unsafe inet_pton(AF_INET6, address, &value.sin6_addr) == 1 else { return -1 }
            return unsafe withUnsafePointer(to: &value) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var value = sockaddr_in()
        value.sin_family = sa_family_t(AF_INET)
        value.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, address, &value.sin_addr) == 1 else { return -1 }
        return unsafe withUnsafePointer(to: &value) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    public struct Failure: Error, CustomStringConvertible {
        public var operation: String
        public var code: Int32
        public var description: String { "\(operation): errno \(code)" }
    }
}
