import Synchronization

/// The containers of this host, kept up by whoever follows a runtime. Readers get immutable snapshots.
public final class Inventory: Sendable {
    /// Containers that have gone and are still known by number and id: flows outlive them.
    static let departedCapacity = 16_384

    private struct State {
        var generation: UInt32 = 0
        var lastNumber: UInt32 = 0
        /// Running ones, by id.
        var running: [String: Container] = [:]
        var departed = Departed(capacity: Inventory.departedCapacity)
        var snapshot = InventorySnapshot(generation: 0, containers: [])
        var listeners: [Int: AsyncStream<InventorySnapshot>.Continuation] = [:]
        var nextListener = 0

        /// Numbers are given in turn; after 2³² of them those of containers that are still known are passed over.
        mutating func number(of id: String) -> UInt32 {
            if let known = running[id]?.number ?? departed.number(of: id) { return known }
            repeat { lastNumber &+= 1 } while lastNumber == 0 || snapshot[lastNumber] != nil || departed[lastNumber] != nil
            return lastNumber
        }
    }

    private let state = Mutex(State())

    public init() {}

    public var snapshot: InventorySnapshot { state.withLock { $0.snapshot } }

    /// Each snapshot as it comes, the present one first. Who is slow gets the newest and misses those before it.
    public func changes() -> AsyncStream<InventorySnapshot> {
        let (stream, continuation) = AsyncStream<InventorySnapshot>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            continuation.yield(state.snapshot)
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// A container that runs, or one that ran not long ago.
    public func container(number: UInt32) -> Container? {
        state.withLock { $0.snapshot[number] ?? $0.departed[number] }
    }

    /// Puts `containers` in place of all that run. Each keeps its number by its id, also when it ran before.
    func replace(with containers: [Container]) {
        state.withLock { state in
            var running: [String: Container] = [:]
            for var container in containers {
                container.number = state.number(of: container.id)
                running[container.id] = container
            }
            guard running != state.running else { return }
            for (id, container) in state.running where running[id] == nil { state.departed.insert(container) }
            state.running = running
            state.generation &+= 1
            if state.generation == 0 { state.generation = 1 }
            state.snapshot = InventorySnapshot(generation: state.generation, containers: Array(running.values))
            for listener in state.listeners.values { listener.yield(state.snapshot) }
        }
    }
}
