import Glibc
import NIOCore

/// Who is at the other end of a unix socket (SO_PEERCRED, unix(7)).
struct PeerCredentials: Sendable {
    let userID: UInt32
    let groupID: UInt32

    /// `struct ucred` (socket.h), which Glibc shows to C with _GNU_SOURCE only.
    private struct Answer {
        var processID: Int32 = 0
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
    }

    /// nil when the kernel does not say.
    static func of(_ channel: any Channel) async -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credentials: Answer? = try? await provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED)
        ).get()
        return credentials.map { PeerCredentials(userID: $0.userID, groupID: $0.groupID) }
    }

    /// Root, the daemon's own user, and the members of `group`.
    func mayControl(group: UInt32?) -> Bool {
        if userID == 0 || userID == geteuid() { return true }
        guard let group else { return false }
        return groupID == group || Groups.of(userID).contains(group)
    }
}

/// The system's group database.
enum Groups {
    static func number(_ name: String) -> UInt32? {
        // SAFETY: the entry is read before any other call can overwrite it; only the start of the daemon asks.
        guard let entry = unsafe getgrnam(name) else { return nil }
        return unsafe entry.pointee.gr_gid
    }

    static func of(_ userID: UInt32) -> [UInt32] {
        var record = unsafe passwd()
        var buffer = [CChar](repeating: 0, count: 4096)
        var found: UnsafeMutablePointer<passwd>?
        // SAFETY: record and buffer outlive the use of the strings that point into the buffer.
        return unsafe buffer.withUnsafeMutableBufferPointer { buffer -> [UInt32] in
            guard let base = buffer.baseAddress,
                unsafe getpwuid_r(userID, &record, base, buffer.count, &found) == 0, let entry = unsafe found,
                let name = unsafe entry.pointee.pw_name
            else { return [] }
            var count: Int32 = 64
            var groups = [gid_t](repeating: 0, count: 64)
            guard unsafe getgrouplist(name, entry.pointee.pw_gid, &groups, &count) >= 0 else { return [] }
            return Array(groups.prefix(Int(count)))
        }
    }
}
