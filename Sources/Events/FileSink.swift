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

    public init(path: String) throws(EventSinkError) {
        self.path = path
        descriptor = try Self.open(path)
    }

    deinit { if descriptor > 2 { close(descriptor) } }

    /// Opens the file by its name again, for log rotation.
    public func reopen() throws(EventSinkError) {
        let fresh = try Self.open(path)
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

    private static func open(_ path: String) throws(EventSinkError) -> Int32 {
        guard path != "-" else { return 1 }
        let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    private static func failure(_ path: String) -> EventSinkError {
        EventSinkError(path: path, message: unsafe String(cString: strerror(errno)))
    }
}
