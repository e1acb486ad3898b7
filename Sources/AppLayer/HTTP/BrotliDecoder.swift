import CBrotli
import CMalloc
import Glibc

/// `br` (RFC 7932). The window is at most 16 MiB; large windows are no part of the coding.
///
/// The library keeps what it has decoded until enough of it is there, and an error takes that away: what a browser
/// that got the data in smaller pieces has shown by then. So after an error the data is decoded again, byte by byte.
@safe final class BrotliDecoder: ContentDecoder {
    private let state: OpaquePointer
    /// Bytes that the library has allocated.
    private let allocated: UnsafeMutablePointer<Int>
    /// Everything that came, up to a limit: of longer data an error takes the end.
    private var taken: [UInt8] = []
    private var isTakenWhole = true
    private static let takenLimit = 64 * 1024
    private var written = 0
    /// What the second reading brought, from `written` on; nil before an error.
    private var recovered: [UInt8]?

    init?(_: Void = ()) {
        // SAFETY: the counter outlives the decoder, which alone uses it, from one thread.
        unsafe allocated = .allocate(capacity: 1)
        unsafe allocated.initialize(to: 0)
        guard let made = unsafe BrotliDecoderCreateInstance(Self.allocate, Self.free, allocated) else {
            unsafe allocated.deallocate()
            return nil
        }
        unsafe state = made
        super.init()
    }

    deinit {
        unsafe BrotliDecoderDestroyInstance(state)
        unsafe allocated.deallocate()
    }

    override var libraryBytes: Int { unsafe allocated.pointee + taken.count + (recovered?.count ?? 0) }

    private static let allocate: brotli_alloc_func = { counter, size in
        guard let memory = unsafe malloc(size) else { return nil }
        unsafe counter?.assumingMemoryBound(to: Int.self).pointee += malloc_usable_size(memory)
        return unsafe memory
    }

    private static let free: brotli_free_func = { counter, memory in
        guard let memory = unsafe memory else { return }
        unsafe counter?.assumingMemoryBound(to: Int.self).pointee -= malloc_usable_size(memory)
        unsafe Glibc.free(memory)
    }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        if recovered != nil { return unsafe drain(into: output, read: 0) }
        unsafe keep(input)
        let result = unsafe Self.step(state, input, output)
        guard result.status == .failed, isTakenWhole else {
            // What was not read is offered again.
            if isTakenWhole { taken.removeLast(input.count - result.read) }
            written += result.written
            return result
        }
        let before = taken.count - input.count
        let (bytes, read) = Self.decodeByBytes(taken, past: written)
        recovered = bytes
        return unsafe drain(into: output, read: max(0, read - before))
    }

    private static func step(
        _ state: OpaquePointer, _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>
    ) -> Step {
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

    private func keep(_ input: UnsafeBufferPointer<UInt8>) {
        guard isTakenWhole else { return }
        if taken.count + input.count <= Self.takenLimit {
            unsafe taken.append(contentsOf: input)
        } else {
            isTakenWhole = false
            taken = []
        }
    }

    /// What the first reading had not given out yet when it failed.
    private func drain(into output: UnsafeMutableBufferPointer<UInt8>, read: Int) -> Step {
        let left = recovered ?? []
        let count = min(left.count, output.count)
        // SAFETY: no more is copied than there is room for.
        _ = unsafe UnsafeMutableBufferPointer(rebasing: output[..<count]).initialize(fromContentsOf: left[..<count])
        recovered = Array(left[count...])
        return Step(read: read, written: count, status: count == left.count ? .failed : .more)
    }

    /// - Returns: the output from `start` on, at most `recoveredLimit` bytes, and how many bytes of `data` were read.
    private static func decodeByBytes(_ data: [UInt8], past start: Int) -> ([UInt8], read: Int) {
        guard let state = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else { return ([], data.count) }
        defer { unsafe BrotliDecoderDestroyInstance(state) }
        var result: [UInt8] = []
        var passed = 0
        var piece = [UInt8](repeating: 0, count: 4096)
        for index in data.indices {
            var last = Step(read: 0, written: 0, status: .more)
            var count = 1
            repeat {
                // SAFETY: one byte of the data, which is there, and the whole of a piece.
                unsafe data.withUnsafeBufferPointer { source in
                    unsafe piece.withUnsafeMutableBufferPointer { target in
                        unsafe last = step(state, .init(rebasing: source[index..<index + count]), target)
                    }
                }
                count -= last.read
                let skipped = min(last.written, max(0, start - passed))
                passed += last.written
                if result.count < recoveredLimit { result += piece[skipped..<last.written] }
            } while last.status == .more && last.written == piece.count
            guard last.status == .more else { return (result, index + 1) }
        }
        return (result, data.count)
    }

    private static let recoveredLimit = 1 << 20
}
