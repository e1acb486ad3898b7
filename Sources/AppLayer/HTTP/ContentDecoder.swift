import CZlib

/// Undoes one layer of `Content-Encoding` (RFC 9110, section 8.4.1), piece by piece. What it is, gzip, zlib
/// or bare deflate, is told by the data: senders name one and send another.
@safe public final class ContentDecoder {
    /// The bytes that are not what was announced.
    struct Failure: Error { let unread: [UInt8] }

    private let stream: UnsafeMutablePointer<z_stream>
    private var hasOutput = false
    private var isFinished = false
    private var isRaw = false
    private(set) var isGivenUp = false
    /// All input while there is no output, to read it another way.
    private var opening: [UInt8] = []
    /// A gzip header may hold a name without end.
    private static let openingLimit = 64 * 1024
    private static let pieceBytes = 16 * 1024

    init?() {
        // SAFETY: zlib needs the stream at one address for its life; it is freed in deinit only.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe Self.start(stream, windowBits: 15 + 32) else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    private static func start(_ stream: UnsafeMutablePointer<z_stream>, windowBits: Int32) -> Bool {
        unsafe inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
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

    func giveUp() {
        isGivenUp = true
        opening = []
    }

    /// Appends what `input` decodes to, at most `limit` bytes; what follows the end is left out.
    /// - Returns: false when `limit` cut the output.
    func decode(_ input: [UInt8], into output: inout [UInt8], limit: Int) throws(Failure) -> Bool {
        guard !isFinished else { return true }
        if !hasOutput { opening += input }
        if let isWhole = inflate(input, into: &output, limit: limit) {
            guard opening.count <= Self.openingLimit else { return try fail(input) }
            return isWhole
        }
        if !hasOutput, !isRaw {
            isRaw = true
            unsafe inflateEnd(stream)
            unsafe stream.pointee = z_stream()
            let data = Array(opening[(Self.gzipHeaderLength(opening) ?? 0)...])
            if unsafe Self.start(stream, windowBits: -15), let isWhole = inflate(data, into: &output, limit: limit) {
                return isWhole
            }
        }
        return try fail(input)
    }

    private func fail(_ input: [UInt8]) throws(Failure) -> Bool {
        let unread = opening.isEmpty ? input : opening
        giveUp()
        throw Failure(unread: unread)
    }

    /// - Returns: nil when the input is not what the stream expects.
    private func inflate(_ input: [UInt8], into output: inout [UInt8], limit: Int) -> Bool? {
        var input = input
        var left = limit
        var status = Z_OK
        var offset = 0
        let count = input.count
        while status == Z_OK, left > 0 {
            let room = min(Self.pieceBytes, left)
            var produced = 0
            var consumed = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                // SAFETY: zlib writes at most `room` bytes to the buffer and reads at most what is left of the input.
                unsafe input.withUnsafeMutableBufferPointer { source in
                    unsafe stream.pointee.next_in = source.baseAddress.map { unsafe $0 + offset }
                    unsafe stream.pointee.avail_in = UInt32(count - offset)
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room)
                    status = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                    consumed = unsafe count - offset - Int(stream.pointee.avail_in)
                    produced = unsafe room - Int(stream.pointee.avail_out)
                }
                initialized = produced
            }
            offset += consumed
            left -= produced
            output += piece
            if produced > 0 { hasOutput = true }
            if status == Z_STREAM_END { isFinished = true }
            if produced < room, offset >= count { break }
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return nil }
        if hasOutput { opening = [] }
        return isFinished || left > 0
    }
}

public enum InflateFormat: Sendable { case gzip, zlib }

extension ContentDecoder {
    /// The first `limit` bytes of what `bytes` inflate to; nil when they are not of that format.
    public static func inflate(_ bytes: [UInt8], _ format: InflateFormat, limit: Int) -> [UInt8]? {
        guard bytes.count > 2, (format == .gzip) == (bytes[0] == 0x1f && bytes[1] == 0x8b), let decoder = ContentDecoder() else {
            return nil
        }
        var output: [UInt8] = []
        _ = try? decoder.decode(bytes, into: &output, limit: limit)
        return output.isEmpty ? nil : output
    }
}
