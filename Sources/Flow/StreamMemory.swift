/// The memory of one worker's TCP reassembly: fixed blocks that all sessions share, counted
/// against `stream.reassembly.memcap`. Blocks are kept for reuse, so the steady state allocates nothing.
public final class StreamMemory {
    static let blockBytes = 2048
    private static let blocksPerSlab = 128

    public let configuration: TCPConfiguration
    /// Bytes that sessions hold now (`tcp.reassembly_memuse`).
    public private(set) var bytesInUse = 0
    private var slabs: [[UInt8]] = []
    private var free: [Int32] = []
    /// Payload of the last `.rewrite`, of whichever session.
    var rewritten: [UInt8] = []

    public init(configuration: TCPConfiguration) { self.configuration = configuration }

    /// Sessions that are there now.
    var sessions = 0

    /// Another session fits into `stream.memcap`.
    public var hasRoomForSession: Bool { (sessions + 1) * TCPSession.bytes <= configuration.sessionMemcapBytes }

    /// The last eighth is for bytes in order: those that wait for a hole, which may never be filled, do not take it.
    func hasRoom(for bytes: Int, isInOrder: Bool) -> Bool {
        let memcap = configuration.reassemblyMemcapBytes
        return bytesInUse + bytes <= (isInOrder ? memcap : memcap - memcap / 8)
    }

    /// Counts bytes that a session keeps beside its blocks; negative gives back.
    func charge(_ bytes: Int) { bytesInUse += bytes }

    /// A block; the caller asked `hasRoom` before.
    func takeBlock() -> Int32 {
        bytesInUse += StreamMemory.blockBytes
        if let block = free.popLast() { return block }
        let first = slabs.count * StreamMemory.blocksPerSlab
        slabs.append([UInt8](repeating: 0, count: StreamMemory.blocksPerSlab * StreamMemory.blockBytes))
        free.append(contentsOf: (first + 1..<first + StreamMemory.blocksPerSlab).reversed().map { Int32($0) })
        return Int32(first)
    }

    func giveBlock(_ block: Int32) {
        bytesInUse -= StreamMemory.blockBytes
        free.append(block)
    }

    @inline(__always)
    private static func place(_ block: Int32) -> (slab: Int, offset: Int) {
        (Int(block) / blocksPerSlab, Int(block) % blocksPerSlab * blockBytes)
    }

    /// Copies `source[range]` to `offset` in a block; the range does not cross the block's end.
    func write(_ source: Span<UInt8>, _ range: Range<Int>, block: Int32, at offset: Int) {
        let (slab, start) = StreamMemory.place(block)
        precondition(range.upperBound <= source.count && range.lowerBound >= 0)
        precondition(offset + range.count <= StreamMemory.blockBytes && offset >= 0)
        // SAFETY: both ranges were checked against their buffers above; a slab holds whole blocks,
        // and the payload is never part of a slab.
        unsafe slabs[slab].withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[start + offset..<start + offset + range.count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
    }

    /// Whether `source[range]` differs from the bytes at `offset` in a block.
    func differs(_ source: Span<UInt8>, _ range: Range<Int>, block: Int32, at offset: Int) -> Bool {
        let (slab, start) = StreamMemory.place(block)
        let bytes = slabs[slab]
        return StreamMemory.differs(source, range, bytes.span, at: start + offset)
    }

    private static func differs(_ a: Span<UInt8>, _ range: Range<Int>, _ b: Span<UInt8>, at offset: Int) -> Bool {
        var difference: UInt8 = 0
        for index in 0..<range.count { difference |= a[range.lowerBound + index] ^ b[offset + index] }
        return difference != 0
    }

    func bytes(block: Int32, _ range: Range<Int>) -> ArraySlice<UInt8> {
        let (slab, start) = StreamMemory.place(block)
        return slabs[slab][start + range.lowerBound..<start + range.upperBound]
    }
}
