import Glibc

/// Whole Ethernet frames on one interface of a namespace, past its own TCP.
public final class FrameSocket: Sendable {
    private let descriptor: Int32
    private let header: [UInt8]
    private static let packetFamily: UInt16 = 17

    /// - Parameters:
    ///   - source: the interface's own address, six bytes.
    ///   - destination: where every frame goes.
    public init(interface: String, in namespace: String, source: [UInt8], destination: [UInt8]) throws {
        header = destination + source
        descriptor = try TestTopology.inNamespace(namespace) {
            // ETH_P_ALL in network byte order.
            let descriptor = socket(Int32(Self.packetFamily), Int32(SOCK_RAW.rawValue), Int32(UInt16(3).bigEndian))
            guard descriptor >= 0 else { throw TestSocket.Failure(operation: "socket", code: errno) }
            // packet(7): family, protocol, interface, and eight bytes that bind(2) does not look at.
            var address = [UInt8](repeating: 0, count: 20)
            address[0] = UInt8(Self.packetFamily)
            address[3] = 3
            let index = unsafe if_nametoindex(interface)
            for byte in 0..<4 { address[4 + byte] = UInt8(truncatingIfNeeded: index >> (8 * UInt32(byte))) }
            // SAFETY: bind reads as many bytes as the array has.
            let result = unsafe address.withUnsafeBytes { raw in
                unsafe raw.withMemoryRebound(to: sockaddr.self) { unsafe bind(descriptor, $0.baseAddress, socklen_t(raw.count)) }
            }
            guard result == 0 else { throw TestSocket.Failure(operation: "bind", code: errno) }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    /// - Parameter packet: an IP packet.
    public func send(_ packet: [UInt8]) {
        let isIPv6 = packet.first.map { $0 >> 4 } == 6
        let frame = header + (isIPv6 ? [0x86, 0xdd] : [0x08, 0x00]) + packet
        // SAFETY: send reads as many bytes as the array has.
        _ = unsafe frame.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// The next IP packet to this interface, nil when none comes in time.
    public func receive(milliseconds: Int32) -> [UInt8]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // SAFETY: poll writes to one live local variable.
        guard unsafe Glibc.poll(&poll, 1, milliseconds) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 65_600)
        // SAFETY: recv writes at most the array's count of bytes into it.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 14 else { return nil }
        return Array(bytes[14..<count])
    }
}
