/// Where the reader of one direction stands; survives a cut between any two bytes.
struct HTTPSide {
    enum State {
        case startLine
        /// After a request line without a version: the whole request (HTTP/0.9), or headers follow all the same.
        case afterSimpleLine
        case headers
        case body(left: UInt64)
        case chunkSize
        case chunk(left: UInt64)
        case chunkEnd
        case trailers
        /// By its status the response has no body; yet its headers announce one.
        case optionalBody(HTTPLines.Framing)
        /// In a line that stands where a status line should; one may follow it.
        case oddLine
        case untilClose
        /// The message is whole. What follows in the same chunk is the next one, or still belongs to this one.
        case finished
        /// Behind bytes that never came: where a line looks like the first of a message, one begins; the rest is body.
        case lost(isInLine: Bool)
        /// What follows is another protocol's.
        case tunnel
        /// Bytes that are not HTTP any more: a tunnel, or after a failure.
        case opaque
    }

    var state = State.startLine
    /// The line that is coming in.
    var line: [UInt8] = []
    /// The line is longer than is kept: what is left of it is passed over.
    var isInLongLine = false
    var decoder = BodyDecoder()
    /// Output bytes of the body since the last inspection.
    var grown = 0
    var hasEnded = false
    /// Place in the direction after what was last acted on, and the frame of the message; kept for frames alone.
    var place: UInt64 = 0
    var frame: StreamFrame?

    var heldBytes: Int { line.capacity + decoder.heldBytes }
}
