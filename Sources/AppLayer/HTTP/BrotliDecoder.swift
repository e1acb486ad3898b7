import CBrotli

/// `br` (RFC 7932). The window is at most 16 MiB; large windows are no part of the coding.
@safe final class BrotliDecoder: ContentDecoder {
    private let state: OpaquePointer

    init?(_: Void = ()) {
        guard let made = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        unsafe state = made
        super.init()
    }

    deinit { unsafe BrotliDecoderDestroyInstance(state) }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        var unread = input.count
        var free = output.count
        var next = input.baseAddress
        var place = output.baseAddress
        // SAFETY: the decoder stays within the counts that it is told.
        let status = unsafe BrotliDecoderDecompressStream(state, &unread, &next, &free, &place, nil)
        let result: Status =
            switch status {
            case BROTLI_DECODER_RESULT_SUCCESS: .end
            case BROTLI_DECODER_RESULT_ERROR: .failed
            default: .more
            }
        return Step(read: input.count - unread, written: output.count - free, status: result)
    }
}
