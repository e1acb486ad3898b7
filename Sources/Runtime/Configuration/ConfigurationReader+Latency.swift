import Detection
import Inspection

extension ConfigurationReader {
    /// Keys under `latency.rule`.
    static let ruleLatency: [String: Entry] = [
        "suspend": .value { r, n, c throws(ConfigurationError) in
            guard let scope = RuleLatencyPolicy.Scope(rawValue: try r.string(n)) else {
                throw r.error(n, "expected none, alerts or all")
            }
            c.pipeline.latency.scope = scope
        },
        "max-microseconds": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.latency.limitNanoseconds = UInt64(try r.integer(n, in: 1...60_000_000)) * 1000
        },
        "suspend-threshold": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.latency.threshold = UInt32(try r.integer(n, in: 1...1_000_000))
        },
        "window-seconds": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.latency.windowSeconds = UInt32(try r.integer(n, in: 1...86_400))
        },
        "suspend-seconds": .value { r, n, c throws(ConfigurationError) in
            c.pipeline.latency.suspensionSeconds = UInt32(try r.integer(n, in: 1...86_400))
        },
        "sample": .value { r, n, c throws(ConfigurationError) in
            let interval = try r.integer(n, in: 0...65_536)
            guard interval & (interval - 1) == 0 else {
                throw r.error(n, "expected 0 or a power of two such as 16: one check in so many is timed")
            }
            c.pipeline.latency.sampleInterval = UInt32(interval)
        },
    ]
}
