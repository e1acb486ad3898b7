import AppLayer
import Events
import Inspection
import Yams

/// What records say.
extension ConfigurationReader {
    /// Keys under `xff`.
    static let forwardedFor: [String: Entry] = [
        "enabled": .value { r, n, c throws(ConfigurationError) in c.recordsForwardedFor = try r.boolean(n) },
        "mode": .value { r, n, c throws(ConfigurationError) in c.forwardedFor.mode = try r.choice(n) },
        "deployment": .value { r, n, c throws(ConfigurationError) in c.forwardedFor.deployment = try r.choice(n) },
        "header": .value { r, n, c throws(ConfigurationError) in c.forwardedFor.header = try r.string(n) },
    ]

    /// Keys under `records`.
    static let records: [String: Entry] = [
        "drops": .value { r, n, c throws(ConfigurationError) in c.pipeline.records.drops = try r.choice(n) },
        "segments": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.records.segments = RecordSettings.Segments(try r.named(n, RecordSettings.Segments.names))
        },
        "anomalies": .value { r, n, c throws(ConfigurationError) in
            let kinds: [String: AnomalyRecord.Kind] = ["decode": .decode, "stream": .stream, "applayer": .applayer]
            c.pipeline.records.anomalies = Set(try r.named(n, kinds) + [.detect])
        },
        "tls-fields": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.records.tls = TLSRecord.Fields(try r.named(n, TLSRecord.Fields.names))
        },
        "mail-fields": .value { r, n, c throws(ConfigurationError) in
            let names = MailRecordSettings.fields.map(\.member.description)
            c.pipeline.records.mail.members = Set(try r.named(n, Dictionary(uniqueKeysWithValues: zip(names, names))))
        },
        "mail-md5": .value { r, n, c throws(ConfigurationError) in
            let wanted = try r.named(n, ["body": "body", "subject": "subject"])
            c.pipeline.appLayer.digestsMailBodies = wanted.contains("body")
            c.pipeline.records.mail.digestsSubjects = wanted.contains("subject")
        },
    ]

    /// A list of names that stand for values.
    private func named<Value>(_ node: Node, _ values: [String: Value]) throws(ConfigurationError) -> [Value] {
        var result: [Value] = []
        for name in try strings(node) {
            guard let value = values[name] else {
                throw error(node, "expected some of \(values.keys.sorted().joined(separator: ", ")); found \(name)")
            }
            result.append(value)
        }
        return result
    }

    /// Keys under `http-records`.
    static let httpRecords: [String: Entry] = [
        "extended": .value { r, n, c throws(ConfigurationError) in c.pipeline.httpRecords.isExtended = try r.boolean(n) },
        "dump-all-headers": .value { r, n, c throws(ConfigurationError) in
            guard c.pipeline.httpRecords.dumpHeaders(try r.string(n)) else {
                throw r.error(n, "expected both, request, response or none")
            }
        },
        "custom": .value { r, n, c throws(ConfigurationError) in
            for header in try r.strings(n) {
                guard let field = HTTPRecordOptions.field(header) else {
                    let known = (HTTPRecordOptions.requestHeaders.union(HTTPRecordOptions.responseHeaders)).sorted()
                    throw r.error(n, "there is no field for the header \(header); expected some of \(known.joined(separator: ", "))")
                }
                c.pipeline.httpRecords.add(field)
            }
        },
    ]

    /// Keys under `http-ranges`.
    static let httpRanges: [String: Entry] = [
        "memcap": .value { r, n, c throws(ConfigurationError) in c.pipeline.rangeMemcapBytes = try r.bytes(n, in: 0...(1 << 32)) },
        "timeout-seconds": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.rangeTimeoutSeconds = try r.integer(n, in: 1...86_400)
        },
    ]
}
