/// Where the reader of one direction stands; survives a cut between any two bytes.
struct WebSocketSide {
    enum State {
        case header
        case payload(left: UInt64)
        /// After a failure or the direction's end.
        case opaque
    }

    var state = State.header
    /// A frame's header as far as it has come.
    var held: [UInt8] = []
    /// What the frame that is coming in belongs to.
    var current: WebSocketTransaction?
    /// The message whose last frame has not begun.
    var message: WebSocketTransaction?
    /// Bytes of the frame's payload so far.
    var taken: UInt64 = 0
    var inflater: MessageInflater?
    /// The compressed message's rest is shown as it was sent: it stopped making sense.
    var isCorrupt = false
    /// Decompressed bytes since the last inspection.
    var grown = 0

    var heldBytes: Int { held.count + (inflater == nil ? 0 : MessageInflater.heldBytes) }
}
