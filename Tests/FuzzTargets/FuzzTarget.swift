/// One thing that is fed any bytes at all: must not trap, not run away, and must keep its promises.
///
/// The same targets are run by libFuzzer (`make fuzz`) and, over their seeds, by the ordinary tests.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Largest input that is worth its time, in bytes.
    public let maximumLength: Int
    /// Throws `BrokenPromise` when a property does not hold.
    public let run: @Sendable (_ input: [UInt8]) throws -> Void
    /// Inputs to begin with, made from the project's own traffic and rules.
    public let seeds: @Sendable () -> [[UInt8]]
    /// Words of the input's language, for libFuzzer's dictionary.
    public let words: [[UInt8]]

    init(
        _ name: String, maximumLength: Int = 4096, words: [[UInt8]] = [], seeds: @escaping @Sendable () -> [[UInt8]],
        run: @escaping @Sendable (_ input: [UInt8]) throws -> Void
    ) {
        self.name = name
        self.maximumLength = maximumLength
        self.words = words
        self.seeds = seeds
        self.run = run
    }

    public static let all: [FuzzTarget] =
        ruleTargets + [policy, report] + streamTargets + [datagrams, packets, reassembly, engine, capture, patterns] + fileTargets

    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// The lines of a libFuzzer dictionary.
    public var dictionary: String {
        words.map { word in
            "\"" + word.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"\n"
        }.joined()
    }
}

/// A property that an input showed not to hold.
public struct BrokenPromise: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

func promise(_ holds: Bool, _ description: @autoclosure () -> String) throws {
    guard holds else { throw BrokenPromise(description()) }
}

extension [UInt8] {
    /// The same for the same bytes; decides what an input does not say, such as where it is cut.
    var fingerprint: UInt64 { reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
}
