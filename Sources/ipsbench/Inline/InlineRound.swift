import Foundation

/// One set-up in namespaces of its own, taken through every load.
struct InlineRound {
    let setup: Setup
    let options: InlineOptions
    let cleanup: Cleanup
    /// For files of this round.
    let folder: String

    func run(number: Int) throws -> InlineFigures {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let network = try BenchNetwork(number: number, cleanup: cleanup)
        defer { network.destroy() }
        let server = try WebServer(network, folder: folder, cleanup: cleanup)
        defer { server.end() }
        guard setup != .none else { return try measure(network) }
        let program = try QueueProgram(setup, options, network, folder: folder, cleanup: cleanup)
        var figures = try measure(network)
        let result = try program.end()
        figures.unseenPackets = Double(result.unseen)
        figures.droppedPackets = Double(result.dropped)
        figures.packetsPerBatch = Double(result.packets) / Double(max(result.batches, 1))
        figures.cpuMicrosecondsPerPacket = result.cpuSeconds * 1e6 / Double(max(result.packets, 1))
        return figures
    }

    private func measure(_ network: BenchNetwork) throws -> InlineFigures {
        let load = LoadGenerator(network: network, folder: folder, seconds: options.seconds)
        let kept = try load.requests(connections: 16, keepsAlive: true)
        let single = try load.requests(connections: 1, keepsAlive: true)
        let bulk = try load.bulk(cleanup: cleanup)
        // Last, for the ports that it leaves behind.
        let new = try load.requests(connections: 16, keepsAlive: false)
        var figures = InlineFigures()
        figures.bulkGigabitsPerSecond = bulk / 1e9
        figures.newRequestsPerSecond = new.perSecond
        figures.newP50Milliseconds = new.p50 / 1000
        figures.newP99Milliseconds = new.p99 / 1000
        figures.keptRequestsPerSecond = kept.perSecond
        figures.keptP50Milliseconds = kept.p50 / 1000
        figures.keptP99Milliseconds = kept.p99 / 1000
        figures.singleP50Milliseconds = single.p50 / 1000
        figures.singleP99Milliseconds = single.p99 / 1000
        figures.failedRequests = Double(kept.errors + single.errors + new.errors)
        return figures
    }
}
