import CMalloc
public import Containers
import Detection
import Events
import Flow
import Foundation
public import Inspection
public import Logging
import PacketIO
import Patches
import RuleLanguage
import Synchronization
import Wire

/// The running IPS: one worker per queue, the event writer, and what the control plane may ask of them.
public final class Daemon: Sendable {
    private let configuration: Configuration
    private let logger: Logger
    private let workers: [WorkerHandle]
    private let events: EventQueue
    private let writer: EventWriter
    private let rules: Mutex<Rules>
    private let isReloading = Atomic<Bool>(false)
    private let started = ContinuousClock.now
    /// Which containers run, and what their runtimes say.
    public let containers: ContainerWatch

    public struct Reload: Sendable {
        public let rules: RuleLoader.Result
        /// Rules that ran before and are not in the files any more: deleted, emptied, or switched off.
        public let removed: Int
    }

    private struct Rules {
        var loaded: RuleLoader.Result
        var containers = InventorySnapshot.none
        /// Of `loaded.policy`.
        var memory = PolicyCompiler.Memory()
        var reloads = 0
    }

    /// Loads the rules, opens every queue and starts judging.
    /// - Throws: `ConfigurationError`, `NFQueueError` or `EventSinkError`, with nothing left running.
    public init(configuration: Configuration, logger: Logger, onFailure: @escaping @Sendable (String) -> Void) throws {
        var configuration = configuration
        configuration.pipeline.flow.prepareForLive(workers: configuration.queues.count)
        let loaded = try RuleLoader(configuration: configuration).load(previous: nil)
        Self.returnFreeMemory()
        for diagnostic in loaded.diagnostics { logger.warning("\(diagnostic.description)") }
        Self.log(loaded.policy, logger)
        var queues: [OpenQueue] = []
        for number in configuration.queues {
            queues.append(OpenQueue(try NFQueue(configuration.queueConfiguration(number))))
        }
        events = EventQueue(capacity: 65_536)
        let containers = ContainerWatch(configuration.containers) { line, isWarning in
            logger.log(level: isWarning ? .warning : .info, "containers: \(line)")
        }
        self.containers = containers
        let writer = try EventWriter(
            queue: events, path: configuration.eventsPath,
            inventory: configuration.recordsContainers ? containers.inventory : nil, logger: logger)
        writer.start()
        self.writer = writer
        let injector = try? ResetInjector()
        if injector == nil { logger.warning("no raw socket (CAP_NET_RAW): reject rules drop without a reset") }

        var handles: [WorkerHandle] = []
        let scopes = loaded.policy.table(.none)
        let (hosts, expectations) = (HostState(), Expectations())
        var workerConfiguration = configuration
        // Nobody reads them.
        if configuration.eventsPath == nil { workerConfiguration.pipeline.recordsTraffic = false }
        for (number, open) in zip(configuration.queues, queues) {
            let handle = WorkerHandle(number: number)
            handles.append(handle)
            for warning in open.warnings { logger.warning("queue \(number): \(warning)") }
            WorkerThread.start(
                open, configuration: workerConfiguration, ruleSet: loaded.ruleSet, scopes: scopes, injector: injector,
                handle: handle,
                hosts: hosts, expectations: expectations, events: events, onFailure: onFailure)
        }
        self.configuration = configuration
        self.logger = logger
        workers = handles
        rules = Mutex(Rules(loaded: loaded))
    }

    public var mode: PipelineConfiguration.Mode { configuration.mode }
    public var loadedRules: RuleLoader.Result { rules.withLock { $0.loaded } }
    public var reloads: Int { rules.withLock { $0.reloads } }
    public var uptimeSeconds: Double { (ContinuousClock.now - started).seconds }
    public var lostEvents: UInt64 { events.lost }

    /// Every worker has turned its loop lately; what the watchdog is told.
    public var isAlive: Bool { workers.allSatisfy { $0.isAlive(within: 10) } }

