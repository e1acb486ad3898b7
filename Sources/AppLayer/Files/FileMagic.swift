import CMagic
import Synchronization

/// What kind a file is of, by its first bytes, as `file` says it (libmagic). One for all workers: its library is not
/// made for two at once, so that they take turns.
@safe public final class FileMagic: Sendable {
    public struct Failure: Error {
        public let message: String
        public init(message: String) { self.message = message }
    }

    /// A cookie that is used in turns.
    @safe private struct Cookie: @unchecked Sendable {
        let pointer: magic_t
    }

    private let cookie: Mutex<Cookie>
    /// Bytes that the library looks at.
    static let lookBytes = TransferredFile.headBytes
    private static let textLimit = 1024

    /// Loads the library's database.
    public init() throws(Failure) {
        guard let made = unsafe magic_open(MAGIC_NONE) else { throw Failure(message: "libmagic can't be used") }
        // SAFETY: a nil file is the database that is installed.
        guard unsafe magic_load(made, nil) == 0 else {
            let reason = unsafe magic_error(made).map { unsafe String(cString: $0) } ?? "no database"
            unsafe magic_close(made)
            throw Failure(message: "libmagic: \(reason)")
        }
        cookie = unsafe Mutex(Cookie(pointer: made))
    }

    deinit { cookie.withLock { unsafe magic_close($0.pointer) } }

    /// - Parameter bytes: the file's first; nil when nothing can be said.
    func text(of bytes: [UInt8]) -> [UInt8]? {
        guard !bytes.isEmpty else { return nil }
        return cookie.withLock { cookie -> [UInt8]? in
            // SAFETY: the library reads the bytes during the call; its text stands until the next one.
            let text = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe magic_buffer(cookie.pointer, buffer.baseAddress, min(buffer.count, Self.lookBytes))
            }
            guard let text = unsafe text else { return nil }
            return unsafe Array(String(cString: text).utf8.prefix(Self.textLimit))
        }
    }
}
