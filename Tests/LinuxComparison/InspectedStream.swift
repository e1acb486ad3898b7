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
}
