import CZstd

/// `zstd` (RFC 8878): frames one after the other. The window is at most 8 MiB (RFC 9659).
@safe final class ZstdDecoder: ContentDecoder {
    private let context: OpaquePointer
    private static let windowBits: Int32 = 23

    init?(_: Void = ()) {
        guard let made = unsafe ZSTD_createDCtx() else { return nil }
        unsafe context = made
        super.init()
        guard unsafe ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowBits)) == 0 else { return nil }
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    override var libraryBytes: Int { unsafe ZSTD_sizeof_DCtx(context) }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        // SAFETY: the decoder stays within the counts that it is told.
        var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = unsafe ZSTD_decompressStream(context, &target, &source)
        // A frame's end is not the body's: another may follow.
        return unsafe Step(read: source.pos, written: target.pos, status: ZSTD_isError(result) == 0 ? .more : .failed)
    }
}
