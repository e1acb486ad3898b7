public import Events

/// EVE JSON lines of one run in a file, in place of what it held, or on standard output (`-`).
public final class EventFile {
    private let sink: FileSink
    private var encoder = EventEncoder()
    private var pending: [UInt8] = []
    private static let pieceBytes = 1 << 16

    public init(path: String) throws(EventSinkError) { sink = try FileSink(path: path, truncates: true) }

    public func write(_ event: Event) throws(EventSinkError) {
        pending += encoder.line(event)
        if pending.count >= Self.pieceBytes { try close() }
    }

    /// Writes what is still held.
    public func close() throws(EventSinkError) {
        try sink.write(pending)
        pending.removeAll(keepingCapacity: true)
    }
}
