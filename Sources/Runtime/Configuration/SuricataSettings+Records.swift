import Events
import Inspection
import Yams

/// `outputs`, a list of mappings, of which the engine has some settings of eve-log.
extension SuricataSettings {
    /// Keys of eve-log's record types that mean something here, each with what a type that is listed without it has.
    private static let recordKeys: [String: [(key: String, standard: String?)]] = [
        "http": [("dump-all-headers", nil), ("custom", nil), ("extended", "no")],
        "tls": [("extended", "no"), ("custom", nil), ("ja4", nil)],
        "smtp": [("extended", "no"), ("custom", nil), ("md5", nil)],
        "drop": [("flows", "start")],
        "anomaly": [("types", nil)],
        "stream": [("all", nil), ("event-set", nil), ("state-update", nil)],
        "alert": [("payload-length", nil), ("payload-buffer-size", nil), ("packet", nil)],
    ]

    static func flattenOutputs(_ outputs: Node.Sequence, into flat: inout [String: String]) {
        // Most of them mean nothing here.
        flat["outputs"] = ""
        for output in outputs {
            guard let log = output.mapping?["eve-log"]?.mapping else { continue }
            if let forwardedFor = log["xff"] { flatten(forwardedFor, "outputs.eve-log.xff", into: &flat) }
            for type in log["types"]?.sequence ?? [] {
                guard let name = type.scalar?.string ?? type.mapping?.first?.key.string, let keys = recordKeys[name] else { continue }
                let settings = type.mapping?.first?.value.mapping
                for (key, standard) in keys {
                    let path = "outputs.eve-log.types.\(name).\(key)"
                    if let value = settings?[key] { flatten(value, path, into: &flat) } else { flat[path] = standard }
                }
            }
        }
    }

    /// `outputs.1.eve-log.types.2.http.custom` (`--set`) without the places in its lists.
    static func withoutOutputPlaces(_ key: String) -> String {
        guard key.hasPrefix("outputs.") else { return key }
        let words = key.split(separator: ".")
        let kept = words.enumerated().filter { $0.offset == words.count - 1 || Int($0.element) == nil }
        return kept.map { String($0.element) }.joined(separator: ".")
    }

    func applyOutput(_ key: String, _ value: String, _ c: inout Configuration) throws(ConfigurationError) -> Bool {
        if let type = key.dropping(prefix: "outputs.eve-log.types.") { return try applyRecordType(type, value, &c) }
        switch key {
        case "outputs.eve-log.xff.enabled": c.recordsForwardedFor = Self.isYes(value)
        case "outputs.eve-log.xff.mode":
            guard let mode = ForwardedFor.Mode(rawValue: value) else { return false }
            c.forwardedFor.mode = mode
        case "outputs.eve-log.xff.deployment":
            guard let deployment = ForwardedFor.Deployment(rawValue: value) else { return false }
            c.forwardedFor.deployment = deployment
        case "outputs.eve-log.xff.header": c.forwardedFor.header = value
        default: return false
        }
        return true
    }

    private func applyRecordType(_ key: String, _ value: String, _ c: inout Configuration) throws(ConfigurationError) -> Bool {
        switch key {
        case "http.dump-all-headers": return c.pipeline.httpRecords.dumpHeaders(value)
        case "http.custom":
            let fields = list(value).map(HTTPRecordOptions.field)
            for case let field? in fields { c.pipeline.httpRecords.add(field) }
            return !fields.contains { $0 == nil }
        case "http.extended": c.pipeline.httpRecords.isExtended = Self.isYes(value)
        case "drop.flows":
            guard let drops = RecordSettings.Drops(rawValue: value) else { return false }
            c.pipeline.records.drops = drops
        case "alert.payload-length": c.pipeline.alertsCarryPayloadLength = Self.isYes(value)
        case "alert.payload-buffer-size": c.pipeline.alertPayloadBytes = Int(clamping: try bytes(key, value))
        case "alert.packet": c.pipeline.alertsCarryPacket = Self.isYes(value)
        case "tls.extended", "tls.custom", "tls.ja4": applyTLSRecords(&c.pipeline.records)
        case "smtp.extended", "smtp.custom": applyMailRecords(&c.pipeline.records.mail)
        case "smtp.md5": c.pipeline.records.mail.digestsSubjects = list(value).contains("subject")
        default:
            if let kind = key.dropping(prefix: "anomaly.types.").flatMap(AnomalyRecord.Kind.init) {
                if Self.isYes(value) { c.pipeline.records.anomalies.insert(kind) } else { c.pipeline.records.anomalies.remove(kind) }
            } else if let segments = key.dropping(prefix: "stream.").flatMap({ RecordSettings.Segments.names[$0] }) {
                if Self.isYes(value) { c.pipeline.records.segments.insert(segments) }
            } else {
                return key == "anomaly.types"
            }
        }
        return true
    }

    /// A list of fields goes before `extended`.
    private func applyTLSRecords(_ records: inout RecordSettings) {
        let path = "outputs.eve-log.types.tls"
        if let custom = self["\(path).custom"] {
            records.tls = TLSRecord.Fields(list(custom).compactMap { TLSRecord.Fields.names[$0.lowercased()] })
        } else {
            records.tls = self["\(path).extended"].map(Self.isYes) ?? true ? .extended : .basic
            if self["\(path).ja4"].map(Self.isYes) ?? false { records.tls.insert(.ja4) }
        }
    }

    private func applyMailRecords(_ mail: inout MailRecordSettings) {
        let path = "outputs.eve-log.types.smtp"
        mail.members = self["\(path).extended"].map(Self.isYes) ?? false ? MailRecordSettings.extended : []
        mail.members.formUnion(list(self["\(path).custom"] ?? "").compactMap(MailRecordSettings.member))
    }
}
