import Foundation
import Synchronization

/// What has to go when the run ends, however it ends: processes that were started here, namespaces, folders.
final class Cleanup: Sendable {
    private struct State {
        var processes: Set<Int32> = []
        var namespaces: Set<String> = []
        var folders: Set<String> = []
        var isOver = false
    }

    private let state = Mutex(State())

    func add(process: Int32) { change { $0.processes.insert(process) } }
    func remove(process: Int32) { change { $0.processes.remove(process) } }
    func add(namespace: String) { change { $0.namespaces.insert(namespace) } }
    func remove(namespace: String) { change { $0.namespaces.remove(namespace) } }
    func add(folder: String) { change { $0.folders.insert(folder) } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }

    /// Ends and removes everything; may be called from any thread, and only the first call does something.
    func run() {
        let last = state.withLock { state -> State in
            let last = state.isOver ? State() : state
            state = State()
            state.isOver = true
            return last
        }
        for process in last.processes { kill(process, SIGTERM) }
        for namespace in last.namespaces { _ = try? Command.run(["ip", "netns", "delete", namespace]) }
        for folder in last.folders { try? FileManager.default.removeItem(atPath: folder) }
    }
}
