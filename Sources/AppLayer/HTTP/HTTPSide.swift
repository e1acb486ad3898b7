/// Where the reader of one direction stands; survives a cut between any two bytes.
struct HTTPSide {
    enum State {
        case startLine
        case headers
        case body(left: UInt64)
        case chunkSize
        case chunk(left: UInt64)
        case chunkEnd
        case trailers
        /// By its status the response has no body; yet its headers announce one.
        case optionalBody(HTTPLines.Framing)
        case untilClose
        /// What follows is another protocol's.
        case tunnel
        /// Bytes that are not HTTP any more: a tunnel, or after a failure.
        case opaque
    }

    var state = State.startLine
    /// The line that is coming in.
    var line: [UInt8] = []
    var decoder = BodyDecoder()
    /// Output bytes of the body since the last inspection.
    var grown = 0
    var hasEnded = false
    /// Place in the direction after what was last acted on, and the frame of the message; kept for frames alone.
    var place: UInt64 = 0
    var frame: StreamFrame?
}
