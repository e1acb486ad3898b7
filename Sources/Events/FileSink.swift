import Glibc

/// Why events can't be written.
public struct EventSinkError: Error, CustomStringConvertible, Sendable {
    public let path: String
    public let message: String
    public var description: String { "\(path): \(message)" }
}

/// Appends lines to a file; `-` is standard output.
public final class FileSink {
    private let path: String
    private var descriptor: Int32

    /// - Parameter truncates: what the file held before is gone.
    public init(path: String, truncates: Bool = false) throws(EventSinkError) {
        self.path = path
        descriptor = try Self.open(path, O_APPEND | (truncates ? O_TRUNC : 0))
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    /// Opens the file by its name again, for log rotation.
    public func reopen() throws(EventSinkError) {
        let fresh = try Self.open(path, O_APPEND)
        if descriptor > 2 { close(descriptor) }
        descriptor = fresh
    }

    /// Writes all of `bytes`, short writes gone on with.
    public func write(_ bytes: [UInt8]) throws(EventSinkError) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the pointer is used within the call only and the count stays within the array.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw Self.failure(path)
            }
            written += count
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(EventSinkError) -> Int32 {
        guard path != "-" else { return 1 }
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o640)
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    private static func failure(_ path: String) -> EventSinkError {
        EventSinkError(path: path, message: unsafe String(cString: strerror(errno)))
    }
}
