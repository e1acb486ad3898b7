/// Where the reader of one direction stands; survives a cut between any two bytes.
struct HTTP2Side {
    enum State {
        /// The client's first bytes (RFC 9113, section 3.4), with how many of them have come.
        case preface(Int)
        case frameHeader
        /// A frame that is read as a whole.
        case payload(HTTP2FrameHeader)
        /// The byte that says how much padding ends a DATA frame.
        case padLength(HTTP2FrameHeader)
        case data(HTTP2FrameHeader, left: Int, padding: Int)
        /// Bytes that mean nothing: padding, or a frame that is passed over.
        case skip(left: Int)
        /// After a failure.
        case opaque
    }

    /// A header block whose end has not come (END_HEADERS).
    struct Block {
        let stream: UInt32
        let endsStream: Bool
        let isPromise: Bool
        var bytes: [UInt8]
    }

    var state: State
    /// A frame's header or payload as far as it has come.
    var held: [UInt8] = []
    var hpack: HPACKDecoder
    var block: Block?
    /// Largest payload that the other side has said it takes (SETTINGS_MAX_FRAME_SIZE).
    var maxFrameSize = 16_384
    var hasEnded = false
    /// Frames of stream 0 since the last inspection.
    var connectionFrames = 0

    var heldBytes: Int { held.capacity + (block?.bytes.capacity ?? 0) + hpack.tableBytes }

    init(_ state: State, limits: AppLayerLimits) {
        self.state = state
        hpack = HPACKDecoder(limits: limits)
    }
}
