/// What the control socket can be asked; the daemon answers.
public protocol ControlService: Sendable {
    func status() async -> StatusReport
    /// Every counter, in a fixed order.
    func counters() async -> [CounterValue]
    func reload() async throws -> ReloadReport
    /// Opens the event file anew.
    func reopen() async throws -> ReopenReport
    func flows(limit: Int) async -> [FlowReport]
    /// The last `limit` decisions, oldest first.
    func decisions(limit: Int) async -> [DecisionReport]
    /// The `limit` rules that are largest by `order`, a name of `ipsctl rules top --sort`.
    func ruleCosts(by order: String, limit: Int) async throws -> [RuleCostReport]
    /// What the policy says now of each patch and container.
    func policy() async -> any Encodable & Sendable
    func unblock(_ request: UnblockRequest) async throws -> UnblockReport
}
