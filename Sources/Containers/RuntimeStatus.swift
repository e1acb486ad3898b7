public import Foundation
import Synchronization

/// Whether one runtime can be followed.
public struct RuntimeStatus: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case following
        /// Nobody answers at its place: it is not installed, or does not run.
        case absent(String)
        /// It answers something else than it should, too late, or not any more.
        case failed(String)
    }

    public var runtime: String
    /// The socket, or the folder.
    public var place: String
    public var state: State
    public var since: Date
}

/// What is said of the runtimes: each change once.
final class RuntimeStatusBoard: Sendable {
    private struct Board {
        var entries: [String: RuntimeStatus] = [:]
        /// Those that were followed before: that they are absent is worth a word.
        var wereFollowed: Set<String> = []
    }

    private let board = Mutex(Board())
    private let report: @Sendable (String, _ isWarning: Bool) -> Void

    init(report: @escaping @Sendable (String, _ isWarning: Bool) -> Void) { self.report = report }

    var all: [RuntimeStatus] { board.withLock { $0.entries.values.sorted { ($0.runtime, $0.place) < ($1.runtime, $1.place) } } }

    func set(_ runtime: String, _ place: String, _ state: RuntimeStatus.State) {
        let isNews = board.withLock { board in
            let previous = board.entries[place]
            guard previous?.state != state || previous?.runtime != runtime else { return false }
            board.entries[place] = RuntimeStatus(runtime: runtime, place: place, state: state, since: Date())
            defer { if state == .following { board.wereFollowed.insert(place) } }
            switch state {
            case .following: return true
            // The reason changes from try to try; the first is the one to tell.
            case .failed: if case .failed? = previous?.state { return false } else { return true }
            case .absent:
                guard board.wereFollowed.contains(place) else { return false }
                if case .following? = previous?.state { return true } else { return false }
            }
        }
        guard isNews else { return }
        switch state {
        case .following: report("\(runtime) at \(place) is followed", false)
        case .absent(let reason), .failed(let reason):
            report("\(runtime) at \(place) can't be followed; what was known of its containers stays: \(reason)", true)
        }
    }
}
