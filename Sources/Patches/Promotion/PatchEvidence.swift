/// What was seen where a patch holds, since its stage began there.
public struct PatchEvidence: Codable, Sendable, Equatable {
    /// On the protected path: whole requests with their answers, and flows of protocols that have none.
    public var transactions: UInt64 = 0
    /// Of the patch's rules, without excepted ones.
    public var matches: UInt64 = 0
    public var excepted: UInt64 = 0
    /// HTTP answers, and those of them with a status of 500 and above.
    public var answers: UInt64 = 0
    public var serverErrors: UInt64 = 0
    /// TCP flows that nothing blocked, and those of them that an end reset.
    public var flows: UInt64 = 0
    public var resets: UInt64 = 0
    /// That the patch's rules took, as far as it was measured.
    public var nanoseconds: UInt64 = 0

    public init() {}

    public mutating func add(_ other: PatchEvidence) {
        transactions &+= other.transactions
        matches &+= other.matches
        excepted &+= other.excepted
        answers &+= other.answers
        serverErrors &+= other.serverErrors
        flows &+= other.flows
        resets &+= other.resets
        nanoseconds &+= other.nanoseconds
    }

    /// Transactions in which no rule of the patch matched.
    public var clean: UInt64 { transactions > matches ? transactions - matches : 0 }

    /// Matches in 10,000 transactions.
    public var matchShare: UInt64 { Self.share(matches, of: transactions) }

    /// Of one transaction.
    public var averageNanoseconds: UInt64 { transactions == 0 ? 0 : nanoseconds / transactions }

    /// Parts of 10,000; at most that.
    static func share(_ part: UInt64, of whole: UInt64) -> UInt64 {
        guard whole > 0 else { return 0 }
        let (product, overflows) = min(part, whole).multipliedReportingOverflow(by: 10_000)
        return overflows ? 10_000 : product / whole
    }
}
