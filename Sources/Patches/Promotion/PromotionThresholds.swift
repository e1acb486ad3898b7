/// What must have been seen before a patch goes on, and what sends it back.
public struct PromotionThresholds: Sendable, Equatable {
    /// Transactions without a match, in each stage. Doubled with each step back.
    public var cleanTransactions: UInt64 = 10_000
    /// More matches than this, in 10,000 transactions, are for people to look at before the patch may enforce.
    public var matchShare: UInt64 = 100
    /// Answers of 500 and above may rise by so many in 10,000 answers.
    public var serverErrorRise: UInt64 = 200
    /// Resets may rise by so many in 10,000 flows.
    public var resetRise: UInt64 = 200
    /// Time of the patch's rules for one transaction.
    public var costNanoseconds: UInt64 = 50_000
    /// After so many steps back only people promote.
    public var stepsBack = 3

    /// Fewer answers, flows or transactions say nothing.
    static let leastSample: UInt64 = 200

    public init() {}
}
