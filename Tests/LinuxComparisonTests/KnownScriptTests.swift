@testable import LinuxComparison
import Testing
import Wire

/// Scripts for which Linux and the engine once disagreed, one for each cause.
@Suite(.enabled(if: Comparison.isSupported, "needs root and /dev/net/tun"))
struct KnownScriptTests {
    struct Known: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var script: Script
    }

    @Test(arguments: known)
    func linuxAndTheEngineAgree(_ known: Known) throws {
        let difference = try Comparison.run { try $0.confirmedDifference(known.script) }
        #expect(difference == nil)
    }

    private static let known = [
        Known(
            testDescription: "a FIN in order, with data behind it that waits",
            script: script(7, Settings(), [
                segment(-1, .syn), segment(-2, length: 1, anchor: .windowEdge), segment(0, [.fin, .ack], length: 7),
            ])),
        Known(
            testDescription: "a time stamp on a segment that goes past the window",
            script: script(2515, stamped(2_147_483_632, hasSmallBuffer: true), [
                segment(-1, .syn), segment(0, length: 415), segment(1361, length: 1154), segment(415, length: 946),
                segment(-1530, length: 3221, anchor: .acknowledged, time: 1_074_301_700), segment(2400, length: 115),
            ])),
        Known(
            testDescription: "a time stamp ahead of the stream, with an echo of nothing",
            script: script(1, stamped(2_311_103_446), [
                segment(-1, .syn), segment(-1, length: 1, time: 1_323_863_520, echo: 1_191_257_329), segment(0, length: 1),
            ])),
        Known(
            testDescription: "a time stamp on a bare acknowledgment, with an echo of nothing",
            script: script(1, stamped(1_000_000), [
                segment(-1, .syn), segment(0, time: 523_416_078, echo: 459_980_000), segment(0, length: 1),
            ])),
        Known(
            testDescription: "a SYN again behind a reset of its answer",
            script: script(1, stamped(1_000_000), [
                segment(-1, .syn, length: 1, options: fastOpen), segment(0, [.rst, .ack]),
                segment(-1, .syn, options: fastOpen), segment(0, length: 1),
            ])),
        Known(
            testDescription: "a SYN with data again behind a reset of its answer",
            script: script(1, Settings(), [
                segment(-1, .syn, length: 1, options: fastOpen), segment(0, [.rst, .ack]),
                segment(-1, .syn, length: 1, options: fastOpen), segment(0, length: 1),
            ])),
    ]

    private static let fastOpen: [UInt8] = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8]

    private static func stamped(_ first: UInt32, hasSmallBuffer: Bool = false) -> Settings {
        var settings = Settings()
        settings.timestamp = first
        settings.hasSmallBuffer = hasSmallBuffer
        return settings
    }

    private static func script(_ length: Int, _ settings: Settings, _ segments: [Segment]) -> Script {
        Script(seed: 0, settings: settings, steps: segments.map { .segment($0) }, recovers: true, length: length)
    }

    private static func segment(
        _ offset: Int, _ flags: TCPFlags = .ack, length: Int = 0, anchor: Segment.Anchor = .stream, time: Int32 = 0,
        echo: Int32 = 0, options: [UInt8] = []
    ) -> Segment {
        Segment(
            anchor: anchor, offset: offset, flags: flags, length: length, timestamp: time, echo: echo, options: options)
    }
}
