import Containers
import Detection
import Events
import Foundation
public import Logging
public import Patches
import RuleLanguage
import Wire

/// Carries the policy of a running daemon on: gathers evidence, changes the policy's file and brings it into force.
public actor PolicyKeeper {
    private let daemon: Daemon
    private let steward: PolicySteward
    private let policyPath: String?
    private let statePath: String
    private let logger: Logger
    private var ledger: PromotionLedger
    private var saved = PromotionLedger()
    /// Nanoseconds by patch so far, of one rule set.
    private var costs: (generation: UInt32, values: [UInt16: UInt64]) = (0, [:])
    /// Said once, until it changes.
    private var told: Set<String> = []

    private static let intervalSeconds = 10

    /// A state that can't be read is set aside: what it held must be seen anew.
    public init(daemon: Daemon, configuration: Configuration, logger: Logger) {
        self.daemon = daemon
        self.logger = logger
        steward = configuration.steward
        policyPath = configuration.policyPath
        statePath = configuration.promotionStatePath
        do {
            ledger = try PromotionLedger.read(statePath)
        } catch {
            logger.warning("\(error); evidence for promotions begins anew")
            ledger = PromotionLedger()
        }
    }

    /// Returns when its task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(Self.intervalSeconds)) } catch { return }
            do { try await advance() } catch { say("policy: \(error)") }
        }
    }

    private func say(_ text: String) {
        if told.insert(text).inserted { logger.warning("\(text)") }
    }

    /// One round: evidence in, steps out.
    func advance() async throws {
        guard let policyPath, FileManager.default.fileExists(atPath: policyPath) else { return }
        var editor = try PolicyEditor(file: policyPath)
        guard !steward.kept(editor.policy).isEmpty else { return }
        let source = await gather()
        guard isInForce(editor) else {
            say("\(policyPath) was changed and is not in force: nothing is promoted or retired until 'ipsctl reload'")
            return
        }
        var ledger = ledger
        let steps = try steward.advance(
            &editor, &ledger, containers: daemon.runningContainers.containers, at: .now, evidence: source.evidence)
        try await take(editor, ledger, steps)
    }

    /// What is written is in force before it is remembered and told.
    private func take(_ editor: PolicyEditor, _ ledger: PromotionLedger, _ steps: [PolicyStep]) async throws {
        if let policyPath, steps.contains(where: { $0.to != $0.from }) {
            let old = FileManager.default.contents(atPath: policyPath)
            try editor.write()
            do {
                _ = try await daemon.reload()
            } catch {
                try? old?.write(to: URL(fileURLWithPath: policyPath), options: .atomic)
                throw error
            }
            told.removeAll()
        }
        self.ledger = ledger
        for step in steps {
            logger.notice("\(step.text)")
            daemon.record(step.record.event(time: .now))
        }
        if ledger != saved {
            try ledger.write(statePath)
            saved = ledger
        }
    }

    /// Whether the daemon runs what stands in the file.
    private func isInForce(_ editor: PolicyEditor) -> Bool {
        let running = daemon.loadedRules.policy.policy
        return running.lines.map(\.text) == editor.policy.lines.map(\.text)
            && running.exceptions.map(\.text) == editor.policy.exceptions.map(\.text)
    }

    private func gather() async -> PatchEvidenceSource {
        let loaded = daemon.loadedRules
        let tallies = await daemon.tallies()
        var now: [UInt16: UInt64] = [:]
        for worker in await daemon.ruleCosts() where worker.generation == loaded.ruleSet.generation {
            for (index, compiled) in loaded.ruleSet.rules.enumerated() where compiled.rule.patch > 0 {
                now[compiled.rule.patch, default: 0] &+= worker.nanoseconds[index]
            }
        }
        let before = costs.generation == loaded.ruleSet.generation ? costs.values : [:]
        costs = (loaded.ruleSet.generation, now)
        let spent = now.reduce(into: [UInt16: UInt64]()) { result, entry in
            let old = before[entry.key] ?? 0
            result[entry.key] = entry.value >= old ? entry.value - old : entry.value
        }
        return PatchEvidenceSource(
            tallies: tallies, nanoseconds: spent, policy: loaded.policy, ruleSet: loaded.ruleSet, containers: daemon.runningContainers)
    }

    // MARK: What people ask for

    /// Each line that names one patch, with where it stands.
    public func report() -> PromotionsReport {
        let policy = daemon.loadedRules.policy.policy
        let lines = policy.lines.filter(\.patch.isLiteral).map { line in
            let promotes = steward.promotes(line)
            let state = ledger[.init(line)] ?? PromotionState(stage: line.stage)
            return PromotionReport(line, state, promotes ? state.decision(steward.thresholds) : nil, state.needed(steward.thresholds))
        }
        return PromotionsReport(policy: policy.file.isEmpty ? nil : policy.file, lines: steward.lines.rawValue, patches: lines)
    }

    /// Moves or holds the lines of one patch.
    /// - Throws: `PolicyRequestError` when there is nothing to do it to.
    public func perform(_ request: PolicyRequest) async throws -> [PolicyStep] {
        guard let policyPath else { throw PolicyRequestError(message: "ipsd runs without a policy (policy)") }
        var editor = try PolicyEditor(file: policyPath)
        guard isInForce(editor) else {
            throw PolicyRequestError(message: "\(policyPath) was changed and is not in force; reload first")
        }
        let chosen = editor.policy.lines.filter { line in
            line.patch.isLiteral && line.patch.text == request.patch && (request.where.map { line.selector.text.contains($0) } ?? true)
        }
        guard !chosen.isEmpty else {
            let place = request.where.map { " with '\($0)' in where" } ?? ""
            throw PolicyRequestError(message: "\(policyPath) has no line for the patch \(request.patch) alone\(place)")
        }
        var ledger = ledger
        ledger.follow(steward.kept(editor.policy))
        var steps: [PolicyStep] = []
        for line in chosen.reversed() { steps.append(try step(request, line, &editor, &ledger)) }
        steps.reverse()
        try await take(editor, ledger, steps)
        return steps
    }

    private func step(
        _ request: PolicyRequest, _ line: PolicyLine, _ editor: inout PolicyEditor, _ ledger: inout PromotionLedger
    ) throws -> PolicyStep {
        let key = PromotionLedger.Key(line)
        func failure(_ text: String) -> PolicyRequestError {
            PolicyRequestError(message: "\(line.location.file):\(line.location.line): \(text)")
        }
        let reason = request.reason ?? "asked for"
        switch request.action {
        case .promote, .demote:
            let stage = request.action == .promote ? line.stage == .off ? .shadow : line.stage.next : line.stage.lower
            guard let stage else { throw failure("\(line.stage.rawValue) is the \(request.action == .promote ? "last" : "first") stage") }
            ledger[key]?.held = nil
            return try steward.move(line, to: stage, request.action == .promote ? .promote : .demote, reason, &editor, &ledger)
        case .hold, .release:
            guard steward.promotes(line), ledger[key] != nil else { throw failure("is not promoted by itself (promotion.lines)") }
            ledger[key]?.held = request.action == .hold ? reason : nil
            let text = request.action == .hold ? "held: \(reason)" : "not held any more"
            return PolicyStep(.hold, line, to: line.stage, reason: text, evidence: ledger[key]?.evidence ?? PatchEvidence())
        }
    }
}

/// `POST /v1/promotions`
public struct PolicyRequest: Codable, Sendable {
    public enum Action: String, Codable, Sendable { case promote, demote, hold, release }

    public var patch: String
    public var action: Action
    /// Only lines with this text in their `where`.
    public var `where`: String?
    public var reason: String?

    public init(patch: String, action: Action, where text: String? = nil, reason: String? = nil) {
        self.patch = patch
        self.action = action
        self.where = text
        self.reason = reason
    }
}

public struct PolicyRequestError: Error, CustomStringConvertible {
    public let message: String
    public var description: String { message }
}
