/// EVE `drop`: the header fields of the dropped packet and the reason.
public struct DropRecord: Sendable {
    public var packet = PacketHeaderRecord()
    public var reason = ""
    public var direction: String?
    /// The rule that dropped, when one did.
    public var alert: AlertRecord?
    public var verdict = VerdictRecord()

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("drop") { json in
            packet.writeMembers(&json)
            json.member("reason", reason)
        }
        alert?.write(&json)
        verdict.write(&json)
        alert?.writeOwn(&json)
    }
}
