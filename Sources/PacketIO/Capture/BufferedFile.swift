import Glibc

/// Sequential reads of a file through one buffer.
struct BufferedFile: ~Copyable {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var start = 0
    private var end = 0
    /// Bytes handed out so far.
    private(set) var offset: UInt64 = 0

    /// Why the last read failed; 0 when none has.
    private(set) var failureCode: Int32 = 0

    /// - Parameter path: `-` is standard input.
    init(path: String) throws(CaptureError) {
        let opened = path == "-" ? dup(0) : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw CaptureError(file: path, offset: nil, message: Self.reason(errno)) }
        descriptor = opened
    }

    static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "no such file"
        case EACCES: "permission denied"
        case EISDIR: "is a folder, not a file"
        default: unsafe String(cString: strerror(code))
        }
    }

    deinit { close(descriptor) }

    /// Fills `bytes` with the next `count` bytes; returns how many there were before the end.
    mutating func read(_ count: Int, into bytes: inout [UInt8]) -> Int {
        bytes.removeAll(keepingCapacity: true)
        while bytes.count < count {
            if start == end, !refill() { break }
            let part = min(count - bytes.count, end - start)
            bytes.append(contentsOf: buffer[start..<start + part])
            start += part
        }
        offset += UInt64(bytes.count)
        return bytes.count
    }

    private mutating func refill() -> Bool {
        start = 0
        // SAFETY: the pointer is used within the call only, with the buffer's own count.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { failureCode = errno }
        end = max(0, count)
        return end > 0
    }
}
