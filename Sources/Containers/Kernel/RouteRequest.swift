internal import CRouteNetlink

/// Requests to the kernel's routing socket, each a message with its header.
enum RouteRequest {
    /// All links.
    static func links(sequence: UInt32) -> [UInt8] {
        message(RTM_GETLINK, NLM_F_DUMP, sequence, [UInt8](repeating: 0, count: 16))
    }

    /// All addresses in another network namespace, by the number that this one has for it (Linux 4.20).
    static func addresses(namespace: Int32, sequence: UInt32) -> [UInt8] {
        message(
            RTM_GETADDR, NLM_F_DUMP, sequence,
            [UInt8](repeating: 0, count: 8) + attribute(Int(IFA_TARGET_NETNSID), UInt32(bitPattern: namespace)))
    }

    /// The number that this namespace has for that of a process.
    static func namespace(ofProcess process: Int32, sequence: UInt32) -> [UInt8] {
        message(
            RTM_GETNSID, 0, sequence, [0, 0, 0, 0] + attribute(Int(NETNSA_PID), UInt32(bitPattern: process)))
    }

    private static func message(_ type: some BinaryInteger, _ flags: some BinaryInteger, _ sequence: UInt32, _ body: [UInt8]) -> [UInt8] {
        var bytes = host(UInt32(RouteMessage.headerBytes + body.count))
        bytes += host(UInt16(truncatingIfNeeded: type))
        bytes += host(UInt16(truncatingIfNeeded: Int(NLM_F_REQUEST) | Int(flags)))
        bytes += host(sequence)
        bytes += host(UInt32(0))
        return bytes + body
    }

    private static func attribute(_ type: Int, _ value: UInt32) -> [UInt8] {
        host(UInt16(8)) + host(UInt16(truncatingIfNeeded: type)) + host(value)
    }

    /// In the machine's byte order.
    private static func host<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        return stride(from: 0, to: Value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value.littleEndian >> Value($0)) }
    }
}
