internal import CRouteNetlink
import Glibc

/// Notices of what comes and goes in folders (inotify(7)).
final class DirectoryNotices {
    let descriptor: Int32

    struct Notice {
        let watch: Int32
        let mask: UInt32
        let name: String
        var isFolder: Bool { mask & UInt32(IN_ISDIR) != 0 }
        var isGone: Bool { mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 }
        /// The folder itself has gone, and its watch with it.
        var endsWatch: Bool { mask & UInt32(IN_IGNORED) != 0 }
        /// Notices were lost.
        var isOverflow: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
    }

    init?() {
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// - Returns: nil when the folder is not there, or the system's limit of watches is reached.
    func watch(_ path: String) -> Int32? {
        let mask = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE
        let watch = unsafe inotify_add_watch(descriptor, path, UInt32(mask) | UInt32(IN_ONLYDIR))
        return watch < 0 ? nil : watch
    }

    func take() -> [Notice] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // SAFETY: at most the buffer's size is written to it.
        let count = unsafe read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return [] }
        var notices: [Notice] = []
        let bytes = buffer.span.extracting(first: count)
        var offset = 0
        // struct inotify_event: watch, mask, cookie, length of the name that follows.
        while count - offset >= 16 {
            let length = Int(bytes.hostUInt32(at: offset + 12))
            guard length <= count - offset - 16 else { break }
            var name: [UInt8] = []
            for place in offset + 16..<offset + 16 + length where bytes[place] != 0 { name.append(bytes[place]) }
            notices.append(
                Notice(
                    watch: Int32(bitPattern: bytes.hostUInt32(at: offset)), mask: bytes.hostUInt32(at: offset + 4),
                    name: String(decoding: name, as: UTF8.self)))
            offset += 16 + length
        }
        return notices
    }
}
