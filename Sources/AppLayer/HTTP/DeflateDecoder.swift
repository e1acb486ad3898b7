import CZlib

/// gzip, zlib or bare deflate: which of them is told by the data, as senders name one and send another.
@safe final class DeflateDecoder: ContentDecoder {
    private let stream: UnsafeMutablePointer<z_stream>
    private var isRaw = false

    init?(_: Void = ()) {
        // SAFETY: zlib needs the stream at one address for its life; it is freed in deinit only.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        super.init()
        guard unsafe Self.start(stream, windowBits: 15 + 32) else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    private static func start(_ stream: UnsafeMutablePointer<z_stream>, windowBits: Int32) -> Bool {
        unsafe inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    /// zlib's state and, once there is output, its window.
    override var libraryBytes: Int { hasOutput ? 7 << 10 + 32 << 10 : 7 << 10 }

    override func otherReading() -> [UInt8]? {
        guard !isRaw else { return nil }
        isRaw = true
        unsafe inflateEnd(stream)
        unsafe stream.pointee = z_stream()
        guard unsafe Self.start(stream, windowBits: -15) else { return nil }
        return Array(opening[(Self.gzipHeaderLength(opening) ?? 0)...])
    }

    override var isOpeningShort: Bool {
        !isRaw && opening.starts(with: [0x1f, 0x8b]) && Self.gzipHeaderLength(opening) == nil
    }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        // SAFETY: zlib only reads its input; it stays within the counts that it is told.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: output.count)
        let status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        return Step(
            read: unsafe input.count - Int(stream.pointee.avail_in),
            written: unsafe output.count - Int(stream.pointee.avail_out),
            status: status == Z_STREAM_END ? .end : status == Z_OK || status == Z_BUF_ERROR ? .more : .failed)
    }

    /// RFC 1952, section 2.3. Reserved flags and the header's checksum are not looked at: zlib refuses
    /// what browsers read.
    /// - Returns: nil when there is no whole header.
    private static func gzipHeaderLength(_ bytes: [UInt8]) -> Int? {
        guard bytes.count > 10, bytes[0] == 0x1f, bytes[1] == 0x8b else { return nil }
        let flags = bytes[3]
        var at = 10
        if flags & 0x04 != 0 {
            guard bytes.count > at + 2 else { return nil }
            at += 2 + Int(bytes[at]) + Int(bytes[at + 1]) << 8
        }
        for field: UInt8 in [0x08, 0x10] where flags & field != 0 {
            guard at < bytes.count, let end = bytes[at...].firstIndex(of: 0) else { return nil }
            at = end + 1
        }
        if flags & 0x02 != 0 { at += 2 }
        return at < bytes.count ? at : nil
    }
}
