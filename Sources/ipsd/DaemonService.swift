import Containers
import Control
import Detection
import Events
import Flow
import Foundation
import Inspection
import RuleLanguage
import Runtime
import Wire

/// The daemon as the control socket sees it.
struct DaemonService: ControlService {
    let daemon: Daemon
    let keeper: PolicyKeeper
    let configuration: Runtime.Configuration

    func status() async -> StatusReport {
        let snapshots = await daemon.snapshots()
        let counters = Dictionary(Daemon.sum(snapshots).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let rules = daemon.loadedRules
        let bridge = BridgeNetfilter.current()
        var report = StatusReport(
            version: Version.text, mode: daemon.mode.rawValue, uptimeSeconds: daemon.uptimeSeconds,
            queues: Array(configuration.queues), rulesLoaded: rules.loaded, rulesFailed: rules.failed,
            reloads: daemon.reloads, flowsActive: counters["flow.active"] ?? 0, packets: counters["decoder.pkts"] ?? 0,
            blocked: (counters["ips.blocked"] ?? 0) &+ (counters["ips.rejected"] ?? 0), eventsLost: daemon.lostEvents)
        report.bridge_netfilter_ipv4 = bridge.ipv4
        report.bridge_netfilter_ipv6 = bridge.ipv6
        report.rules_suspended = Self.suspended(snapshots)
        let containers = await containers()
        report.containers = Dictionary(containers.containers.map { ($0.runtime, 1) }, uniquingKeysWith: +)
        report.runtimes = containers.runtimes
        return report
    }

    private static func suspended(_ snapshots: [WorkerSnapshot]) -> [SuspendedRuleReport] {
        var rules: [RuleIdentity: [RuleSuspension]] = [:]
        for suspension in snapshots.flatMap(\.suspensions) { rules[suspension.rule, default: []].append(suspension) }
        return rules.sorted { ($0.key.gid, $0.key.sid) < ($1.key.gid, $1.key.sid) }.map { rule, suspensions in
            SuspendedRuleReport(
                sid: rule.sid, gid: rule.gid, action: "\(rule.action)", signature: rule.message,
                until: (suspensions.map(\.until).max() ?? Timestamp(nanoseconds: 0)).eveText, workers: suspensions.count,
                checksSkipped: suspensions.reduce(0) { $0 &+ $1.skipped })
        }
    }

    func ruleCosts(by order: String, limit: Int) async throws -> [RuleCostReport] {
        guard let order = RuleCost.Order(rawValue: order) else {
            let known = RuleCost.Order.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlFailure(status: 400, "no order '\(order)': expected one of \(known)")
        }
        return await daemon.ruleCosts(by: order, limit: limit).map { cost in
            RuleCostReport(
                sid: cost.rule.sid, gid: cost.rule.gid, rev: cost.rule.rev, action: "\(cost.rule.action)",
                signature: cost.rule.message, place: cost.place, checks: cost.checks, matches: cost.matches,
                totalNanoseconds: cost.nanoseconds, averageNanoseconds: cost.average, longestNanoseconds: cost.longest,
                overruns: cost.overruns, suspended: cost.suspendedBy)
        }
    }

    func reopen() async throws -> ReopenReport {
        guard configuration.eventsPath != nil else { throw ControlFailure(status: 422, "no event file is written (eve)") }
        do {
            try daemon.reopenEvents()
            return ReopenReport(reopened: true)
        } catch {
            throw ControlFailure(status: 422, "\(error); events go on into the old file")
        }
    }

    func counters() async -> [CounterValue] {
        Daemon.sum(await daemon.snapshots()).map { CounterValue(name: $0.name, value: $0.value) }
    }

    func reload() async throws -> ReloadReport {
        do {
            let result = try await daemon.reload()
            return ReloadReport(
                rulesLoaded: result.rules.loaded, rulesFailed: result.rules.failed, rulesRemoved: result.removed,
                seconds: result.rules.seconds, diagnostics: result.rules.diagnostics.map(\.description))
        } catch let error as ConfigurationError {
            throw ControlFailure(status: 422, "\(error); the running rules stay in force")
        }
    }

    func flows(limit: Int) async -> [FlowReport] {
        let now = Int64(Date().timeIntervalSince1970 * 1_000_000_000)
        return await daemon.flows(limit: limit).map { flow in
            FlowReport(
                id: flow.id, client: (flow.client.description, flow.clientPort),
                server: (flow.server.description, flow.serverPort), proto: flow.ipProtocol,
                appProtocol: flow.appProtocol, state: "\(flow.state)", packets: flow.packets, bytes: flow.bytes,
                ageSeconds: Double(Timestamp(nanoseconds: now).nanoseconds(since: flow.firstSeen)) / 1e9,
                isBlocked: flow.block != nil, isPassed: flow.isPassed,
                containers: FlowContainersReport(client: identity(flow.clientContainer), server: identity(flow.serverContainer)))
        }
    }

    func decisions(limit: Int) async -> [DecisionReport] {
        await daemon.decisions().suffix(limit).map { decision in
            var report = Self.report(decision)
            report.source_container = container(decision.sourceContainer)
            report.destination_container = container(decision.destinationContainer)
            return report
        }
    }

    private func container(_ number: ContainerNumber) -> DecisionReport.Container? {
        daemon.container(number).map { DecisionReport.Container(id: $0.id, name: $0.name, image: $0.image) }
    }

    private static func report(_ decision: Decision) -> DecisionReport {
        let start = min(max(0, decision.matchOffset - decision.contextOffset), decision.context.count)
        let matched = Array(decision.context[start...].prefix(max(0, decision.matchLength)))
        var report = DecisionReport(
            timestamp: decision.time.eveText, flowID: decision.flowID,
            source: (decision.source.description, decision.sourcePort),
            destination: (decision.destination.description, decision.destinationPort), verdict: "\(decision.verdict)",
            reason: decision.reason?.name, signatureID: decision.sid, signature: decision.message,
            buffer: decision.buffer, offset: decision.matchOffset, length: decision.matchLength,
            matched: Printable.text(matched), matchedHex: Printable.hex(matched))
        report.direction = decision.direction?.eveName
        report.url = decision.url.map { Printable.text($0) }
        if decision.sid != nil { (report.gid, report.rev, report.rule_place) = (decision.gid, decision.rev, decision.place) }
        if let match = decision.match {
            (report.context_hex, report.context_offset) = (Printable.hex(match.context), match.contextOffset)
            report.raw_hex = match.raw.map { Printable.hex($0) }
            if !match.decodings.isEmpty { report.decoded = match.decodings }
            if match.isDefragmented { report.defragmented = true }
            if match.rewrittenSegments > 0 { report.segments_rewritten = match.rewrittenSegments }
        }
        if let patch = decision.patch { describe(patch, decision.patchTitle, &report) }
        return report
    }

    private static func describe(_ patch: PatchRecord, _ title: String?, _ report: inout DecisionReport) {
        (report.patch, report.patch_title, report.stage, report.policy) = (patch.id, title, patch.stage, patch.policy)
        report.canary = patch.isEnforcedCanary.map { $0 ? "enforce" : "shadow" }
        guard let exception = patch.exception else { return }
        report.exception_policy = exception.place
        report.exception_reason = exception.reason
        report.exception_until = exception.lastDay
    }

    func policy() async -> any Encodable & Sendable { daemon.policyReport }

    func promotions() async -> any Encodable & Sendable { await keeper.report() }

    func changePolicy(_ request: Data) async throws -> any Encodable & Sendable {
        guard let wanted = try? JSONDecoder().decode(PolicyRequest.self, from: request) else {
            throw ControlFailure(
                status: 400, "expected {\"patch\": \"ID\", \"action\": \"promote\"}; actions are promote, demote, hold and release")
        }
        do {
            return try await keeper.perform(wanted).map(PolicyStepReport.init)
        } catch {
            throw ControlFailure(status: 422, "\(error)")
        }
    }

    func unblock(_ request: UnblockRequest) async throws -> UnblockReport {
        if let id = request.flow_id { return UnblockReport(unblocked: await daemon.unblock(.id(id))) }
        if let text = request.address {
            guard let address = IPAddress(text) else { throw ControlFailure(status: 400, "'\(text)' is not an IP address") }
            return UnblockReport(unblocked: await daemon.unblock(.address(address)))
        }
        guard request.all == true else { throw ControlFailure(status: 400, "expected flow_id, address or all") }
        return UnblockReport(unblocked: await daemon.unblock(.all))
    }
}
