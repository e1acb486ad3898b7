/// EVE `stream_tcp`: a segment and the session that it belongs to.
public struct StreamRecord: Sendable {
    /// One end's numbers, nil where it has not been seen to send.
    public struct End: Sendable {
        public var initialSequence: UInt32
        public var nextSequence: UInt32
        public var lastAcknowledgment: UInt32
        public init(initialSequence: UInt32, nextSequence: UInt32, lastAcknowledgment: UInt32) {
            self.initialSequence = initialSequence
            self.nextSequence = nextSequence
            self.lastAcknowledgment = lastAcknowledgment
        }

        func write(_ key: StaticString, _ json: inout JSONWriter) {
            json.object(key) { json in
                json.member("isn", initialSequence)
                json.member("next_seq", nextSequence)
                json.member("last_ack", lastAcknowledgment)
            }
        }
    }

    public var packet = PacketHeaderRecord()
    public var direction = ""
    public var state = ""
    /// Before the segment, when that changed it.
    public var previousState: String?
    public var isMidstream = false
    public var client: End?
    public var server: End?
    /// `stream.…`
    public var events: [String] = []
    /// Of the drop.
    public var reason: String?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.member("direction", direction)
        json.object("stream_tcp") { json in
            json.object("packet") { json in
                packet.writeMembers(&json)
                json.array("flags") { json in
                    if !events.isEmpty { json.element("event_set") }
                    if previousState != nil { json.element("state_update") }
                }
            }
            json.object("session") { json in
                json.member("state", state)
                json.member("pstate", previousState)
                json.object("flags") { json in json.array("flags") { json in if isMidstream { json.element("midstream") } } }
                client?.write("client", &json)
                server?.write("server", &json)
            }
            if !events.isEmpty { json.array("events") { json in for event in events { json.element(event) } } }
            json.member("reason", reason)
        }
    }
}
