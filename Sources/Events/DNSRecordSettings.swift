/// Which messages of DNS are recorded, and in which form
/// (https://docs.suricata.io/en/suricata-8.0.0/output/eve/eve-json-output.html#dns).
public struct DNSRecordSettings: Sendable {
    /// 2: `query` and `answer`, a record for each question; 3: `request` and `response`, a record for each message.
    public var version = 3
    public var logsRequests = true
    public var logsResponses = true
    /// Upper-case names of types; a message is recorded when it asks for one of them. nil for all.
    public var types: Set<String>?
    /// Responses list their records one by one, and by type.
    public var isDetailed = true
    public var isGrouped = true
    public init() {}
}
