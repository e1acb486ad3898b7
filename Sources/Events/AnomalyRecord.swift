/// EVE `anomaly`.
public struct AnomalyRecord: Sendable {
    public enum Kind: String, Sendable { case decode, stream, applayer, detect }
    public var kind: Kind
    public var event: String
    /// `proto_parser` or `proto_detect`; for `applayer` only.
    public var layer: String?
    public var appProtocol: String?
    /// The rule concerned; for `detect` only.
    public var signatureID: UInt32?
    /// Of `rule_suspended` and `rule_resumed`.
    public var latency: Latency?

    /// Why a rule is left out, or was.
    public struct Latency: Sendable {
        public var signature: String
        public var action: String
        /// Of the check that made it so.
        public var microseconds: UInt64
        /// Checks that were not made.
        public var skipped: UInt64?
        /// For how long.
        public var seconds: UInt32?

        public init(signature: String, action: String, microseconds: UInt64, skipped: UInt64?, seconds: UInt32?) {
            self.signature = signature
            self.action = action
            self.microseconds = microseconds
            self.skipped = skipped
            self.seconds = seconds
        }
    }

    public init(kind: Kind, event: String, layer: String? = nil, appProtocol: String? = nil) {
        self.kind = kind
        self.event = event
        self.layer = layer
        self.appProtocol = appProtocol
    }

    func write(_ json: inout JSONWriter) {
        json.object("anomaly") { json in
            json.member("app_proto", appProtocol)
            json.member("type", kind.rawValue)
            json.member("event", event)
            json.member("layer", layer)
            json.member("signature_id", signatureID)
            guard let latency else { return }
            json.member("signature", latency.signature)
            json.member("action", latency.action)
            json.member("check_microseconds", latency.microseconds)
            json.member("checks_skipped", latency.skipped)
            json.member("suspended_seconds", latency.seconds)
        }
    }
}
