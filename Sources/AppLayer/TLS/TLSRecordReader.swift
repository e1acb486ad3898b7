import Wire

/// RFC 8446, section 5.1.
enum TLSRecordType {
    static let changeCipherSpec: UInt8 = 20
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23
    static let heartbeat: UInt8 = 24
}

/// Cuts one direction's bytes into records, wherever they are cut themselves.
struct TLSRecordReader {
    enum Step {
        case needsMore
        /// `body` holds the fragment of a handshake; of other records the first bytes.
        case record(UInt8, TLSVersion, body: [UInt8], length: Int)
        /// A hello of SSLv2 without its length.
        case oldHello([UInt8])
        case failed(StaticName)
    }

    enum Message { case none, tooLong, message(UInt8, [UInt8]) }

    private static let recordLimit = (1 << 14) + 2048
    private static let messageLimit = 256 * 1024
    private static let prefixLength = 8

    /// Handshake messages that are not whole yet.
    var handshake: [UInt8] = []
    var isEncrypted = false
    var isOpaque = false
    /// Of the encrypted heartbeat that is not answered yet.
    var heartbeatLength = 0
    private var header: [UInt8] = []
    private var body: [UInt8] = []
    private var length = 0
    var heldBytes: Int { handshake.capacity + header.capacity + body.capacity }
    private var left = 0
    private var isInRecord = false
    private var hasRecord = false
    /// The record that the last step began: with it came all of its header.
    private(set) var begun: Begun?
    /// Bytes of a header that has not come whole.
    var pending: Int { isInRecord ? 0 : header.count }

    struct Begun {
        /// nil in the form of SSLv2.
        let type: UInt8?
        /// Bytes of the header, and of what follows it.
        let headerLength: Int
        let length: Int
        /// Where in the chunk the header ends.
        let at: Int
    }

    mutating func next(_ chunk: Span<UInt8>, _ at: inout Int) -> Step {
        guard !isOpaque else {
            at = chunk.count
            return .needsMore
        }
        begun = nil
        while !isInRecord {
            guard at < chunk.count else { return .needsMore }
            header.append(chunk[at])
            at += 1
            let step = startRecord(endingAt: at)
            if let step { return step }
        }
        return takeBody(chunk, &at)
    }

    private var isOld: Bool { !hasRecord && header.count >= 3 && header[0] & 0x80 != 0 && header[2] == 1 }

    /// - Returns: nil to go on.
    private mutating func startRecord(endingAt at: Int) -> Step? {
        if isOld {
            length = Int(header[0] & 0x7f) << 8 | Int(header[1])
            guard length >= 9 else { return .failed("invalid_sslv2_header") }
            body = [header[2]]
            left = length - 1
            isInRecord = true
            begun = Begun(type: nil, headerLength: 2, length: length, at: at - 1)
            return nil
        }
        guard header.count == 5 else { return nil }
        guard TLSVersion(UInt16(header[1]) << 8 | UInt16(header[2])).isKnown else { return .failed("invalid_record_version") }
        guard (20...24).contains(header[0]) else { return .failed("invalid_record_type") }
        length = Int(header[3]) << 8 | Int(header[4])
        guard length <= Self.recordLimit else { return .failed("invalid_record_length") }
        left = length
        isInRecord = true
        begun = Begun(type: header[0], headerLength: 5, length: length, at: at)
        return length == 0 ? endRecord() : nil
    }

    private mutating func takeBody(_ chunk: Span<UInt8>, _ at: inout Int) -> Step {
        let count = min(left, chunk.count - at)
        let wanted = isOld || header[0] == TLSRecordType.handshake && !isEncrypted ? count : Self.prefixLength - body.count
        if wanted > 0 { body.append(copying: chunk.extracting(at..<at + min(count, wanted))) }
        at += count
        left -= count
        return left == 0 ? endRecord() : .needsMore
    }

    private mutating func endRecord() -> Step {
        defer {
            header.removeAll(keepingCapacity: true)
            body = []
            isInRecord = false
            hasRecord = true
        }
        if isOld { return .oldHello(body) }
        return .record(
            header[0], TLSVersion(UInt16(header[1]) << 8 | UInt16(header[2])), body: body, length: length)
    }

    /// The next whole handshake message.
    mutating func nextMessage() -> Message {
        guard handshake.count >= 4 else { return .none }
        let length = Int(handshake[1]) << 16 | Int(handshake[2]) << 8 | Int(handshake[3])
        guard length <= Self.messageLimit else { return .tooLong }
        guard handshake.count >= 4 + length else { return .none }
        let type = handshake[0]
        let body = Array(handshake[4..<4 + length])
        handshake.removeFirst(4 + length)
        return .message(type, body)
    }
}
