import Wire

/// The frames of one flow that rules ask for. Parsers say where they lie; without such rules there is no tracker.
final class FrameTracker {
    private let wanted: Set<Buffer>
    private let lanes = (FrameLane(), FrameLane())
    private(set) var frames: [StreamFrame] = []
    private var hasStream = (false, false)

    init(_ wanted: Set<Buffer>) { self.wanted = wanted }

    var heldBytes: Int { 256 + lanes.0.bytes.capacity + lanes.1.bytes.capacity + 128 * frames.count }

    private func lane(_ direction: Direction) -> FrameLane { direction == .toServer ? lanes.0 : lanes.1 }

    /// Place in the direction of the byte after those taken so far.
    func position(_ direction: Direction) -> UInt64 { lane(direction).end }

    /// To be told of every byte before its parser is.
    func append(_ chunk: Span<UInt8>, _ direction: Direction) {
        let lane = lane(direction)
        if wanted.contains(.frameStream), direction == .toServer ? !hasStream.0 : !hasStream.1 {
            if direction == .toServer { hasStream.0 = true } else { hasStream.1 = true }
            open(.frameStream, direction, at: lane.end, of: nil)
        }
        lane.append(chunk)
        lane.unread = lane.end
        for frame in frames where frame.direction == direction { frame.hasProgressed = true }
    }

    func skip(_ length: UInt64, _ direction: Direction) {
        lane(direction).skip(length)
        lane(direction).unread = lane(direction).end
    }

    /// The parser hands its last `count` bytes on to another.
    func takeBack(_ count: Int, _ direction: Direction) { lane(direction).takeBack(count) }

    /// The parser has read up to `place` and waits for more.
    func wait(at place: UInt64, _ direction: Direction) { lane(direction).unread = place }

    /// A frame whose end is not known yet.
    @discardableResult
    func open(_ kind: Buffer, _ direction: Direction, at start: UInt64, of transaction: Transaction?) -> StreamFrame? {
        add(kind, direction, start, nil, transaction)
    }

    /// A frame of `length` bytes, here or still to come.
    func add(_ kind: Buffer, _ direction: Direction, at start: UInt64, length: Int, of transaction: Transaction?) {
        _ = add(kind, direction, start, start &+ UInt64(max(length, 0)), transaction)
    }

    private func add(
        _ kind: Buffer, _ direction: Direction, _ start: UInt64, _ end: UInt64?, _ transaction: Transaction?
    ) -> StreamFrame? {
        guard wanted.contains(kind) else { return nil }
        let frame = StreamFrame(kind, direction, start: start, end: end, lane: lane(direction), of: transaction)
        frames.append(frame)
        return frame
    }

    /// The direction has ended.
    func finish(_ direction: Direction) {
        for frame in frames where frame.direction == direction { frame.finish(at: position(direction)) }
    }

    func finishInspection() {
        frames.removeAll(where: \.isOver)
        for frame in frames { frame.hasProgressed = false }
        for direction in Direction.allCases {
            let lane = lane(direction)
            var start = lane.unread
            for frame in frames where frame.direction == direction { start = min(start, frame.start) }
            lane.trim(before: start)
        }
    }
}
