/// Keeps an inventory of the containers of this host up, from all runtimes that there are. Works without any.
public final class ContainerWatch: Sendable {
    public let inventory = Inventory()
    private let tracker: Tracker
    private let status: RuntimeStatusBoard
    private let followers: [DockerFollower]
    private let folders: [TaskFolderFollower]

    /// - Parameter report: a line for the log, and whether it is a warning.
    public init(_ settings: ContainerSettings, report: @escaping @Sendable (String, _ isWarning: Bool) -> Void) {
        let tracker = Tracker(inventory: inventory) { report($0, true) }
        let status = RuntimeStatusBoard(report: report)
        self.tracker = tracker
        self.status = status
        var places: [(String, Container.Runtime)] = []
        if settings.kinds.contains(.docker) { places += settings.dockerSockets.map { ($0, .docker) } }
        if settings.kinds.contains(.podman) { places += settings.podmanSockets.map { ($0, .podman) } }
        followers = places.map { DockerFollower(socket: $0, runtime: $1, tracker: tracker, status: status) }
        folders =
            settings.kinds.contains(.containerd)
            ? settings.containerdFolders.map { TaskFolderFollower(root: $0, tracker: tracker, status: status) } : []
    }

    public var runtimes: [RuntimeStatus] { status.all }

    /// Follows the runtimes until the task is cancelled, in the network namespace of the calling process.
    public func run() async {
        guard !followers.isEmpty || !folders.isEmpty else { return }
        tracker.start()
        for folder in folders { folder.start() }
        defer {
            for folder in folders { folder.stop() }
            tracker.stop()
        }
        await withTaskGroup(of: Void.self) { group in
            for follower in followers { group.addTask { await follower.run() } }
            // Folders are followed by threads of their own.
            group.addTask { for await _ in AsyncStream<Never>.makeStream().stream {} }
            await group.waitForAll()
        }
    }
}
