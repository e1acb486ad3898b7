import Wire

/// A request can say in two ways where it ends (RFC 9112, section 6.3), and its receivers differ on which one counts:
/// what is a body to one is another request to the next. Both readings are inspected.
extension HTTPConnection {
    /// How far each reading is with the message that they differ about.
    struct Parting {
        /// Where in the chunk that is being read the message's headers end; 0 from the next one on.
        var start: Int?
        /// Bytes behind the headers in earlier chunks.
        var count: UInt64 = 0
        /// Bytes of the body by this reading, once it is whole.
        var bodyLength: UInt64?
    }

    /// The message that is coming in is inspected in the first reading; this one shows what follows it, all as requests.
    var isOfOtherReading: Bool { framingRule == .lengthFirst && requesting?.id == nextID }

    /// The headers of `transaction` are whole.
    func partReadings(_ transaction: HTTPTransaction) {
        guard framingRule == .codingFirst, otherReading == nil, let framing = HTTPLines.otherFraming(transaction.request) else { return }
        let other = HTTPConnection(limits: limits, serverPort: serverPort, framingRule: .lengthFirst)
        // Numbers that this connection does not come to.
        other.nextID = nextID &+ 1 << 32
        // The message itself is inspected in the first reading.
        other.requesting = HTTPTransaction(id: other.nextID, limits: limits)
        other.startBody(framing, .toServer)
        other.parting = Parting(start: 0)
        other.notePlace(0)
        otherReading = other
        parting = Parting()
    }

    func notePlace(_ place: Int) {
        guard var now = parting else { return }
        let start = now.start ?? place
        now.start = start
        if now.bodyLength == nil, case .finished = sides[Direction.toServer.index].state {
            now.bodyLength = now.count &+ UInt64(place - start)
        }
        parting = now
    }

    /// Hands on what this reading has just read, as far as the two have parted.
    func readOtherwise(_ chunk: Span<UInt8>) {
        guard let other = otherReading else { return }
        let start = parting?.start ?? chunk.count
        other.read(chunk.extracting(start..<chunk.count), .toServer)
        for reading in [self, other] {
            reading.parting?.count &+= UInt64(chunk.count - start)
            reading.parting?.start = 0
        }
        // They agree after all.
        guard let length = parting?.bodyLength, length == other.parting?.bodyLength else { return }
        otherReading = nil
        parting = nil
    }
}
