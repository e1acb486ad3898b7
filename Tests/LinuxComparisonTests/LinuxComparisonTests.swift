import LinuxComparison
import Testing

/// What Linux's own TCP hands to its application is what the engine has inspected; for long with `make soak`.
@Suite(.enabled(if: Comparison.isSupported, "needs root and /dev/net/tun"))
struct LinuxComparisonTests {
    @Test func linuxReadsWhatWasInspected() throws {
        try Comparison.run { comparison in
            for seed in 1...Self.scripts {
                if seed % 64 == 1 { comparison.beginBatch() }
                let script = ScriptGenerator.script(seed)
                guard let difference = try comparison.confirmedDifference(script) else { continue }
                let smallest = try comparison.shrink(script, difference.kind)
                Issue.record("seed \(seed): \(difference)\n\(smallest)")
                return
            }
        }
    }

    private static let scripts: UInt64 = 500
}
