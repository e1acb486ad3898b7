public import Wire

/// One message (RFC 6455, section 5.4) with all of its frames; a control frame is a message of its own.
public final class WebSocketTransaction: Transaction {
    public let direction: Direction
    /// Unmasked, over all frames, and decompressed.
    private(set) var payload = BodyWindow()
    /// The newest frame.
    public private(set) var frame: WebSocketFrame
    /// Frames that have come whole and have not been told of.
    private var untold: [WebSocketFrame] = []
    /// The message has, or will have, several frames.
    private(set) var isFragmented = false
    /// Values that differ, in the order in which they came; of masks those since the last inspection, and some before.
    private var opcodes: [UInt8] = []
    private var flags: [UInt8] = []
    private var masks: [UInt32] = []
    private static let maskLimit = 64
    private let window: Int
    let isCompressed: Bool
    private(set) var isEnded = false

    init(id: UInt64, direction: Direction, frame: WebSocketFrame, isCompressed: Bool, window: Int) {
        self.direction = direction
        self.frame = frame
        self.isCompressed = isCompressed
        self.window = window
        super.init(id: id, appProtocol: .websocket)
        add(frame)
    }

    func add(_ next: WebSocketFrame) {
        frame = next
        if !opcodes.isEmpty || !next.isFinal && !next.isControl { isFragmented = true }
        isEnded = false
        hasProgressed = true
        if !opcodes.contains(next.opcode) { opcodes.append(next.opcode) }
        if !flags.contains(next.flags) { flags.append(next.flags) }
        if let mask = next.mask, mask != masks.last { masks.append(mask) }
    }

    /// Bytes of payload so far.
    var total: UInt64 { payload.total }

    func note(_ event: StaticName) {
        let event = AppLayerEvent(appProtocol: .websocket, name: event, direction: direction)
        if !events.contains(event) { events.append(event) }
        hasProgressed = true
    }

    /// The newest frame is whole.
    ///
    /// - Parameter isTold: a record is made of it.
    func endFrame(isTold: Bool) {
        hasProgressed = true
        if isTold { untold.append(frame) }
    }

    func end() {
        hasProgressed = true
        isEnded = true
        payload.isComplete = true
    }

    func append(_ bytes: [UInt8]) {
        hasProgressed = true
        payload.bytes += bytes
    }

    /// Nothing is matched across bytes that never came.
    func skip(_ length: UInt64) {
        hasProgressed = true
        payload.offset = payload.total &+ length
        payload.bytes = []
    }

    /// Frames that a record is due of, each once.
    public func takeUntold() -> [WebSocketFrame] {
        defer { untold.removeAll() }
        return untold
    }

    public override var heldBytes: Int {
        super.heldBytes + payload.bytes.capacity + 4 * masks.count + MemoryLayout<WebSocketFrame>.stride * untold.count
    }

    public override var onlyDirection: Direction? { direction }

    public override func progress(_ direction: Direction) -> UInt8 { direction != self.direction || isEnded ? .max : 0 }

    public override func isSettled(_ buffer: Buffer, direction: Direction) -> Bool { isComplete(direction) }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard buffer == .websocketPayload, direction == self.direction, index == 0, payload.total > 0 else { return nil }
        return BufferView(bytes: payload.bytes, offset: payload.offset, isComplete: isEnded)
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        guard direction == self.direction else { return nil }
        return switch number {
        case .websocketOpcode: opcodes.element(index).map(UInt64.init)
        case .websocketFlags: flags.element(index).map(UInt64.init)
        case .websocketMask: masks.element(index).map(UInt64.init)
        default: nil
        }
    }

    override func discardInspected() {
        payload.trim(to: window)
        if masks.count > Self.maskLimit { masks.removeFirst(masks.count - Self.maskLimit) }
        // Nobody asks for records.
        untold.removeAll()
    }
}
