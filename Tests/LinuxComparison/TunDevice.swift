import CTun
import Glibc
import Wire

/// A network interface whose other end is this program: packets written to it the kernel receives, before `write`
/// returns; what it sends can be read.
final class TunDevice {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Makes the interface in the calling thread's network namespace.
    init(name: String, ipv4: IPAddress, ipv4PrefixLength: Int, ipv6: IPAddress, ipv6PrefixLength: Int) throws {
        descriptor = unsafe open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(what: "/dev/net/tun", code: errno) }
        let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let control6 = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(control)
            close(control6)
        }
        var request = unsafe Self.request(name)
        unsafe request.ifr_ifru.ifru_flags = Int16(IFF_TUN | IFF_NO_PI)
        try unsafe Self.tell(descriptor, UInt(tun_set_interface), &request, "TUNSETIFF")
        unsafe request.ifr_ifru.ifru_addr = Self.socketAddress(UInt32(truncatingIfNeeded: ipv4.low))
        try unsafe Self.tell(control, UInt(SIOCSIFADDR), &request, "SIOCSIFADDR")
        unsafe request.ifr_ifru.ifru_netmask = Self.socketAddress(UInt32.max << UInt32(32 - ipv4PrefixLength))
        try unsafe Self.tell(control, UInt(SIOCSIFNETMASK), &request, "SIOCSIFNETMASK")
        unsafe request.ifr_ifru.ifru_ivalue = 4096
        try unsafe Self.tell(control, UInt(SIOCSIFTXQLEN), &request, "SIOCSIFTXQLEN")
        var address = in6_ifreq()
        // SAFETY: the words fill the 16 bytes of the address.
        unsafe withUnsafeMutableBytes(of: &address.ifr6_addr) {
            unsafe $0.storeBytes(of: ipv6.high.bigEndian, as: UInt64.self)
            unsafe $0.storeBytes(of: ipv6.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        address.ifr6_prefixlen = UInt32(ipv6PrefixLength)
        address.ifr6_ifindex = Int32(unsafe if_nametoindex(name))
        guard unsafe ioctl(control6, UInt(SIOCSIFADDR), &address) == 0 else {
            throw Failure(what: "SIOCSIFADDR of IPv6", code: errno)
        }
        for interface in [name, "lo"] {
            var request = unsafe Self.request(interface)
            unsafe request.ifr_ifru.ifru_flags = Int16(IFF_UP | IFF_RUNNING)
            try unsafe Self.tell(control, UInt(SIOCSIFFLAGS), &request, "SIOCSIFFLAGS of \(interface)")
        }
    }

    deinit { close(descriptor) }

    func write(_ packet: [UInt8]) {
        // SAFETY: the array has `count` bytes. What the kernel refuses is a packet that it drops.
        _ = unsafe packet.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// The next packet that the kernel has sent.
    func read() -> [UInt8]? {
        // SAFETY: read writes at most the buffer's count of bytes into it.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func request(_ name: String) -> ifreq {
        var request = unsafe ifreq()
        // SAFETY: the name is cut to fit the field with its zero.
        unsafe withUnsafeMutableBytes(of: &request.ifr_ifrn) { field in
            for (index, byte) in name.utf8.prefix(Int(IFNAMSIZ) - 1).enumerated() { unsafe field[index] = byte }
        }
        return unsafe request
    }

    private static func socketAddress(_ address: UInt32) -> sockaddr {
        var value = sockaddr_in()
        value.sin_family = sa_family_t(AF_INET)
        value.sin_addr.s_addr = address.bigEndian
        // SAFETY: both have 16 bytes.
        return unsafe unsafeBitCast(value, to: sockaddr.self)
    }

    private static func tell(_ descriptor: Int32, _ number: UInt, _ request: inout ifreq, _ what: String) throws {
        // SAFETY: the requests that are told read and write an ifreq.
        guard unsafe ioctl(descriptor, number, &request) == 0 else { throw Failure(what: what, code: errno) }
    }

    struct Failure: Error, CustomStringConvertible {
        var what: String
        var code: Int32
        var description: String { "\(what): errno \(code)" }
    }
}
