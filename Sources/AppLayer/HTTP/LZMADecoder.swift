import CLZMA

/// `lzma`: the .lzma format of LZMA Utils, a header of 13 bytes and one stream.
///
/// The header says how large a dictionary is to be allocated, up to 4 GiB. No more than the limit is: data
/// that reaches farther back is not decoded.
@safe final class LZMADecoder: ContentDecoder {
    private let stream: UnsafeMutablePointer<lzma_stream>
    private let dictionaryLimit: UInt32
    private var header: [UInt8] = []
    private var isLimited = false

    init?(dictionaryLimit: UInt32) {
        self.dictionaryLimit = dictionaryLimit
        // SAFETY: liblzma keeps its state behind the stream; it is freed in deinit only.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: lzma_stream())
        super.init()
        guard unsafe lzma_alone_decoder(stream, .max) == LZMA_OK else { return nil }
    }

    deinit {
        unsafe lzma_end(stream)
        unsafe stream.deallocate()
    }

    override var libraryBytes: Int { unsafe Int(clamping: lzma_memusage(stream)) }

    override var failure: BodyDecoder.Problem { isLimited && hasOutput ? .lzmaDictionary : .corrupt }

    override func step(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        // Properties (1 byte) and the dictionary's size (4 bytes, little-endian) come first.
        guard header.count < 5 else { return unsafe run(input, output) }
        let count = min(5 - header.count, input.count)
        for index in 0..<count { header.append(unsafe input[index]) }
        guard header.count == 5 else { return Step(read: count, written: 0, status: .more) }
        let size = header[1...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        isLimited = size > dictionaryLimit
        let granted = min(size, dictionaryLimit)
        var limited = [header[0]]
        for shift: UInt32 in [0, 8, 16, 24] { limited.append(UInt8(truncatingIfNeeded: granted >> shift)) }
        let opened = unsafe limited.withUnsafeBufferPointer { unsafe run($0, output) }
        guard opened.status == .more, opened.read == 5 else { return Step(read: count, written: 0, status: .failed) }
        var rest = unsafe run(UnsafeBufferPointer(rebasing: input[count...]), output)
        rest.read += count
        return rest
    }

    private func run(_ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) -> Step {
        // SAFETY: liblzma stays within the counts that it is told.
        unsafe stream.pointee.next_in = input.baseAddress
        unsafe stream.pointee.avail_in = input.count
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = output.count
        let status = unsafe lzma_code(stream, LZMA_RUN)
        return Step(
            read: unsafe input.count - Int(stream.pointee.avail_in),
            written: unsafe output.count - Int(stream.pointee.avail_out),
            status: status == LZMA_STREAM_END ? .end : status == LZMA_OK || status == LZMA_BUF_ERROR ? .more : .failed)
    }
}
