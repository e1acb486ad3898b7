import Glibc
public import Wire

/// Writes a classic pcap file with nanosecond times. The first packet's link type is the file's;
/// packets of another one are written from their IP header on when the file is raw IP.
public final class CaptureWriter {
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var fileLink: LinkType?

    public init(path: String) throws(CaptureError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CaptureError(file: path, offset: nil, message: BufferedFile.reason(errno))
        }
    }

    deinit { Glibc.close(descriptor) }

    public func write(_ packet: Span<UInt8>, link: LinkType, time: Timestamp) throws(CaptureError) {
        if fileLink == nil { writeHeader(link) }
        var prefix: [UInt8] = []
        if link != fileLink {
            guard fileLink == .ethernet, link == .rawIP, packet.count > 0 else {
                throw CaptureError(file: path, offset: nil, message: "packets of two link types in one capture")
            }
            // An injected packet among frames: it has no addresses of its own.
            prefix = [UInt8](repeating: 0, count: 12) + (packet[0] >> 4 == 6 ? [0x86, 0xdd] : [0x08, 0x00])
        }
        let count = UInt32(truncatingIfNeeded: prefix.count + packet.count)
        append(UInt32(truncatingIfNeeded: time.nanoseconds / 1_000_000_000))
        append(UInt32(truncatingIfNeeded: time.nanoseconds % 1_000_000_000))
        append(count)
        append(count)
        buffer += prefix
        buffer.append(copying: packet)
        if buffer.count > 1 << 17 { try flush() }
    }

    public func close() throws(CaptureError) {
        if fileLink == nil { writeHeader(.rawIP) }
        try flush()
    }

    private func writeHeader(_ link: LinkType) {
        fileLink = link
        for word in [0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 262_144, link.number] as [UInt32] { append(word) }
    }

    private func append(_ value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { buffer.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    private func flush() throws(CaptureError) {
        var written = 0
        while written < buffer.count {
            // SAFETY: the pointer is used within the call only and the count stays within the array.
            let count = unsafe buffer.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw CaptureError(file: path, offset: nil, message: unsafe String(cString: strerror(errno)))
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
