import Dispatch
import Foundation

/// SIGINT and SIGTERM, to be waited for instead of ending the process.
final class StopSignals {
    private let received = DispatchSemaphore(value: 0)
    private let sources: [any DispatchSourceSignal]

    /// - Parameter onSignal: runs on a thread of its own when a signal comes.
    init(onSignal: (@Sendable (Int32) -> Void)? = nil) {
        let received = received
        sources = [SIGINT, SIGTERM].map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                onSignal?(number)
                received.signal()
            }
            source.resume()
            return source
        }
    }

    func wait() { received.wait() }
}
