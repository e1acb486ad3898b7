import Patches
import Yams

extension ConfigurationReader {
    /// Keys under `promotion`.
    static let promotion: [String: Entry] = [
        "lines": .value { r, n, c throws(ConfigurationError) in c.steward.lines = try r.choice(n) },
        "clean-transactions": .value { r, n, c throws(ConfigurationError) in
            c.steward.thresholds.cleanTransactions = UInt64(try r.integer(n, in: 1...1_000_000_000))
        },
        "max-match-share": .value { r, n, c throws(ConfigurationError) in
            c.steward.thresholds.matchShare = try r.share(n)
        },
        "max-server-error-rise": .value { r, n, c throws(ConfigurationError) in
            c.steward.thresholds.serverErrorRise = try r.share(n)
        },
        "max-reset-rise": .value { r, n, c throws(ConfigurationError) in c.steward.thresholds.resetRise = try r.share(n) },
        "max-cost-microseconds": .value { r, n, c throws(ConfigurationError) in
            c.steward.thresholds.costNanoseconds = UInt64(try r.integer(n, in: 1...60_000_000)) * 1000
        },
        "max-steps-back": .value { r, n, c throws(ConfigurationError) in
            c.steward.thresholds.stepsBack = try r.integer(n, in: 1...16)
        },
        "state": .value { r, n, c throws(ConfigurationError) in c.promotionStatePath = try r.string(n) },
    ]
}

extension ConfigurationReader {
    /// `2%` as parts of 10,000.
    fileprivate func share(_ node: Node) throws(ConfigurationError) -> UInt64 {
        guard let parts = PolicyReader.parts(try string(node)) else {
            throw error(node, "expected a share such as 2%, above 0% and at most 100%")
        }
        return UInt64(parts)
    }
}
