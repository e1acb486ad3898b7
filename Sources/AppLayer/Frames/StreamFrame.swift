public import Wire

/// A record of a protocol where it lies in the bytes of a direction: a request with its body, a TLS record, the data of
/// one (https://docs.suricata.io/en/suricata-8.0.0/rules/frame-keywords.html).
///
/// Detection looks into it as it does into a transaction that has one buffer.
public final class StreamFrame: Transaction {
    public let kind: Buffer
    public let direction: Direction
    /// Places in the direction's bytes. The end is not known before it comes in some protocols.
    let start: UInt64
    private(set) var end: UInt64?
    private let lane: FrameLane
    private let recordID: UInt64?
    private var hasEnded = false

    init(_ kind: Buffer, _ direction: Direction, start: UInt64, end: UInt64?, lane: FrameLane, of transaction: Transaction?) {
        self.kind = kind
        self.direction = direction
        self.start = start
        self.end = end
        self.lane = lane
        recordID = transaction?.id
        super.init(id: 0, appProtocol: transaction?.appProtocol ?? .unknown)
    }

    public override var alertID: UInt64? { recordID }

    /// Which frame it is, as far as it has come.
    public struct Extent: Sendable {
        public let kind: Buffer
        public let direction: Direction
        /// Place in the direction's bytes.
        public let start: UInt64
        /// Bytes that have come.
        public let length: UInt64
        public let isComplete: Bool
    }

    public var extent: Extent {
        let end = min(end ?? lane.end, lane.end)
        return Extent(kind: kind, direction: direction, start: start, length: end > start ? end - start : 0, isComplete: isOver)
    }

    /// Nothing is added to it any more.
    var isOver: Bool { hasEnded || end.map { $0 <= lane.end } ?? false }

    func finish(at place: UInt64) {
        guard !hasEnded else { return }
        end = min(end ?? place, place)
        hasEnded = true
        hasProgressed = true
    }

    public override func progress(_ direction: Direction) -> UInt8 { isOver ? .max : 0 }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool { buffer != kind || isOver }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard buffer == kind, direction == self.direction, index == 0 else { return nil }
        let from = max(start, lane.offset)
        let to = min(end ?? lane.end, lane.end)
        guard from <= to else { return nil }
        return BufferView(
            bytes: Array(lane.bytes[Int(from &- lane.offset)..<Int(to &- lane.offset)]), offset: from &- start,
            isComplete: isOver)
    }
}

/// What is held of one direction's bytes for its frames.
final class FrameLane {
    /// Bytes kept of a frame that goes on.
    static let window: UInt64 = 64 * 1024

    private(set) var bytes: [UInt8] = []
    /// Place of `bytes[0]` in the direction.
    private(set) var offset: UInt64 = 0
    /// From here on the parser has not read, or may still begin a frame.
    var unread: UInt64 = 0

    var end: UInt64 { offset &+ UInt64(bytes.count) }

    func append(_ chunk: Span<UInt8>) { bytes.append(copying: chunk) }

    /// The bytes in between never come: nothing is matched across them.
    func skip(_ length: UInt64) {
        offset = end &+ length
        bytes.removeAll(keepingCapacity: true)
    }

    /// The newest bytes come once more, from a parser that handed them on.
    func takeBack(_ count: Int) { bytes.removeLast(min(count, bytes.count)) }

    /// Lets go of what lies before `place` or the window.
    func trim(before place: UInt64) {
        let keep = min(max(place, end > Self.window ? end - Self.window : 0), end)
        guard keep > offset else { return }
        bytes.removeFirst(Int(keep &- offset))
        offset = keep
    }
}
