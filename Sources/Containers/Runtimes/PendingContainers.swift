import Synchronization

/// Ids of containers that something has happened to and that wait to be asked about, each once.
final class PendingContainers: Sendable {
    struct Batch {
        var ids: Set<String> = []
        /// One of them may be in a pod that is not known yet.
        var mayHavePods = false
    }

    private let batch = Mutex(Batch())
    /// Yields when something waits.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() { (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func insert(_ id: String, mayHavePod: Bool) {
        batch.withLock { batch in
            guard batch.ids.count < Tracker.containersPerSource else { return }
            batch.ids.insert(id)
            if mayHavePod { batch.mayHavePods = true }
        }
        signal.yield()
    }

    func take() -> Batch {
        batch.withLock { batch in
            defer { batch = Batch() }
            return batch
        }
    }
}
