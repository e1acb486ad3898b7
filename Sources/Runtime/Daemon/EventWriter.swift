import Containers
import Events
import Foundation
import Logging
import Synchronization

/// Writes events to their file on a thread of its own, so that a slow disk never slows a packet.
final class EventWriter: Sendable {
    private let queue: EventQueue
    private let sink: Mutex<FileSink?>
    private let logger: Logger
    private let end = WorkerHandle(number: 0)
    private let hasFile: Bool
    private let inventory: Inventory?

    /// - Parameter path: nil writes nothing and counts nothing as lost.
    /// - Parameter inventory: names the containers in records; nil for records without.
    init(queue: EventQueue, path: String?, inventory: Inventory?, logger: Logger) throws(EventSinkError) {
        self.inventory = inventory
        self.queue = queue
        self.logger = logger
        var opened: FileSink?
        if let path { opened = try FileSink(path: path) }
        sink = Mutex(opened)
        hasFile = path != nil
    }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "events"
        thread.start()
    }

    func ended() async { await end.ended() }

    /// Opens the file anew, after logrotate moved it away.
    func reopen() throws {
        try sink.withLock { try $0?.reopen() }
        logger.info("events: the file is opened anew")
    }

    private func run() {
        var encoder = EventEncoder()
        var interfaces = InterfaceNames()
        let containers = inventory.map { ContainerNames($0) }
        var hasFailed = false
        while true {
            let (events, isClosed) = queue.take()
            if !events.isEmpty {
                for event in events { if let line = event.warning { logger.warning("\(line)") } }
                guard hasFile else { continue }
                var bytes: [UInt8] = []
                let now = ContinuousClock.now
                for var event in events {
                    event.header.inputInterface = interfaces.name(of: event.header.inputInterfaceIndex, now: now)
                    containers?.name(&event)
                    bytes += encoder.line(event)
                }
                sink.withLock { sink in
                    do {
                        try sink?.write(bytes)
                        hasFailed = false
                    } catch {
                        queue.countLost(events.count)
                        if !hasFailed { logger.error("events: \(error)") }
                        hasFailed = true
                    }
                }
            } else if isClosed {
                break
            } else {
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        end.finish()
    }
}

extension Event {
    /// What the log says of an event that is about the engine and not about traffic.
    var warning: String? {
        guard case .anomaly(let record) = body, let latency = record.latency, let sid = record.signatureID else { return nil }
        let rule = "rule sid \(sid) (\(latency.action), \(latency.signature))"
        if let seconds = latency.seconds {
            return "\(rule) is left out for \(seconds) s: its checks take too long, the last \(latency.microseconds) µs"
        }
        return "\(rule) is back; \(latency.skipped ?? 0) checks were not made"
    }
}
