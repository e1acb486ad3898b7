import Detection
import Events
import Flow
import RuleLanguage
import Wire

/// When each rule last said that its expression was given up.
struct LimitReports {
    private var last: [UInt32: Timestamp] = [:]
    private static let intervalNanoseconds: Int64 = 60_000_000_000
    private static let capacity = 4096

    /// Once a minute of packet time for each rule.
    mutating func isDue(_ sid: UInt32, now: Timestamp) -> Bool {
        if let before = last[sid], now.nanoseconds(since: before) < Self.intervalNanoseconds { return false }
        if last[sid] == nil, last.count >= Self.capacity { last.removeAll(keepingCapacity: true) }
        last[sid] = now
        return true
    }
}

extension Pipeline {
    /// Regular expressions that were given up on this packet: each counted, and said in an `anomaly` record.
    func reportLimits(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ metadata: PacketMetadata, _ judgement: Judgement
    ) {
        for rule in detector.takeLimitedRules() {
            counters.pcreLimits &+= 1
            guard limitReports.isDue(rule.sid, now: metadata.time) else { continue }
            var header = header(packet, frame, metadata)
            header.flowID = judgement.flow.map { flows[$0].id }
            var record = AnomalyRecord(kind: .detect, event: "pcre_limit")
            record.signatureID = rule.sid
            events.append(Event(header: header, body: .anomaly(record)))
        }
    }

    /// Rules that were left out for the time they take, or are back: each an `anomaly` record.
    func reportNotices(now: Timestamp) {
        for notice in detector.takeRuleNotices() {
            var header = EventHeader()
            header.time = now
            let (rule, suspension) = (notice.suspension.rule, notice.suspension)
            var record = AnomalyRecord(kind: .detect, event: notice.isBack ? "rule_resumed" : "rule_suspended")
            record.signatureID = rule.sid
            record.latency = AnomalyRecord.Latency(
                signature: rule.message, action: "\(rule.action)", microseconds: suspension.nanoseconds / 1000,
                skipped: notice.isBack ? suspension.skipped : nil,
                seconds: notice.isBack ? nil : configuration.latency.suspensionSeconds)
            events.append(Event(header: header, body: .anomaly(record)))
        }
        counters.noteLatency(of: detector)
    }
}
