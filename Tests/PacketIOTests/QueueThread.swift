import Foundation
import Synchronization
import TestSupport

@testable import PacketIO

/// A thread that owns a queue in a namespace and judges its packets until it is stopped.
final class QueueThread: Sendable {
    struct Answer {
        var verdict = QueueVerdict.accept
        var mark: UInt32? = nil
        var replacement: [UInt8] = []
    }

    struct Result {
        var statistics = NFQueueStatistics()
        var failure: String?
    }

    private let stopped = Atomic(false)
    private let result = Mutex(Result())
    private let finished = DispatchSemaphore(value: 0)

    /// Returns when the queue is bound.
    init(
        namespace: String, configuration: NFQueueConfiguration,
        judge: @escaping @Sendable (QueuedPacket, Span<UInt8>) -> Answer
    ) throws {
        let bound = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            do {
                try TestTopology.inNamespace(namespace) {
                    var queue = try NFQueue(configuration)
                    bound.signal()
                    try run(&queue, judge)
                    queue.refreshOverruns()
                    let statistics = queue.statistics
                    result.withLock { $0.statistics = statistics }
                }
            } catch {
                result.withLock { $0.failure = "\(error)" }
                bound.signal()
            }
            finished.signal()
        }
        bound.wait()
        if let failure = result.withLock({ $0.failure }) { throw Failure(description: failure) }
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    private func run(_ queue: inout NFQueue, _ judge: (QueuedPacket, Span<UInt8>) -> Answer) throws {
        while !stopped.load(ordering: .relaxed) {
            let count = try queue.receive(timeoutMilliseconds: 20)
            for index in 0..<count {
                let packet = queue.packet(at: index)
                let answer = judge(packet, queue.payload(at: index))
                try queue.setVerdict(
                    answer.verdict, packetID: packet.id, mark: answer.mark, replacing: answer.replacement.span)
            }
            try queue.flush()
        }
    }

    /// Closes the queue and returns what it counted.
    func stop() throws -> NFQueueStatistics {
        stopped.store(true, ordering: .relaxed)
        finished.wait()
        let result = result.withLock { $0 }
        if let failure = result.failure { throw Failure(description: failure) }
        return result.statistics
    }
}
