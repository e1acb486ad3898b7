/// What the policy says of an alert, in `rempart`: the patch, its stage, and the line that says so.
public struct PatchRecord: Sendable {
    /// nil for a rule that belongs to no patch.
    public var id: String?
    /// By which the rule set knows the patch; not written.
    public var number: UInt16?
    /// `shadow`, `canary` or `enforce`.
    public var stage: String?
    /// Of a canary: whether it is enforced on this flow.
    public var isEnforcedCanary: Bool?
    /// `policy.yaml:12`, or the patch's own file.
    public var policy: String?
    /// Why the rule does not act although its stage says so.
    public var exception: Exception?

    public struct Exception: Sendable {
        public var place: String
        public var reason: String
        public var lastDay: String

        public init(place: String, reason: String, lastDay: String) {
            self.place = place
            self.reason = reason
            self.lastDay = lastDay
        }
    }

    public init(id: String?, stage: String?, policy: String?) {
        self.id = id
        self.stage = stage
        self.policy = policy
    }

    func writeMembers(_ json: inout JSONWriter) {
        json.member("patch", id)
        json.member("stage", stage)
        if let isEnforcedCanary { json.member("canary", isEnforcedCanary ? "enforce" : "shadow") }
        json.member("policy", policy)
        guard let exception else { return }
        json.object("exception") { json in
            json.member("policy", exception.place)
            json.member("reason", exception.reason)
            json.member("until", exception.lastDay)
        }
    }
}
