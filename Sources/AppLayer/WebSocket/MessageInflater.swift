import CZlib

/// Undoes permessage-deflate (RFC 7692) in one direction.
///
/// The window lives on from message to message: that reads senders that refer to earlier messages and those that agreed not
/// to (section 7.1.1) alike.
@safe final class MessageInflater {
    enum Outcome {
        case done, full
        /// The bytes of the input from `place` on make no sense.
        case corrupt(place: Int)
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// The last block said that it is the last one; nothing has come since.
    private var isAfterEnd = false
    /// zlib's state and window, about.
    static let heldBytes = 7 << 10 + 32 << 10
    private static let pieceBytes = 16 * 1024
    /// What a sender leaves out at a message's end (section 7.2.1).
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    init?() {
        // SAFETY: zlib needs the stream at one address for its life; it is freed in deinit only.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what `input` decodes to, at most `limit` bytes.
    func inflate(_ input: [UInt8], into output: inout [UInt8], limit: Int) -> Outcome {
        var (offset, left) = (0, limit)
        while offset < input.count || left < limit {
            guard left > 0 else { return .full }
            let room = min(Self.pieceBytes, left)
            var (read, status) = (0, Z_OK)
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, written in
                // SAFETY: zlib only reads its input; it stays within the counts that it is told.
                unsafe input.withUnsafeBufferPointer { source in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { unsafe $0 + offset })
                    unsafe stream.pointee.avail_in = UInt32(clamping: input.count - offset)
                    unsafe stream.pointee.next_out = buffer.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(clamping: room)
                    status = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
                    read = unsafe input.count - offset - Int(stream.pointee.avail_in)
                }
                written = unsafe room - Int(stream.pointee.avail_out)
            }
            output += piece
            offset += read
            left -= piece.count
            isAfterEnd = status == Z_STREAM_END
            if isAfterEnd {
                // Section 7.2.3.4: what follows goes on with the same window.
                unsafe inflateResetKeep(stream)
            } else if status != Z_OK, status != Z_BUF_ERROR {
                unsafe inflateReset(stream)
                return .corrupt(place: offset)
            }
            if offset >= input.count, piece.count < room || isAfterEnd { break }
            if read == 0, piece.isEmpty { break }
        }
        return .done
    }

    func endMessage(into output: inout [UInt8], limit: Int) -> Outcome {
        defer { isAfterEnd = false }
        return isAfterEnd ? .done : inflate(Self.tail, into: &output, limit: limit)
    }

    /// What came before is not referred to any more.
    func reset() {
        unsafe inflateReset(stream)
        isAfterEnd = false
    }
}
