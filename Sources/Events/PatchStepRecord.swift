public import Wire

/// EVE `patch`: what became of a patch at one line of the policy, and why.
public struct PatchStepRecord: Sendable {
    public var id: String
    /// `promote`, `step_back`, `hold` or `retire`.
    public var action: String
    /// Which containers, as the policy says it; nil for all.
    public var selector: String?
    public var from: String
    /// nil when the line went away.
    public var to: String?
    public var reason: String
    /// By name, in the order of writing.
    public var evidence: [(name: StaticString, value: UInt64)] = []

    public init(id: String, action: String, selector: String?, from: String, to: String?, reason: String) {
        self.id = id
        self.action = action
        self.selector = selector
        self.from = from
        self.to = to
        self.reason = reason
    }

    public func event(time: Timestamp) -> Event {
        var header = EventHeader()
        header.time = time
        return Event(header: header, body: .patch(self))
    }

    func write(_ json: inout JSONWriter) {
        json.object("patch") { json in
            json.member("id", id)
            json.member("action", action)
            json.member("where", selector)
            json.member("from", from)
            json.member("to", to)
            json.member("reason", reason)
            json.object("evidence") { json in for (name, value) in evidence { json.member(name, value) } }
        }
    }
}
