import Inspection
import Yams

/// `outputs`, a list of mappings, of which the engine has some settings of eve-log.
extension SuricataSettings {
    func applyOutput(_ key: String, _ value: String, _ c: inout Configuration) -> Bool {
        switch key {
        case "outputs.eve-log.xff.enabled": c.recordsForwardedFor = Self.isYes(value)
        case "outputs.eve-log.xff.mode":
            guard let mode = ForwardedFor.Mode(rawValue: value) else { return false }
            c.forwardedFor.mode = mode
        case "outputs.eve-log.xff.deployment":
            guard let deployment = ForwardedFor.Deployment(rawValue: value) else { return false }
            c.forwardedFor.deployment = deployment
        case "outputs.eve-log.xff.header": c.forwardedFor.header = value
        case "outputs.eve-log.types.http.dump-all-headers": return c.pipeline.httpRecords.dumpHeaders(value)
        case "outputs.eve-log.types.http.custom":
            let fields = list(value).map(HTTPRecordOptions.field)
            for case let field? in fields { c.pipeline.httpRecords.add(field) }
            return !fields.contains { $0 == nil }
        default: return false
        }
        return true
    }

    static func flattenOutputs(_ outputs: Node.Sequence, into flat: inout [String: String]) {
        // Most of them mean nothing here.
        flat["outputs"] = ""
        for output in outputs {
            guard let log = output.mapping?["eve-log"]?.mapping else { continue }
            if let forwardedFor = log["xff"] { flatten(forwardedFor, "outputs.eve-log.xff", into: &flat) }
            for type in log["types"]?.sequence ?? [] {
                guard let http = type.mapping?["http"]?.mapping else { continue }
                for key in ["dump-all-headers", "custom"] {
                    if let value = http[key] { flatten(value, "outputs.eve-log.types.http.\(key)", into: &flat) }
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
}
