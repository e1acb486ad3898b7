/// EVE `frame`: the frame that an alert is about.
public struct FrameRecord: Sendable {
    /// As in rules, without the protocol: `request`, `hdr`, `pdu`, …
    public var type: String
    /// `toserver` or `toclient`
    public var direction: String
    /// Place of the first byte in the direction's bytes.
    public var streamOffset: UInt64
    /// Bytes that have come of it.
    public var length: UInt64
    public var isComplete: Bool
    public var transactionID: UInt64?

    public init(
        type: String, direction: String, streamOffset: UInt64, length: UInt64, isComplete: Bool, transactionID: UInt64?
    ) {
        self.type = type
        self.direction = direction
        self.streamOffset = streamOffset
        self.length = length
        self.isComplete = isComplete
        self.transactionID = transactionID
    }

    func write(_ json: inout JSONWriter) {
        json.object("frame") { json in
            json.member("type", type)
            json.member("direction", direction)
            json.member("stream_offset", streamOffset)
            json.member("length", length)
            json.member("complete", isComplete)
            json.member("tx_id", transactionID)
        }
    }
}
