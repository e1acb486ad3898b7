public import Events

/// Which packets and anomalies have records of their own, and what those of TLS and mail say: the settings of EVE's
/// record types (https://docs.suricata.io/en/suricata-8.0.0/output/eve/eve-json-output.html).
public struct RecordSettings: Sendable {
    /// `all`: of every dropped packet. `start`: of a flow that is dropped, the first packet of each direction; others
    /// of flows only where a rule drops them.
    public enum Drops: String, Sendable, CaseIterable { case all, start }

    /// Segments that have a `stream_tcp` record.
    public struct Segments: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let all = Segments(rawValue: 1)
        /// Those on which stream events are raised.
        public static let withEvents = Segments(rawValue: 2)
        /// Those that change the session's state.
        public static let stateUpdates = Segments(rawValue: 4)
        public static let names: [String: Segments] = ["all": .all, "event-set": .withEvents, "state-update": .stateUpdates]
    }

    public var drops = Drops.all
    public var segments: Segments = []
    /// Kinds of anomalies that are recorded; rules see them all.
    public var anomalies: Set<AnomalyRecord.Kind> = [.decode, .applayer, .detect]
    public var tls = TLSRecord.Fields.standard
    public var mail = MailRecordSettings()
    public init() {}
}

/// What EVE's `email` says beside sender, recipients, attachments and URLs.
public struct MailRecordSettings: Sendable {
    /// Members for headers, each with the header's name.
    public static let fields: [(member: StaticString, header: StaticString)] = [
        ("reply_to", "reply-to"), ("bcc", "bcc"), ("message_id", "message-id"), ("subject", "subject"),
        ("x_mailer", "x-mailer"), ("user_agent", "user-agent"), ("received", "received"),
        ("x_originating_ip", "x-originating-ip"), ("in_reply_to", "in-reply-to"), ("references", "references"),
        ("importance", "importance"), ("priority", "priority"), ("sensitivity", "sensitivity"),
        ("organization", "organization"), ("content_md5", "content-md5"), ("date", "date"),
    ]
    /// Those of Suricata's `extended`.
    public static let extended: Set<String> = ["bcc", "message_id", "subject", "x_mailer", "user_agent"]

    /// Of `fields`, those that are told.
    public var members = Set(fields.map(\.member.description))
    /// `subject_md5`
    public var digestsSubjects = false
    public init() {}

    /// - Parameter name: of a member or of its header.
    /// - Returns: the member; nil when there is none.
    public static func member(_ name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.member.description == name || $0.header.description == name }?.member.description
    }
}
