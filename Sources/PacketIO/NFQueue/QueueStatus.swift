internal import Glibc

/// One line of `/proc/net/netfilter/nfnetlink_queue`: a queue as the kernel sees it.
public struct QueueStatus: Equatable, Sendable {
    public var queue: UInt16
    /// Netlink port of the process that bound it, usually its process id.
    public var portID: UInt32
    /// Packets that wait for their verdict.
    public var waiting: UInt32
    public var copyMode: UInt8
    public var copyRangeBytes: UInt32
    /// Packets dropped because the queue was full.
    public var queueDropped: UInt32
    /// Packets dropped because the receive buffer was full.
    public var userDropped: UInt32
    public var lastID: UInt32

    /// The kernel's columns: queue, port, waiting, copy mode, copy range, queue drops, user drops,
    /// last id, 1.
    public init?(line: some StringProtocol) {
        let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { UInt32($0) }
        guard fields.count >= 8, let queue = UInt16(exactly: fields[0]), let mode = UInt8(exactly: fields[3])
        else { return nil }
        self.queue = queue
        portID = fields[1]
        waiting = fields[2]
        copyMode = mode
        copyRangeBytes = fields[4]
        queueDropped = fields[5]
        userDropped = fields[6]
        lastID = fields[7]
    }

    public enum ReadError: Error, Equatable, Sendable {
        /// The file is not there: no queue support, or not readable: needs root.
        case unreadable(path: String, code: Int32)
    }

    /// The queues of the calling thread's network namespace.
    public static func all() throws(ReadError) -> [QueueStatus] {
        try all(path: "/proc/thread-self/net/netfilter/nfnetlink_queue")
    }

    static func all(path: String) throws(ReadError) -> [QueueStatus] {
        let text = try read(path)
        return text.split(separator: "\n").compactMap { QueueStatus(line: $0) }
    }

    private static func read(_ path: String) throws(ReadError) -> String {
        // SAFETY: open reads the zero-terminated copy of the path that Swift makes for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            // SAFETY: read writes at most the array's count of bytes into it.
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
