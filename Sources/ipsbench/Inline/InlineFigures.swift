/// What one set-up came to, in one round or as medians of several.
struct InlineFigures: Encodable {
    /// One TCP stream, GSO.
    var bulkGigabitsPerSecond = 0.0
    /// 16 connections, each request on a new one.
    var newRequestsPerSecond = 0.0
    var newP50Milliseconds = 0.0
    var newP99Milliseconds = 0.0
    /// 16 connections kept alive.
    var keptRequestsPerSecond = 0.0
    var keptP50Milliseconds = 0.0
    var keptP99Milliseconds = 0.0
    /// One connection kept alive: the time that the set-up adds where nothing waits.
    var singleP50Milliseconds = 0.0
    var singleP99Milliseconds = 0.0
    var failedRequests = 0.0
    /// Let past or lost because the queue was full.
    var unseenPackets = 0.0
    var droppedPackets = 0.0
    var packetsPerBatch = 0.0
    /// User and system time of the program behind the queue.
    var cpuMicrosecondsPerPacket = 0.0

    private static var fields: [WritableKeyPath<InlineFigures, Double>] {
        [
            \.bulkGigabitsPerSecond, \.newRequestsPerSecond, \.newP50Milliseconds, \.newP99Milliseconds,
            \.keptRequestsPerSecond, \.keptP50Milliseconds, \.keptP99Milliseconds, \.singleP50Milliseconds,
            \.singleP99Milliseconds, \.packetsPerBatch, \.cpuMicrosecondsPerPacket,
        ]
    }

    /// Medians of rates and times, sums of what must not happen.
    static func summary(_ rounds: [InlineFigures]) -> InlineFigures {
        var result = InlineFigures()
        for field in fields { result[keyPath: field] = rounds.map { $0[keyPath: field] }.median }
        for field in [\InlineFigures.failedRequests, \.unseenPackets, \.droppedPackets] {
            result[keyPath: field] = rounds.reduce(0) { $0 + $1[keyPath: field] }
        }
        return result
    }
}
