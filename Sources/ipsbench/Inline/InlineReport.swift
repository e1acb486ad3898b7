/// The outcome of `ipsbench inline`.
struct InlineReport: Encodable {
    /// ipsd's figure in units of the accepting loop's.
    struct Ratios: Encodable {
        var bulk: Double
        var newRequests: Double
        var keptRequests: Double
    }

    var queues: String
    var seconds: Int
    var rounds: Int
    var events: Bool
    var none: InlineFigures
    var accept: InlineFigures
    var ipsd: InlineFigures
    var ratios: Ratios

    init(_ figures: [Setup: [InlineFigures]], _ options: InlineOptions) {
        queues = options.queues
        seconds = options.seconds
        rounds = options.rounds
        events = options.events
        let accept = InlineFigures.summary(figures[.accept] ?? [])
        let ipsd = InlineFigures.summary(figures[.ipsd] ?? [])
        func ratio(_ field: KeyPath<InlineFigures, Double>) -> Double {
            accept[keyPath: field] > 0 ? ipsd[keyPath: field] / accept[keyPath: field] : 0
        }
        none = .summary(figures[.none] ?? [])
        self.accept = accept
        self.ipsd = ipsd
        ratios = Ratios(
            bulk: ratio(\.bulkGigabitsPerSecond), newRequests: ratio(\.newRequestsPerSecond),
            keptRequests: ratio(\.keptRequestsPerSecond))
    }

    var text: String {
        var table = Table(["", "no queue", "accept all", "ipsd", "ipsd/accept"])
        func add(_ title: String, _ field: KeyPath<InlineFigures, Double>, _ digits: Int, ratio: Double? = nil) {
            table.add(
                [title] + [none, accept, ipsd].map { $0[keyPath: field].text(digits) } + [ratio?.text(2) ?? ""])
        }
        add("bulk, one stream: Gbit/s", \.bulkGigabitsPerSecond, 2, ratio: ratios.bulk)
        add("requests/s, new connections", \.newRequestsPerSecond, 0, ratio: ratios.newRequests)
        add("  latency p50, ms", \.newP50Milliseconds, 2)
        add("  latency p99, ms", \.newP99Milliseconds, 2)
        add("requests/s, kept alive", \.keptRequestsPerSecond, 0, ratio: ratios.keptRequests)
        add("  latency p50, ms", \.keptP50Milliseconds, 2)
        add("  latency p99, ms", \.keptP99Milliseconds, 2)
        add("one connection: latency p50, ms", \.singleP50Milliseconds, 3)
        add("  latency p99, ms", \.singleP99Milliseconds, 3)
        add("CPU µs a packet, all loads", \.cpuMicrosecondsPerPacket, 2)
        add("packets a batch, all loads", \.packetsPerBatch, 1)
        add("packets unseen", \.unseenPackets, 0)
        add("packets dropped", \.droppedPackets, 0)
        add("requests failed", \.failedRequests, 0)
        let events = events ? "with events" : "without events"
        return "\(rounds) rounds, \(seconds) s a load, queues \(queues), ipsd \(events)\n\n\(table.text)"
    }
}
