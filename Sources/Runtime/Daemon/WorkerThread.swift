import Detection
import Events
import Foundation
import Inspection
import PacketIO
import Synchronization

/// An open queue on its way to the thread that will own it.
final class OpenQueue: Sendable {
    private let queue: Mutex<NFQueue?>
    let warnings: [String]

    init(_ queue: consuming sending NFQueue) {
        warnings = queue.warnings.map(\.description)
        self.queue = Mutex(queue)
    }

    func take() -> sending NFQueue? {
        queue.withLock { $0.take() }
    }
}

/// A value that leaves with whoever takes it: a thread's closure, which lives as long as the thread, does not keep it.
private final class Handover<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value) { self.value = Mutex(value) }

    func take() -> Value? { value.withLock { $0.take() } }
}

/// Starts a worker on a thread of its own.
enum WorkerThread {
    static func start(
        _ open: OpenQueue, configuration: Configuration, ruleSet: RuleSet, scopes: ScopeTable, injector: ResetInjector?,
        handle: WorkerHandle, hosts: HostState, expectations: Expectations, events: EventQueue, onFailure: @escaping @Sendable (String) -> Void
    ) {
        let firstRules = Handover((ruleSet, scopes))
        let thread = Thread {
            defer { handle.finish() }
            guard let queue = open.take(), let pipeline = firstRules.take().map({
                Pipeline(
                    configuration: configuration.effectivePipeline, ruleSet: $0.0, scopes: $0.1, hosts: hosts,
                    expectations: expectations, clock: .system)
            }) else { return }
            let worker = Worker(
                queue: queue, pipeline: pipeline, injector: injector, handle: handle, events: events)
            do throws(NFQueueError) {
                try worker.run()
            } catch {
                onFailure(error.description)
            }
        }
        thread.name = "queue-\(handle.number)"
        // Regular expressions and rule steps recurse within their limits; musl-sized stacks would be too small.
        thread.stackSize = 8 << 20
        thread.start()
    }
}
