import Foundation
import PacketIO
import Synchronization

/// The least that an IPS can do: takes packets from a queue in batches and accepts every one of them, on a thread
/// of its own. GSO packets and batched verdicts as in the daemon, so that the difference is the engine.
final class AcceptLoop: Sendable {
    private let configuration: NFQueueConfiguration
    private let isStopping = Atomic<Bool>(false)
    private let outcome = Mutex<Outcome?>(nil)
    private let opened = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    struct Outcome {
        var statistics = NFQueueStatistics()
        var failure: String?
    }

    init(_ configuration: NFQueueConfiguration) { self.configuration = configuration }

    /// Returns once the queue is open.
    func start() throws {
        let thread = Thread { self.run() }
        thread.name = "queue-\(configuration.queueNumber)"
        thread.start()
        opened.wait()
        if let failure = outcome.withLock({ $0?.failure }) { throw Failure.unmet(failure) }
    }

    /// Ends the loop and gives what it has seen.
    func stop() -> Outcome {
        isStopping.store(true, ordering: .relaxed)
        ended.wait()
        return outcome.withLock { $0 } ?? Outcome()
    }

    private func run() {
        defer { ended.signal() }
        var result = Outcome()
        do throws(NFQueueError) {
            var queue = try NFQueue(configuration)
            opened.signal()
            defer {
                queue.refreshOverruns()
                result.statistics = queue.statistics
            }
            while !isStopping.load(ordering: .relaxed) {
                let count = try queue.receive(timeoutMilliseconds: 100)
                for index in 0..<count { try queue.setVerdict(.accept, packetID: queue.packet(at: index).id) }
                try queue.flush()
            }
        } catch {
            result.failure = error.description
        }
        outcome.withLock { $0 = result }
        if result.failure != nil { opened.signal() }
    }
}
