internal import Glibc
internal import Synchronization

/// Sends whole IP packets (resets, ICMP errors) through raw sockets, marked so that the hook spares them.
///
/// Needs CAP_NET_RAW and CAP_NET_ADMIN (SO_MARK). Safe to share between workers: each send is one system call.
public final class ResetInjector: Sendable {
    /// The mark that the hook's rules let pass (`HookOptions.ownPacketsMark`).
    public static let ownPacketsMark: UInt32 = 0x0800_0000

    /// SOCK_RAW with SOCK_CLOEXEC, and MSG_DONTWAIT (socket.h): names that Swift does not see in every build.
    private static let rawSocket: Int32 = 3 | 0o2000000
    private static let dontWait: Int32 = 0x40

    private let ipv4: Int32
    private let ipv6: Int32
    private let failures = Atomic<UInt64>(0)

    /// - Throws: the kernel's answer, EPERM without the capabilities.
    public init() throws(SystemError) {
        ipv4 = try Self.open(AF_INET)
        // A host without IPv6 has nothing to reset there.
        ipv6 = (try? Self.open(AF_INET6)) ?? -1
    }

    deinit {
        close(ipv4)
        if ipv6 >= 0 { close(ipv6) }
    }

    private static func open(_ family: Int32) throws(SystemError) -> Int32 {
        let descriptor = socket(family, rawSocket, Int32(IPPROTO_RAW))
        guard descriptor >= 0 else { throw SystemError.last }
        var mark = ownPacketsMark
        // SAFETY: the option's value is read during the call only.
        let status = unsafe setsockopt(descriptor, SOL_SOCKET, SO_MARK, &mark, socklen_t(MemoryLayout<UInt32>.size))
        guard status == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Packets that the kernel would not send.
    public var failed: UInt64 { failures.load(ordering: .relaxed) }

    public func send(_ packet: [UInt8]) {
        guard let version = packet.first.map({ $0 >> 4 }), packet.count >= (version == 4 ? 20 : 40) else { return }
        if version == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = Self.word(packet, 16)
            deliver(packet, ipv4, &address)
        } else {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            // SAFETY: an IPv6 address has sixteen bytes.
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { target in
                for index in 0..<16 { unsafe target[index] = packet[24 + index] }
            }
            deliver(packet, ipv6, &address)
        }
    }

    /// Four bytes as they lie in the packet.
    private static func word(_ packet: [UInt8], _ offset: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<4 { value |= UInt32(packet[offset + index]) << UInt32(8 * index) }
        return UInt32(littleEndian: value)
    }

    private func deliver<Address>(_ packet: [UInt8], _ descriptor: Int32, _ address: inout Address) {
        let size = socklen_t(MemoryLayout<Address>.size)
        // SAFETY: packet and address are only read, during the call.
        let sent = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
                unsafe packet.withUnsafeBytes {
                    unsafe sendto(descriptor, $0.baseAddress, $0.count, Self.dontWait, rebound, size)
                }
            }
        }
        if sent < 0 { failures.add(1, ordering: .relaxed) }
    }
}