    /// Builds the rules anew beside the running set and exchanges it; returns when every worker runs the new one.
    /// - Throws: `ConfigurationError` when the files can't be read, or a reload is under way: the old set goes on.
    public func reload() async throws -> Reload {
        guard isReloading.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { throw ConfigurationError(file: "reload", message: "another reload is under way") }
        defer { isReloading.store(false, ordering: .releasing) }
        let loader = RuleLoader(configuration: configuration)
        let previous = loadedRules.ruleSet
        let loaded = try loader.load(previous: previous)
        try Self.check(loaded, against: previous)
        try Self.check(loaded.policy.policy, against: loadedRules.policy.policy)
        rules.withLock {
            $0.loaded = loaded
            $0.reloads += 1
            // Under the lock: tables that are made later are for the new rules and follow them in each mailbox.
            $0.memory = PolicyCompiler.Memory()
            let scopes = loaded.policy.table($0.containers, &$0.memory)
            for worker in workers { worker.mailbox.post(.adopt(loaded.ruleSet, scopes)) }
        }
        for worker in workers {
            await withCheckedContinuation { continuation in
                worker.mailbox.post(.reach(reply: { continuation.resume() }))
            }
        }
        let removed = Self.removed(loaded.ruleSet, from: previous)
        logger.info("reloaded: \(loaded.loaded) rules, \(loaded.failed) failed, \(removed) went away, \(loaded.seconds) s")
        Self.log(loaded.policy, logger)
        if removed > 0 { logger.warning("\(removed) rules that ran before the reload are not in the files any more") }
        _ = consume previous
        Self.returnFreeMemory()
        return Reload(rules: loaded, removed: removed)
    }

