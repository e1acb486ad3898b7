/// What both engines look through: a text in chunks, either each for itself or as one stream.
struct ScanInput {
    let text: [UInt8]
    let chunkBytes: Int
    let isStreaming: Bool

    /// Calls `body` with each chunk's place.
    func forEachChunk(_ body: (Range<Int>) throws -> Void) rethrows {
        var start = 0
        while start < text.count {
            let end = min(start + chunkBytes, text.count)
            try body(start..<end)
            start = end
        }
    }
}
