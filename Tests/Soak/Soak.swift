import ArgumentParser
import Foundation
import LinuxComparison

/// Runs scripts until told to stop, and prints each difference with the smallest script that shows it.
@main
struct Soak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ipssoak",
        abstract: "Compares what Linux's own TCP reads with what the engine has inspected, over scripts of segments.",
        discussion: """
            Each seed stands for one script. Needs root; works in a network namespace of its own.
            Exit status: 0 no difference; 1 differences; 2 not possible on this machine.

            Examples:
              ipssoak --count 20000
              ipssoak --seed 4711 --count 1 --show
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many scripts; without end when left out.") var count: UInt64?
    @Option(help: "Differences after which it stops.") var limit = 20
    @Option(help: "A file that has the next seed, to go on from there and to keep up to date.") var state: String?
    @Flag(help: "Prints each script and its packets.") var show = false

    func run() throws {
        guard Comparison.isSupported else {
            print("ipssoak: \(Comparison.requirement)")
            throw ExitCode(2)
        }
        let isClean = try Comparison.run { comparison in try run(comparison) }
        if !isClean { throw ExitCode(1) }
    }

    private func run(_ comparison: Comparison) throws -> Bool {
        var next = state.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
            .flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? seed
        let first = next
        let end = count.map { first + $0 } ?? .max
        if show { comparison.trace = { print($0) } }
        let start = Date()
        var lastReport = start
        var differences = 0
        while next < end, differences < limit {
            if (next - first) % 64 == 0 { comparison.beginBatch() }
            let script = ScriptGenerator.script(next)
            if show { print(script) }
            if let difference = try comparison.confirmedDifference(script) {
                differences += 1
                print("\nseed \(next): \(difference)")
                comparison.trace = nil
                let smallest = try comparison.shrink(script, difference.kind)
                comparison.beginBatch()
                if show { comparison.trace = { print($0) } }
                print(try comparison.difference(smallest).map { "\($0)" } ?? "does not show again by itself")
                print(smallest)
                fflush(nil)
                comparison.beginBatch()
            }
            next += 1
            if Date().timeIntervalSince(lastReport) >= 30 || next == end || differences == limit {
                lastReport = Date()
                report(next, next - first, "\(differences) differences, \(comparison.unconfirmed) unconfirmed", lastReport.timeIntervalSince(start))
            }
        }
        return differences == 0
    }

    private func report(_ next: UInt64, _ scripts: UInt64, _ found: String, _ seconds: Double) {
        print("\(scripts) scripts, \(Int(Double(scripts) / max(seconds, 0.001))) a second, \(found); next seed \(next)")
        fflush(nil)
        if let state { try? "\(next)\n".write(toFile: state, atomically: true, encoding: .utf8) }
    }
}
