/// The outcome of `ipsbench scan`.
struct ScanReport: Encodable {
    /// GB/s are decimal: 10^9 bytes.
    struct Result: Encodable {
        var gigabytesPerSecond: Double
        var slowestGigabytesPerSecond: Double
        var fastestGigabytesPerSecond: Double
        var matches: Int
        var buildSeconds: Double
    }

    var patterns: Int
    var textBytes: Int
    var chunkBytes: Int
    var streaming: Bool
    var rounds: Int
    var rempart: Result
    private(set) var hyperscan: Result?
    private(set) var hyperscanVersion: String?
    /// Rempart's rate in units of Hyperscan's.
    private(set) var ratio: Double?

    init(patterns: Int, textBytes: Int, chunkBytes: Int, streaming: Bool, rounds: Int, rempart: Result) {
        self.patterns = patterns
        self.textBytes = textBytes
        self.chunkBytes = chunkBytes
        self.streaming = streaming
        self.rounds = rounds
        self.rempart = rempart
    }

    mutating func compare(with rival: Result, version: String) {
        hyperscan = rival
        hyperscanVersion = version
        ratio = rival.gigabytesPerSecond > 0 ? rempart.gigabytesPerSecond / rival.gigabytesPerSecond : 0
    }

    var text: String {
        var table = Table(["engine", "GB/s", "slowest", "fastest", "matches", "build s"])
        table.add(row("Rempart", rempart))
        if let hyperscan { table.add(row("Hyperscan \(hyperscanVersion ?? "")", hyperscan)) }
        let mode = streaming ? "one stream" : "each for itself"
        let head = "\(patterns) patterns, \(textBytes) bytes in chunks of \(chunkBytes), \(mode), \(rounds) rounds\n\n"
        let end = ratio.map { "\n\nRempart / Hyperscan: \($0.text(2))" } ?? "\n\nlibhs.so.5 is not installed: no comparison"
        return head + table.text + end
    }

    private func row(_ name: String, _ result: Result) -> [String] {
        [
            name, result.gigabytesPerSecond.text(3), result.slowestGigabytesPerSecond.text(3),
            result.fastestGigabytesPerSecond.text(3), "\(result.matches)", result.buildSeconds.text(3),
        ]
    }
}
