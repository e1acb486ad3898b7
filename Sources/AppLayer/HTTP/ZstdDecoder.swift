import CZstd

/// `zstd` (RFC 8878): frames one after the other. The window is at most 8 MiB (RFC 9659).
@safe final class ZstdDecoder: ContentDecoder {
    private let context: OpaquePointer
    private static let windowBits: Int32 = 23
    /// RFC 8878, section 3.1.1: the shortest header of a frame, and a block's.
    private static let frameHeaderBytes = 6
    private static let blockHeaderBytes = 3
    /// Parts of no more bytes, headers among them, may fail at any byte: they are fed one by one.
    private static let smallPart = 32
    /// Bytes to the end of the header or block that is read. What the library asks for goes on into the next block's header.
    private var partLeft = frameHeaderBytes

    init?(_: Void = ()) {
        guard let made = unsafe ZSTD_createDCtx() else { return nil }
        unsafe context = made
        super.init()
        guard unsafe ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowBits)) == 0 else { return nil }
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    override var libraryBytes: Int { unsafe ZSTD_sizeof_DCtx(context) }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        var step = Step(read: 0, written: 0, status: .more)
        var known = step
        repeat {
            known = step
            unsafe advance(&step, input, output)
        } while step.status == .more && (step.read, step.written) != (known.read, known.written)
            && step.read < input.count && step.written < output.count
        return step
    }

    /// Feeds one part. A call that fails does not tell what it has written before: a failure must come in a call of its own.
    private func advance(_ step: inout Step, _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) {
        let count = min(partLeft <= Self.smallPart ? 1 : partLeft, input.count - step.read)
        // SAFETY: `read` and `count` stay within the input; the decoder stays within the counts that it is told.
        var source = unsafe ZSTD_inBuffer(src: input.baseAddress?.advanced(by: step.read), size: count, pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: step.written)
        let wanted = unsafe ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(wanted) == 0 else {
            step.read += count
            step.status = .failed
            return
        }
        unsafe step.read += source.pos
        unsafe step.written = target.pos
        // 0 at a frame's end, which is not the body's: another may follow.
        partLeft = wanted == 0 ? Self.frameHeaderBytes : wanted > Self.blockHeaderBytes ? wanted - Self.blockHeaderBytes : wanted
    }
}
