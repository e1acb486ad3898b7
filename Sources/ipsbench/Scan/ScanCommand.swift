import ArgumentParser
import Foundation
import MultiPattern

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Measures the pattern matcher on one thread, next to Hyperscan where libhs.so.5 is installed.",
        discussion: """
            A line of the pattern file is `i` (any case) or `c` (exact), then the bytes in hexadecimal. Rounds
            of both engines take turns; the figures are medians. A match is a pattern and the place where it ends, and
            both engines have to find the same number of them: exit status 1 when they do not.

            Examples:
              ipsbench scan --patterns patterns.txt --text page.html
              ipsbench scan --patterns patterns.txt --text stream.bin --chunk 65536 --streaming --json
            """)

    @Option(help: ArgumentHelp("The patterns.", valueName: "file")) var patterns: String
    @Option(help: ArgumentHelp("The bytes to look through.", valueName: "file")) var text: String
    @Option(help: ArgumentHelp("Bytes in each call.", valueName: "bytes")) var chunk = 1460
    @Flag(help: "The chunks are one stream: a match may begin in one and end in another.") var streaming = false
    @Option(help: "Rounds of each engine.") var rounds = 7
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func validate() throws {
        guard chunk > 0, chunk <= 1 << 30 else { throw ValidationError("--chunk: expected 1 to 1073741824") }
        guard rounds > 0, rounds <= 10_000 else { throw ValidationError("--rounds: expected 1 to 10000") }
    }

    func run() throws {
        let list = try PatternFile.read(patterns)
        guard let bytes = FileManager.default.contents(atPath: text) else {
            throw Failure.unusable("\(text): the file can't be read")
        }
        guard !bytes.isEmpty else { throw Failure.unusable("\(text): the file is empty") }
        let input = ScanInput(text: [UInt8](bytes), chunkBytes: chunk, isStreaming: streaming)
        let library = HyperscanLibrary()
        let report = try measure(list, input, library)
        if json { try Console.json(report) } else { print(report.text) }
        if let rival = report.hyperscan, rival.matches != report.rempart.matches {
            throw Failure.unmet("Hyperscan found \(rival.matches) matches, Rempart \(report.rempart.matches)")
        }
    }

    private func measure(_ list: [Pattern], _ input: ScanInput, _ library: HyperscanLibrary?) throws -> ScanReport {
        var own: RempartEngine?
        let ownBuild = seconds { own = RempartEngine(list) }
        guard var own else { throw Failure.unmet("no matcher") }
        var ownTimer = RoundTimer(bytes: input.text.count)
        let matches = own.countMatches(input)
        ownTimer.calibrate(to: seconds { own.scan(input) })

        var rival: HyperscanEngine?
        let rivalBuild = try seconds { rival = try library.map { try HyperscanEngine($0, list, isStreaming: streaming) } }
        var rivalTimer = RoundTimer(bytes: input.text.count)
        let rivalMatches = try rival?.countMatches(input) ?? 0
        if let rival { rivalTimer.calibrate(to: try seconds { try rival.scan(input) }) }

        for _ in 0..<rounds {
            try ownTimer.round { own.scan(input) }
            if let rival { try rivalTimer.round { try rival.scan(input) } }
        }
        var report = ScanReport(
            patterns: list.count, textBytes: input.text.count, chunkBytes: chunk, streaming: streaming, rounds: rounds,
            rempart: ownTimer.result(matches: matches, buildSeconds: ownBuild))
        if rival != nil, let library {
            report.compare(
                with: rivalTimer.result(matches: rivalMatches, buildSeconds: rivalBuild), version: library.version)
        }
        return report
    }
}
