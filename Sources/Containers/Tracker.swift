import CRouteNetlink
import Foundation
import Glibc
import Synchronization

/// Puts together what runtimes say of containers and the kernel of their places, and keeps the inventory up.
/// A thread of its own waits for both.
final class Tracker: Sendable {
    /// Who says what a container is; the first one that knows it counts, the others fill in what it leaves out.
    struct Source: Hashable, Sendable {
        enum Rank: Int, Sendable { case docker, podman, containerd }
        let rank: Rank
        let place: String
    }

    private struct State {
        var sources: [Source: [String: Container]] = [:]
        /// Cannot be asked now: what it said last counts as long as the processes live.
        var silent: Set<Source> = []
        var hasChanged = true
        var isStopping = false
    }

    private let state = Mutex(State())
    private let inventory: Inventory
    private let report: @Sendable (String) -> Void
    /// An eventfd that wakes the thread.
    private let wake: Int32
    /// Changes closer to each other than this are published together.
    private static let interval = Duration.milliseconds(10)
    /// Containers of one source that are taken up.
    static let containersPerSource = 10_000

    init(inventory: Inventory, report: @escaping @Sendable (String) -> Void) {
        self.inventory = inventory
        self.report = report
        wake = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    deinit { close(wake) }

    // MARK: Sources

    /// Everything that a source knows.
    func set(_ containers: [Container], from source: Source) {
        change { state in
            let limited = containers.prefix(Self.containersPerSource)
            state.sources[source] = Dictionary(limited.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            state.silent.remove(source)
        }
    }

    /// One container of a source; nil when it has gone.
    func set(_ id: String, to container: Container?, from source: Source) {
        change { state in
            guard container == nil || state.sources[source, default: [:]].count < Self.containersPerSource else { return }
            state.sources[source, default: [:]][id] = container
        }
    }

    func ids(from source: Source) -> Set<String> { state.withLock { Set(($0.sources[source] ?? [:]).keys) } }

    func setSilent(_ source: Source) { change { $0.silent.insert(source) } }

    func stop() { change { $0.isStopping = true } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.hasChanged = true
        }
        _ = eventfd_write(wake, 1)
    }

    // MARK: The thread

    func start() {
        let thread = Thread { self.run() }
        thread.name = "containers"
        thread.start()
    }

    private func run() {
        var kernel = openKernel()
        var lookAgain: ContinuousClock.Instant?
        var published = ContinuousClock.now - .seconds(1)
        while true {
            wait(for: kernel?.descriptor, until: lookAgain)
            let rest = Self.interval - (ContinuousClock.now - published)
            if rest > .zero { Thread.sleep(forTimeInterval: rest.seconds) }
            var count: eventfd_t = 0
            // SAFETY: eight bytes are written to a live local variable.
            _ = unsafe eventfd_read(wake, &count)
            do {
                let hasMoved = try kernel?.takeNotices() ?? false
                let isDue = lookAgain.map { ContinuousClock.now >= $0 } ?? false
                let (hasChanged, isStopping) = state.withLock { state in
                    defer { state.hasChanged = false }
                    return (state.hasChanged, state.isStopping)
                }
                if isStopping { return }
                guard hasChanged || hasMoved || isDue else { continue }
                published = .now
                var containers = merged()
                lookAgain = try kernel?.place(&containers)
                inventory.replace(with: containers)
            } catch {
                report("\(error); containers' ports are asked for anew")
                kernel = openKernel()
                lookAgain = .now + .seconds(1)
            }
        }
    }

    private func openKernel() -> KernelView? {
        do throws(RouteFailure) {
            let kernel = try KernelView()
            if !kernel.seesAllNamespaces {
                report("no CAP_NET_BROADCAST: addresses that containers give themselves show late")
            }
            return kernel
        } catch {
            report("\(error); containers are known by the addresses that their runtimes tell")
            return nil
        }
    }

    private func wait(for descriptor: Int32?, until instant: ContinuousClock.Instant?) {
        var waiting = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        if let descriptor { waiting.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)) }
        var milliseconds: Int32 = -1
        if let instant { milliseconds = Int32(clamping: Int64(max(0, (instant - .now).seconds * 1000).rounded(.up))) }
        // SAFETY: poll reads and writes the array's entries during the call.
        _ = unsafe poll(&waiting, nfds_t(waiting.count), milliseconds)
    }

    /// The containers that run, as all sources together describe them.
    private func merged() -> [Container] {
        let (sources, silent) = state.withLock { ($0.sources, $0.silent) }
        var result: [String: Container] = [:]
        for (source, containers) in sources.sorted(by: { ($0.key.rank.rawValue, $0.key.place) < ($1.key.rank.rawValue, $1.key.place) }) {
            for (id, container) in containers {
                if silent.contains(source), let process = container.processID, kill(process, 0) != 0, errno == ESRCH { continue }
                if result[id] == nil { result[id] = container } else { result[id]?.fill(from: container) }
            }
        }
        return result.values.filter { $0.processID != nil }
    }
}

extension Container {
    /// What another source knows of the same container.
    mutating func fill(from other: Container) {
        if processID == nil { processID = other.processID }
        digest = digest ?? other.digest
        imageID = imageID ?? other.imageID
        pod = pod ?? other.pod
        namespace = namespace ?? other.namespace
        if image.isEmpty { image = other.image }
        for address in other.addresses where !addresses.contains(address) { addresses.append(address) }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
