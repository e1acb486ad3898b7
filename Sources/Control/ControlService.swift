public import Foundation

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
    /// How far each line of the policy has come, and what is due.
    func promotions() async -> any Encodable & Sendable
    /// What `ipsctl patches promote`, `demote` and `hold` ask for, as JSON.
    func changePolicy(_ request: Data) async throws -> any Encodable & Sendable
    func containers() async -> ContainersReport
    func unblock(_ request: UnblockRequest) async throws -> UnblockReport
}
