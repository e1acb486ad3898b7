/// Times rounds of an engine, each long enough for the clock and the caches.
struct RoundTimer {
    private static let roundSeconds = 0.1
    private let bytes: Int
    private var passes = 1
    private var rates: [Double] = []

    init(bytes: Int) { self.bytes = bytes }

    /// - Parameter passSeconds: what one pass over the text took.
    mutating func calibrate(to passSeconds: Double) {
        passes = min(max(1, Int((Self.roundSeconds / max(passSeconds, 1e-9)).rounded(.up))), 1_000_000)
    }

    mutating func round(_ pass: () throws -> Void) throws {
        let time = try seconds { for _ in 0..<passes { try pass() } }
        rates.append(Double(bytes * passes) / max(time, 1e-9) / 1e9)
    }

    func result(matches: Int, buildSeconds: Double) -> ScanReport.Result {
        ScanReport.Result(
            gigabytesPerSecond: rates.median, slowestGigabytesPerSecond: rates.min() ?? 0,
            fastestGigabytesPerSecond: rates.max() ?? 0, matches: matches, buildSeconds: buildSeconds)
    }
}
