import CZlib

/// Undoes one layer of `Content-Encoding` (RFC 9110, section 8.4.1), piece by piece.
@safe final class ContentDecoder {
    enum Coding { case gzip, deflate }
    enum Failure: Error { case corrupt }

    private let stream: UnsafeMutablePointer<z_stream>
    private let coding: Coding
    private var hasOutput = false
    private var isFinished = false
    private var isRaw = false
    /// First input of a `deflate` body, for the senders that leave out the zlib header.
    private var opening: [UInt8] = []
    private static let pieceBytes = 16 * 1024

    init?(_ coding: Coding) {
        self.coding = coding
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

    /// Appends what `input` decodes to, at most `limit` bytes; what follows the end is left out.
    /// - Returns: false when `limit` cut the output.
    func decode(_ input: [UInt8], into output: inout [UInt8], limit: Int) throws(Failure) -> Bool {
        guard !isFinished else { return true }
        if coding == .deflate, !hasOutput, !isRaw { opening += input }
        do throws(Failure) {
            return try inflate(input, into: &output, limit: limit)
        } catch {
            guard coding == .deflate, !hasOutput, !isRaw else { throw error }
            isRaw = true
            unsafe inflateEnd(stream)
            unsafe stream.pointee = z_stream()
            guard unsafe Self.start(stream, windowBits: -15) else { throw .corrupt }
            let again = opening
            opening = []
            return try inflate(again, into: &output, limit: limit)
        }
    }

    private func inflate(_ input: [UInt8], into output: inout [UInt8], limit: Int) throws(Failure) -> Bool {
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
            if produced > 0 {
                hasOutput = true
                opening = []
            }
            if status == Z_STREAM_END { isFinished = true }
            if produced < room, offset >= count { break }
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw .corrupt }
        return isFinished || left > 0
    }
}
