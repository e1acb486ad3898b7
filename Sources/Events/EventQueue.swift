import Synchronization

/// A bounded mailbox between the workers and the writer. A worker never waits for the writer: what
/// does not fit is counted as lost.
public final class EventQueue: Sendable {
    private struct State {
        var events: [Event] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let lostCount = Atomic<UInt64>(0)

    public init(capacity: Int) { self.capacity = capacity }

    /// Events that did not fit.
    public var lost: UInt64 { lostCount.load(ordering: .relaxed) }

    public func push(_ events: [Event]) {
        let lost = state.withLock { state in
            let room = max(0, capacity - state.events.count)
            state.events += events.prefix(room)
            return max(0, events.count - room)
        }
        if lost > 0 { lostCount.add(UInt64(lost), ordering: .relaxed) }
    }

    /// Counts events that were taken and could not be written.
    public func countLost(_ count: Int) { lostCount.add(UInt64(count), ordering: .relaxed) }

    /// Everything that is there, oldest first, and whether `close()` has been called.
    public func take() -> (events: [Event], isClosed: Bool) {
        state.withLock { state in
            let taken = state.events
            state.events = []
            return (taken, state.isClosed)
        }
    }

    public func close() { state.withLock { $0.isClosed = true } }
}