    /// Follows the containers until the task is cancelled: flows and events name their ends by them.
    public func followContainers() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.containers.run() }
            group.addTask {
                for await snapshot in self.containers.inventory.changes() { self.adopt(snapshot) }
            }
            await group.waitForAll()
        }
    }

    /// The containers that run: every worker knows where they are, and what the policy says of them, before it judges
    /// its next batch. The policy comes first, so that no flow has a container that the table does not list.
    public func adopt(_ containers: InventorySnapshot) {
        let map = ContainerMap(containers)
        rules.withLock {
            $0.containers = containers
            let scopes = $0.loaded.policy.table(containers, &$0.memory)
            for worker in workers {
                worker.mailbox.post(.adoptScopes(scopes))
                worker.mailbox.post(.adoptContainers(map))
            }
        }
    }

    /// One that runs, or ran not long ago.
    public func container(_ number: ContainerNumber) -> Container? {
        rules.withLock { $0.containers[number.rawValue] } ?? containers.inventory.container(number: number.rawValue)
    }

    /// What each worker has seen since it was asked last.
    func tallies() async -> [PatchTally] {
        var result: [PatchTally] = []
        for worker in workers {
            result.append(
                await withCheckedContinuation { continuation in
                    worker.mailbox.post(.tally(reply: { continuation.resume(returning: $0) }))
                })
        }
        return result
    }

    /// What each worker's rules have cost since the rule set was taken up.
    func ruleCosts() async -> [RuleCosts] {
        var costs: [RuleCosts] = []
        for worker in workers {
            costs.append(
                await withCheckedContinuation { continuation in
                    worker.mailbox.post(.ruleCosts(reply: { continuation.resume(returning: $0) }))
                })
        }
        return costs
    }

    /// The containers that run, as the policy in force knows them.
    var runningContainers: InventorySnapshot { rules.withLock { $0.containers } }

    func record(_ event: Event) { events.push([event]) }

    /// What holds now, for the containers that run.
    public var policyReport: PolicyReport { rules.withLock { PolicyReport($0.loaded.policy, $0.containers) } }

    /// A policy that is gone is no wish to have none.
    static func check(_ policy: Policy, against previous: Policy) throws(ConfigurationError) {
        guard policy.file.isEmpty, !previous.file.isEmpty else { return }
        throw ConfigurationError(file: previous.file, message: "no such file; write an empty one to have no policy")
    }

    private static func log(_ compiler: PolicyCompiler, _ logger: Logger) {
        let policy = compiler.policy
        guard !policy.file.isEmpty else { return }
        logger.info(
            "policy \(policy.file): \(policy.lines.count) lines, \(policy.exceptions.count) exceptions, \(compiler.leftOut.count) patches left out")
    }

    /// What reading and compiling took beside the rules themselves goes back to the kernel.
    private static func returnFreeMemory() { malloc_trim(0) }

    /// Rules of the old set that the new one does not have, by gid and sid.
    static func removed(_ new: RuleSet, from old: RuleSet) -> Int {
        func keys(_ set: RuleSet) -> Set<UInt64> { Set(set.rules.map { UInt64($0.rule.gid) << 32 | UInt64($0.rule.sid) }) }
        return keys(old).subtracting(keys(new)).count
    }

    /// An edit gone wrong must not take protection away: a rule that runs now and can't be loaded any more
    /// stops the reload.
    static func check(_ loaded: RuleLoader.Result, against previous: RuleSet) throws(ConfigurationError) {
        let lost = Set(previous.rules.map(\.rule.sid)).subtracting(loaded.ruleSet.rules.map(\.rule.sid))
        for diagnostic in loaded.diagnostics where diagnostic.severity == .error {
            let place = diagnostic.location
            guard diagnostic.sid.map(lost.contains) ?? !lost.isEmpty else { continue }
            throw ConfigurationError(
                file: place.file, line: place.line, column: place.column,
                message: "\(diagnostic.sid.map { "sid \($0)" } ?? "a rule"), running now, can't be loaded: "
                    + diagnostic.message)
        }
        guard loaded.loaded > 0 || loaded.failed == 0 else {
            throw ConfigurationError(file: "reload", message: "none of \(loaded.failed) rules can be loaded")
        }
    }

    /// Opens the event file by its name again, after it was moved away.
    /// - Throws: `EventSinkError`; the events go on into the old file.
    public func reopenEvents() throws { try writer.reopen() }

    public func snapshots() async -> [WorkerSnapshot] {
        var result: [WorkerSnapshot] = []
        for worker in workers {
            result.append(
                await withCheckedContinuation { continuation in
                    worker.mailbox.post(.snapshot(reply: { continuation.resume(returning: $0) }))
                })
        }
        let kernel = (try? QueueStatus.all()) ?? []
        for index in result.indices { result[index].kernel = kernel.first { $0.queue == result[index].queue } }
        return result
    }

    /// The rules that cost most since the start or their last change.
    public func ruleCosts(by order: RuleCost.Order, limit: Int) async -> [RuleCost] {
        RuleCost.top(await ruleCosts(), of: loadedRules.ruleSet, by: order, limit: limit)
    }

    /// At most `limit` flows over all workers.
    public func flows(limit: Int) async -> [FlowSummary] {
        var result: [FlowSummary] = []
        for worker in workers where result.count < limit {
            let left = limit - result.count
            result += await withCheckedContinuation { continuation in
                worker.mailbox.post(.flows(limit: left, reply: { continuation.resume(returning: $0) }))
            }
        }
        return result
    }

    /// The remembered decisions of all workers, oldest first.
    public func decisions() async -> [Decision] {
        var result: [Decision] = []
        for worker in workers {
            result += await withCheckedContinuation { continuation in
                worker.mailbox.post(.decisions(reply: { continuation.resume(returning: $0) }))
            }
        }
        return result.sorted { $0.time < $1.time }
    }

    public func unblock(_ selector: FlowSelector) async -> Int {
        var count = 0
        for worker in workers {
            count += await withCheckedContinuation { continuation in
                worker.mailbox.post(.unblock(selector, reply: { continuation.resume(returning: $0) }))
            }
        }
        return count
    }

    /// Writes a `stats` record of all workers together.
    public func writeStats() async {
        let now = Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
        let values = Self.sum(await snapshots())
        events.push([StatsRecord.event(values, uptimeSeconds: UInt64(uptimeSeconds), time: now)])
    }

    /// Counters of all workers added up by name, with the queues' own.
    public static func sum(_ snapshots: [WorkerSnapshot]) -> [(name: String, value: UInt64)] {
        guard let first = snapshots.first else { return [] }
        var totals = first.namedValues
        for snapshot in snapshots.dropFirst() {
            for (index, value) in snapshot.namedValues.enumerated() { totals[index].value &+= value.value }
        }
        return totals
    }

    /// Ends the workers in order: their flows' records are written, then the events are flushed.
    public func stop() async {
        for worker in workers { worker.mailbox.post(.stop) }
        for worker in workers { await worker.ended() }
        events.close()
        await writer.ended()
    }
}

extension FlowTableConfiguration {
    /// A key that nobody outside can know, and each worker's share of the memory.
    mutating func prepareForLive(workers: Int) {
        hashSeed = (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max))
        memcapBytes = max(memcapBytes / max(workers, 1), 1 << 16)
    }
}

extension Configuration {
    func queueConfiguration(_ number: UInt16) -> NFQueueConfiguration {
        var result = NFQueueConfiguration(queueNumber: number)
        result.failsOpen = failsOpen
        result.maximumLength = queueLength
        result.receiveBufferBytes = receiveBufferBytes
        return result
    }
}
