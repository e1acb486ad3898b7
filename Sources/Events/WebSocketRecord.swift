/// EVE `websocket`: one frame.
public struct WebSocketRecord: Sendable {
    public var isFinal: Bool
    public var mask: UInt32?
    public var opcode: String

    public init(isFinal: Bool, mask: UInt32?, opcode: String) {
        self.isFinal = isFinal
        self.mask = mask
        self.opcode = opcode
    }

    func write(_ json: inout JSONWriter) {
        json.object("websocket") { json in
            json.member("fin", isFinal)
            json.member("mask", mask)
            json.member("opcode", opcode)
        }
    }
}
