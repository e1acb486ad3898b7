import LocalHTTP
import Synchronization

/// Follows one runtime that answers Docker's API: a stream of events says which containers to ask about. When the stream
/// breaks everything is asked for anew; what was known counts until then.
final class DockerFollower: Sendable {
    let socket: String
    private let api: DockerAPI
    private let tracker: Tracker
    private let status: RuntimeStatusBoard
    private let timing: Timing
    private let memory = Mutex(Memory())

    struct Timing: Sendable {
        var firstPause = Duration.milliseconds(100)
        var longestPause = Duration.seconds(2)
        /// Between looks whether it still answers and no event was lost.
        var checkInterval = Duration.seconds(30)
    }

    private struct Memory {
        var runtime: Container.Runtime
        var source: Tracker.Source
        /// Digests by the image's id, as `name@sha256:…`.
        var digests: [String: [String]] = [:]
        /// Podman's, by container.
        var pods: [String: DockerAPI.PodmanListed] = [:]

        init() {
            runtime = .docker
            source = Tracker.Source(rank: .docker, place: "")
        }
    }

    private static let imageCapacity = 4096
    private static let concurrency = 4

    init(socket: String, runtime: Container.Runtime, tracker: Tracker, status: RuntimeStatusBoard, timing: Timing = Timing()) {
        self.socket = socket
        api = DockerAPI(socket: socket)
        self.tracker = tracker
        self.status = status
        self.timing = timing
        memory.withLock { memory in
            memory.runtime = runtime
            memory.source = Self.source(runtime, socket)
        }
    }

    private static func source(_ runtime: Container.Runtime, _ socket: String) -> Tracker.Source {
        Tracker.Source(rank: runtime == .podman ? .podman : .docker, place: socket)
    }

    private var source: Tracker.Source { memory.withLock { $0.source } }
    private var runtime: Container.Runtime { memory.withLock { $0.runtime } }

    /// Until the task is cancelled.
    func run() async {
        var pause = timing.firstPause
        while !Task.isCancelled {
            let started = ContinuousClock.now
            do {
                try await follow()
                lose("the stream of events ended")
            } catch {
                if Task.isCancelled { return }
                lose("\(error)", isAbsent: (error as? LocalHTTPFailure)?.isNotReached ?? false)
            }
            if ContinuousClock.now - started > timing.longestPause * 2 { pause = timing.firstPause }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, timing.longestPause)
        }
    }

    private func lose(_ reason: String, isAbsent: Bool = false) {
        tracker.setSilent(source)
        status.set(runtime.rawValue, socket, isAbsent ? .absent(reason) : .failed(reason))
    }

    private func follow() async throws {
        let isPodman = try await api.version().isPodman
        memory.withLock { memory in
            memory.runtime = isPodman ? .podman : .docker
            memory.source = Self.source(memory.runtime, socket)
        }
        let pending = PendingContainers()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Events that come while everything is asked for wait in the socket.
                try await self.api.follow {
                    try await self.synchronize()
                } onEvent: { event in
                    self.note(event, pending)
                }
            }
            group.addTask {
                for await _ in pending.signals { try await self.update(pending.take()) }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: self.timing.checkInterval)
                    try await self.check(pending)
                }
            }
            // The first that ends or fails ends the others.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Events that change who runs and where.
    private static let actions: Set<String> = [
        "create", "init", "start", "restart", "die", "died", "stop", "destroy", "remove", "rename", "update", "connect",
        "disconnect",
    ]

    private func note(_ event: DockerAPI.Event, _ pending: PendingContainers) {
        guard let action = event.Action, Self.actions.contains(action), let id = event.container, Container.isID(id) else { return }
        let pod = event.Actor?.Attributes?["podId"] ?? ""
        pending.insert(id, mayHavePod: !pod.isEmpty)
    }

    private func synchronize() async throws {
        let ids = try await api.list(of: runtime).lazy.map(\.Id).filter(Container.isID).prefix(Tracker.containersPerSource)
        if runtime == .podman { try await learnPods() }
        let containers = try await describe(Array(ids))
        tracker.set(containers.compactMap(\.container), from: source)
        status.set(runtime.rawValue, socket, .following)
    }

    private func update(_ batch: PendingContainers.Batch) async throws {
        if batch.mayHavePods, runtime == .podman { try await learnPods() }
        for (id, container) in try await describe(Array(batch.ids)) { tracker.set(id, to: container, from: source) }
    }

    /// A runtime that hangs is found out, and an event that was lost is made up for.
    private func check(_ pending: PendingContainers) async throws {
        let listed = try await api.list(of: runtime).map(\.Id).filter(Container.isID)
        let known = tracker.ids(from: source)
        for id in known.symmetricDifference(listed).prefix(Tracker.containersPerSource) { pending.insert(id, mayHavePod: true) }
    }

    private func learnPods() async throws {
        let listed = try await api.pods().prefix(Tracker.containersPerSource)
        memory.withLock { $0.pods = Dictionary(listed.map { ($0.Id, $0) }, uniquingKeysWith: { first, _ in first }) }
    }

    private func describe(_ ids: [String]) async throws -> [(id: String, container: Container?)] {
        try await withThrowingTaskGroup(of: (id: String, container: Container?).self) { group in
            var result: [(id: String, container: Container?)] = []
            var waiting = ids.makeIterator()
            for _ in 0..<Self.concurrency {
                guard let id = waiting.next() else { break }
                group.addTask { (id, try await self.describe(id)) }
            }
            while let described = try await group.next() {
                result.append(described)
                if let id = waiting.next() { group.addTask { (id, try await self.describe(id)) } }
            }
            return result
        }
    }

    private func describe(_ id: String) async throws -> Container? {
        guard let inspected = try await api.inspect(id) else { return nil }
        guard inspected.Id == id, var container = Container(inspected, runtime: runtime) else {
            throw DockerFailure.unreadable("/containers/\(id)/json")
        }
        if container.digest == nil, let image = container.imageID {
            container.digest = await digest(of: image, named: container.image)
        }
        if let pod = memory.withLock({ $0.pods[id] }) {
            container.pod = pod.PodName.flatMap { $0.isEmpty ? nil : Container.clean($0) }
            container.isSandbox = pod.IsInfra ?? false
        }
        return container
    }

    /// As the registry that the image's name speaks of has it; else any other's.
    private func digest(of image: String, named name: String) async -> String? {
        guard Container.isID(image.replacing("sha256:", with: "")) else { return nil }
        var known = memory.withLock { $0.digests[image] }
        if known == nil, let read = try? await api.image(image) {
            let digests = Array((read.RepoDigests ?? []).map(Container.clean).prefix(64))
            memory.withLock { memory in
                if memory.digests.count >= Self.imageCapacity { memory.digests = [:] }
                memory.digests[image] = digests
            }
            known = digests
        }
        let repository = ImageName.repository(name)
        let best = known?.first { ImageName.repository($0) == repository } ?? known?.first
        return best.flatMap(ImageName.digest)
    }
}

extension LocalHTTPFailure {
    fileprivate var isNotReached: Bool { if case .notReached = self { true } else { false } }
}
