import Foundation

/// The loads, each from the client to the server, as the tools measure them.
struct LoadGenerator {
    let network: BenchNetwork
    let folder: String
    let seconds: Int

    /// Outcome of one wrk run.
    struct Requests: Decodable {
        var requests: Double
        var microseconds: Double
        var p50: Double
        var p99: Double
        var errors: Int

        var perSecond: Double { requests / Swift.max(microseconds, 1) * 1e6 }
    }

    private struct BulkReport: Decodable {
        struct End: Decodable {
            struct Sum: Decodable { var bits_per_second: Double }
            var sum_received: Sum
        }
        var end: End
    }

    /// Bits a second that the server received of one TCP stream.
    func bulk(cleanup: Cleanup) throws -> Double {
        let server = try ChildProcess(
            BenchNetwork.inside(network.server, ["iperf3", "-s", "--forceflush"]), name: "iperf3",
            output: "\(folder)/iperf3.log", cleanup: cleanup)
        defer { server.end() }
        try server.wait { server.output.contains("listening") }
        let text = try Command.run(
            BenchNetwork.inside(
                network.client, ["iperf3", "-c", BenchNetwork.serverAddress, "-t", "\(seconds)", "-J"]))
        do {
            return try JSONDecoder().decode(BulkReport.self, from: Data(text.utf8)).end.sum_received.bits_per_second
        } catch {
            throw Failure.unmet("iperf3: its report can't be read: \(error)")
        }
    }

    /// Requests over `connections` connections, each kept alive or used once.
    func requests(connections: Int, keepsAlive: Bool) throws -> Requests {
        let script = "\(folder)/report.lua"
        try OutputFile.write(Self.script, to: script)
        var words = ["wrk", "-t", "1", "-c", "\(connections)", "-d", "\(seconds)s", "-s", script]
        if !keepsAlive { words += ["-H", "Connection: close"] }
        let text = try Command.run(BenchNetwork.inside(network.client, words + [WebServer.url]))
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("{") }),
            let result = try? JSONDecoder().decode(Requests.self, from: Data(line.utf8))
        else { throw Failure.unmet("wrk: its report can't be read") }
        guard result.requests > 0 else { throw Failure.unmet("wrk: no request was answered") }
        return result
    }

    /// One JSON line at the end of wrk's report; times in microseconds.
    private static let script = """
        done = function(summary, latency, requests)
            local e = summary.errors
            io.write(string.format(
                '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d}\\n', summary.requests,
                summary.duration, latency:percentile(50), latency:percentile(99),
                e.connect + e.read + e.write + e.status + e.timeout))
        end
        """
}
