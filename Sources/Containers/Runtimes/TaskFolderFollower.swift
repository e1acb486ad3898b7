import CRouteNetlink
import Foundation
import Glibc
import Synchronization

/// Follows containerd by the folders of its tasks, `ROOT/NAMESPACE/ID` with `config.json` and `init.pid`: the process is
/// known there before it is started. Kubernetes' names come from the annotations that the CRI leaves in `config.json`.
/// A thread of its own waits for notices of the file system.
final class TaskFolderFollower: Sendable {
    private let root: String
    private let tracker: Tracker
    private let status: RuntimeStatusBoard
    private let wake: Int32
    private let isStopping = Atomic<Bool>(false)
    /// Between looks for a root that is not there.
    private static let retryMilliseconds: Int32 = 1000

    init(root: String, tracker: Tracker, status: RuntimeStatusBoard) {
        self.root = root
        self.tracker = tracker
        self.status = status
        wake = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    deinit { close(wake) }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "containerd"
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        _ = eventfd_write(wake, 1)
    }

    private func run() {
        guard let notices = DirectoryNotices() else {
            return status.set("containerd", root, .failed("inotify: no instance is left (fs.inotify.max_user_instances)"))
        }
        let source = Tracker.Source(rank: .containerd, place: root)
        var tasks = TaskFolders(root: root, notices: notices)
        while !isStopping.load(ordering: .acquiring) {
            if !tasks.isWatched {
                tasks.open()
                if tasks.isWatched {
                    tracker.set(tasks.all, from: source)
                    // Their processes say whether they live: folders of tasks that have ended may stay.
                    tracker.setSilent(source)
                    status.set("containerd", root, .following)
                } else {
                    status.set("containerd", root, .absent("no such folder"))
                }
            }
            wait(for: notices.descriptor, milliseconds: tasks.isWatched ? -1 : Self.retryMilliseconds)
            let came = notices.take()
            if came.contains(where: \.isOverflow) {
                tasks = TaskFolders(root: root, notices: notices)
                continue
            }
            for notice in came {
                for (id, container) in tasks.take(notice) { tracker.set(id, to: container, from: source) }
            }
            if !tasks.isWatched {
                tracker.set([], from: source)
                tracker.setSilent(source)
            }
        }
    }

    private func wait(for descriptor: Int32, milliseconds: Int32) {
        var waiting = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // SAFETY: poll reads and writes the array's entries during the call.
        _ = unsafe poll(&waiting, nfds_t(waiting.count), milliseconds)
    }
}
