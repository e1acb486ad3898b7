import Detection
import Events
import Foundation
import Inspection
import PacketIO
import Synchronization
import Wire

/// One queue, one thread, one engine: receives a batch, judges each packet, sends the verdicts together.
final class Worker {
    private var queue: NFQueue
    private let pipeline: Pipeline
    private let injector: ResetInjector?
    private let handle: WorkerHandle
    private let events: EventQueue
    private var isStopping = false

    init(
        queue: consuming NFQueue, pipeline: Pipeline, injector: ResetInjector?, handle: WorkerHandle,
        events: EventQueue
    ) {
        self.queue = queue
        self.pipeline = pipeline
        self.injector = injector
        self.handle = handle
        self.events = events
    }

    /// Judges packets until `.stop` comes.
    /// - Throws: when the queue's socket is lost; the kernel's failure policy then holds.
    func run() throws(NFQueueError) {
        while !isStopping {
            let count = try queue.receive(timeoutMilliseconds: 100)
            for message in handle.mailbox.take() { handle(message) }
            for index in 0..<count { try judge(index) }
            try queue.flush()
            if count == 0 { pipeline.tick(now: queue.receivedAt) }
            send(pipeline.takeInjections())
            publish()
            handle.beat()
        }
        pipeline.finish()
        publish()
    }

    private func judge(_ index: Int) throws(NFQueueError) {
        let packet = queue.packet(at: index)
        var metadata = PacketMetadata(
            time: queue.receivedAt, link: .rawIP,
            verifiesChecksums: packet.flags.isDisjoint(with: [.checksumNotReady]))
        metadata.inputInterface = packet.physicalInput != 0 ? packet.physicalInput : packet.inputInterface
        metadata.outputInterface = packet.physicalOutput != 0 ? packet.physicalOutput : packet.outputInterface
        let verdict = pipeline.process(queue.payload(at: index), metadata: metadata)
        switch verdict {
        case .accept, .bypass: try queue.setVerdict(.accept, packetID: packet.id)
        case .drop, .reject: try queue.setVerdict(.drop, packetID: packet.id)
        case .rewrite:
            let replacement = pipeline.rewrittenPacket
            try queue.setVerdict(.accept, packetID: packet.id, replacing: replacement.span)
        }
    }

    private func send(_ packets: [[UInt8]]) {
        guard let injector else { return }
        for packet in packets { injector.send(packet) }
    }

    private func publish() {
        let found = pipeline.takeEvents()
        if !found.isEmpty { events.push(found) }
    }

    private func handle(_ message: WorkerMessage) {
        switch message {
        case .adopt(let ruleSet, let scopes):
            pipeline.adopt(ruleSet, scopes: scopes)
        case .adoptScopes(let scopes):
            pipeline.adopt(scopes)
        case .reach(let reply):
            reply()
        case .adoptContainers(let containers):
            pipeline.adopt(containers)
        case .snapshot(let reply):
            queue.refreshOverruns()
            reply(
                WorkerSnapshot(
                    queue: queue.number, counters: pipeline.counters, statistics: queue.statistics,
                    suspensions: pipeline.ruleCosts.suspensions.values.sorted { $0.rule.sid < $1.rule.sid }))
        case .tally(let reply):
            reply(pipeline.takeTally())
        case .ruleCosts(let reply):
            reply(pipeline.ruleCosts)
        case .flows(let limit, let reply):
            reply(pipeline.flowSummaries(limit: limit))
        case .decisions(let reply):
            reply(pipeline.decisions)
        case .unblock(let selector, let reply):
            reply(pipeline.unblock(selector))
        case .stop:
            isStopping = true
        }
    }
}

/// The control plane's end of a worker.
final class WorkerHandle: Sendable {
    let number: UInt16
    let mailbox = Mailbox<WorkerMessage>()
    private let lastBeat: Atomic<Int64>
    private let end = Mutex(End())

    private struct End {
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(number: UInt16) {
        self.number = number
        lastBeat = Atomic(Self.monotonicSeconds())
    }

    /// Called by the worker's thread as its last act; answers what it will not do any more.
    func finish() {
        let waiting = end.withLock { end in
            end.hasEnded = true
            let waiting = end.waiting
            end.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when the worker's thread is done.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = end.withLock { end in
                if !end.hasEnded { end.waiting.append(continuation) }
                return end.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }

    func beat() {
        lastBeat.store(Self.monotonicSeconds(), ordering: .relaxed)
    }

    /// The worker has turned its loop within the last `seconds`.
    func isAlive(within seconds: Int64) -> Bool {
        Self.monotonicSeconds() - lastBeat.load(ordering: .relaxed) <= seconds
    }

    private static func monotonicSeconds() -> Int64 {
        Int64(ProcessInfo.processInfo.systemUptime)
    }
}
