import NIOCore
import Synchronization

/// Closes a connection when its time is over.
final class ExchangeClock: Sendable {
    private final class Flag: Sendable { let isSet = Atomic<Bool>(false) }

    private let flag: Flag
    private let whole: Scheduled<Void>?
    private let firstPart: Scheduled<Void>?

    /// - Parameter whole: for everything; nil for no end.
    /// - Parameter firstPart: until something comes.
    init(_ channel: any Channel, whole: TimeAmount?, firstPart: TimeAmount?) {
        let flag = Flag()
        self.flag = flag
        func schedule(_ time: TimeAmount) -> Scheduled<Void> {
            channel.eventLoop.scheduleTask(in: time) {
                flag.isSet.store(true, ordering: .releasing)
                channel.close(promise: nil)
            }
        }
        self.whole = whole.map(schedule)
        self.firstPart = firstPart.map(schedule)
    }

    var hasRunOut: Bool { flag.isSet.load(ordering: .acquiring) }

    func noteProgress() { firstPart?.cancel() }

    func stop() {
        firstPart?.cancel()
        whole?.cancel()
    }
}
