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

    /// Keys under `http-records`.
    static let httpRecords: [String: Entry] = [
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
