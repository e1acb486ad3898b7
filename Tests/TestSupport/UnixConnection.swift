import Foundation
import Glibc

/// A blocking stream socket to a path, for bytes that no client library would send.
public final class UnixConnection {
    private let socket: Int32

    public init(path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        var wait = timeval(tv_sec: 5, tv_usec: 0)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        let status = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw CocoaError(.fileNoSuchFile) }
    }

    deinit { close(socket) }

    /// - Returns: false once the other end has closed.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0
    }

    /// Nothing more is sent.
    public func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    public func receive() -> [UInt8] {
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(socket, &piece, piece.count, 0)
            guard count > 0 else { return result }
            result += piece.prefix(count)
        }
    }
}
