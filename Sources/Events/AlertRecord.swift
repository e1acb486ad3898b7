public import Wire

/// EVE `alert`, with what the engine knows beyond Suricata under `rempart`.
public struct AlertRecord: Sendable {
    /// `blocked`, or `allowed`; per rule, where `verdict` is per packet.
    public var isBlocked = false
    public var gid: UInt32 = 1
    public var signatureID: UInt32 = 0
    public var rev: UInt32 = 0
    public var signature = ""
    public var category = ""
    public var severity: UInt8 = 3
    public var metadata: [(key: String, value: String)] = []
    public var references: [String] = []
    /// EVE `alert.source` and `alert.target`, for rules with `target:`.
    public var attack: (source: Endpoint, target: Endpoint)?
    public var verdict = VerdictRecord()
    public var match: MatchRecord?
    /// What the policy made of it.
    public var patch: PatchRecord?
    /// `FILE:LINE` of the rule; not written.
    public var place = ""
    public var payload = PayloadRecord()
    public var flow: AlertFlow?
    public var tunnel: TunnelRecord?
    /// JSON objects of datasets, by name.
    public var contexts: [(key: String, json: String)] = []
    /// What expressions captured for the alert, beside them.
    public var variables: [(name: String, value: [UInt8])] = []
    /// Files of the transaction that matched.
    public var files: [FileInfoRecord] = []
    public var http: HTTPRecord?
    /// For whom the client of the transaction speaks.
    public var forwardedFor: IPAddress?
    public var dns: DNSEventRecord?
    public var ssh: SSHRecord?
    public var ftp: FTPRecord?
    public var ftpData: FTPDataRecord?
    public var smtp: SMTPRecord?
    public var tls: TLSRecord?
    public var frame: FrameRecord?
    public var webSocket: WebSocketRecord?
    /// Whether the packet travelled to the server.
    public var direction: String?

    public struct Endpoint: Sendable {
        public var address: String
        public var port: UInt16
        public init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("alert") { json in
            json.member("action", isBlocked ? "blocked" : "allowed")
            json.member("gid", gid)
            json.member("signature_id", signatureID)
            json.member("rev", rev)
            json.member("signature", signature)
            json.member("category", category)
            json.member("severity", severity)
            if let attack {
                write(attack.source, "source", &json)
                write(attack.target, "target", &json)
            }
            if !references.isEmpty {
                json.array("references") { json in for reference in references { json.element(reference) } }
            }
            if !metadata.isEmpty { writeMetadata(&json) }
            if !contexts.isEmpty || !variables.isEmpty {
                json.object("context") { json in
                    for (key, object) in contexts { json.member(named: key, json: object) }
                    for (name, value) in variables { json.member(named: name, Printable.text(value)) }
                }
            }
        }
    }

    private func write(_ endpoint: Endpoint, _ key: StaticString, _ json: inout JSONWriter) {
        json.object(key) { json in
            json.member("ip", endpoint.address)
            json.member("port", endpoint.port)
        }
    }

    /// Each key once, with all its values.
    private func writeMetadata(_ json: inout JSONWriter) {
        json.object("metadata") { json in
            var done: Set<String> = []
            for (key, _) in metadata where done.insert(key).inserted {
                json.array(named: key) { json in
                    for (other, value) in metadata where other == key { json.element(value) }
                }
            }
        }
    }
}

/// EVE `verdict`.
public struct VerdictRecord: Sendable {
    public enum Action: String, Sendable { case alert, pass, drop }
    public var action = Action.alert
    /// `to_client`, `to_server`, `both`; nil when nothing is rejected.
    public var rejectTarget: String?
    /// `tcp-reset` or `icmp-prohib`.
    public var rejects: [String] = []

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("verdict") { json in
            json.member("action", action.rawValue)
            if let rejectTarget {
                json.member("reject_target", rejectTarget)
                json.array("reject") { json in for reject in rejects { json.element(reject) } }
            }
        }
    }
}

/// Where and what a rule matched: the bytes, in text and in hexadecimal, with their surroundings.
public struct MatchRecord: Sendable {
    public var buffer = ""
    public var offset = 0
    public var length = 0
    public var context: [UInt8] = []
    public var contextOffset = 0
    /// What was sent for the buffer, where the rule saw something else; the first 512 bytes.
    public var raw: [UInt8]?
    /// What was undone between the wire and the buffer: `chunked`, `gzip`, `hpack`, …
    public var decodings: [String] = []
    /// The packet was put together from fragments.
    public var isDefragmented = false
    /// Segments of the flow so far that differed from what came first and were rewritten to it.
    public var rewrittenSegments: UInt64 = 0

    public init() {}

    func writeMembers(_ json: inout JSONWriter) {
        let start = min(max(0, offset - contextOffset), context.count)
        let end = min(start + max(0, length), context.count)
        let matched = Array(context[start..<end])
        json.member("buffer", buffer)
        json.member("offset", offset)
        json.member("length", length)
        json.member("matched", Printable.text(matched))
        json.member("matched_hex", Printable.hex(matched))
        json.member("context", Printable.text(context))
        json.member("context_hex", Printable.hex(context))
        json.member("context_offset", contextOffset)
        if let raw {
            json.member("raw", Printable.text(raw))
            json.member("raw_hex", Printable.hex(raw))
        }
        if !decodings.isEmpty { json.array("decoded") { json in for name in decodings { json.element(name) } } }
        if isDefragmented { json.member("defragmented", true) }
        if rewrittenSegments > 0 { json.member("segments_rewritten", rewrittenSegments) }
    }
}

extension AlertRecord {
    /// What Suricata has no place for.
    func writeOwn(_ json: inout JSONWriter) {
        guard match != nil || patch != nil else { return }
        json.object("rempart") { json in
            patch?.writeMembers(&json)
            match?.writeMembers(&json)
        }
    }
}

public enum Printable {
    /// Printable ASCII as it is, everything else as a dot.
    public static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
    }

    public static func hex(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.hexadecimal(), as: UTF8.self)
    }
}
