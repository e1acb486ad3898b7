/// What was inspected of one direction of a connection, in order.
struct InspectedStream: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Places of bytes that never came by.
    private(set) var missed: [Range<Int>] = []

    var count: Int { bytes.count }

    mutating func append(_ chunk: Span<UInt8>, at offset: Int) {
        if offset > bytes.count {
            missed.append(bytes.count..<offset)
            bytes.append(contentsOf: repeatElement(0, count: offset - bytes.count))
        }
        // SAFETY: the closure only copies the chunk's bytes.
        unsafe chunk.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// How many of the bytes that were received, from the first on, were inspected as they are.
    func commonPrefix(with received: [UInt8]) -> Int {
        let limit = min(received.count, bytes.count, missed.first?.lowerBound ?? .max)
        if received[..<limit] == bytes[..<limit] { return limit }
        return zip(received, bytes).prefix { $0 == $1 }.count
    }

    /// How many of the bytes that were received, from the first on, were inspected as they are or had been sent before
    /// the engine was there. One of the streams, which begins where it was picked up, has to have all the others.
    static func covered(_ received: [UInt8], by streams: [InspectedStream], unseen: RangeSet<Int>) -> Int {
        guard let first = (0..<received.count).first(where: { !unseen.contains($0) }) else { return received.count }
        var best = first
        for stream in streams {
            let has = { (place: Int, start: Int) in
                place >= start && place - start < stream.count && stream.bytes[place - start] == received[place]
                    && !stream.missed.contains { $0.contains(place - start) }
            }
            // A probe lies before what the receiver has.
            for start in first - stream.count...first where has(first, start) {
                best = max(best, (first..<received.count).first { !unseen.contains($0) && !has($0, start) } ?? received.count)
            }
        }
        return best
    }
}
