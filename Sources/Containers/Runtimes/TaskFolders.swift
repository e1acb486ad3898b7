import Foundation

/// The tasks in one of containerd's folders, and the watches on them.
struct TaskFolders {
    private enum Watched {
        case root
        case namespace(String)
        case task(namespace: String, id: String)
    }

    private let root: String
    private let notices: DirectoryNotices
    private var watched: [Int32: Watched] = [:]
    private var known: [String: Container] = [:]
    private(set) var isWatched = false

    init(root: String, notices: DirectoryNotices) {
        self.root = root
        self.notices = notices
    }

    var all: [Container] { Array(known.values) }

    /// Watches the root and all that is in it, when it is there.
    mutating func open() {
        guard let watch = notices.watch(root) else { return }
        isWatched = true
        watched[watch] = .root
        for name in Self.folders(in: root) { _ = openNamespace(name) }
    }

    /// - Returns: the containers that are different now; nil for gone.
    mutating func take(_ notice: DirectoryNotices.Notice) -> [(id: String, container: Container?)] {
        guard let place = watched[notice.watch] else { return [] }
        if notice.endsWatch {
            watched[notice.watch] = nil
            if case .root = place { close() }
            return []
        }
        switch place {
        case .root:
            return notice.isFolder && !notice.isGone ? openNamespace(notice.name) : []
        case .namespace(let namespace):
            guard notice.isFolder else { return [] }
            if notice.isGone {
                known[notice.name] = nil
                return [(notice.name, nil)]
            }
            return openTask(namespace, notice.name)
        case .task(let namespace, let id):
            guard notice.name == "init.pid" || notice.name == "config.json", !notice.isGone else { return [] }
            return read(namespace, id)
        }
    }

    private mutating func close() {
        isWatched = false
        watched = [:]
        known = [:]
    }

    private mutating func openNamespace(_ namespace: String) -> [(id: String, container: Container?)] {
        guard Container.isID(namespace), let watch = notices.watch("\(root)/\(namespace)") else { return [] }
        watched[watch] = .namespace(namespace)
        return Self.folders(in: "\(root)/\(namespace)").flatMap { openTask(namespace, $0) }
    }

    private mutating func openTask(_ namespace: String, _ id: String) -> [(id: String, container: Container?)] {
        guard Container.isID(id), known.count < Tracker.containersPerSource,
            let watch = notices.watch("\(root)/\(namespace)/\(id)")
        else { return [] }
        watched[watch] = .task(namespace: namespace, id: id)
        return read(namespace, id)
    }

    /// Without a process the task is not known yet, and with an unreadable description by its id alone.
    private mutating func read(_ namespace: String, _ id: String) -> [(id: String, container: Container?)] {
        let folder = "\(root)/\(namespace)/\(id)"
        guard let text = Self.contents("\(folder)/init.pid", limit: 32), let process = Int32(String(decoding: text, as: UTF8.self)),
            process > 0
        else { return [] }
        let description = Self.contents("\(folder)/config.json", limit: TaskDescription.maximumBytes)
            .flatMap { try? JSONDecoder().decode(TaskDescription.self, from: Data($0)) }
        // What can't be read has a network of its own, as most have.
        let assumed = TaskDescription(annotations: nil, linux: .init(namespaces: [.init(type: "network")]))
        let container = Container(
            id: id, namespace: namespace, processID: process, description ?? assumed, sandboxes: known.filter(\.value.isSandbox))
        known[id] = container
        return [(id, container)]
    }

    private static func folders(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    private static func contents(_ path: String, limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return Array(data)
    }
}
