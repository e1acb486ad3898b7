public import Containers
import Foundation
import RuleLanguage
public import Wire

/// What is remembered of the lines of a policy: evidence for promotion, and when something that they protect ran last.
/// Kept in a file, so that a restart forgets nothing.
public struct PromotionLedger: Codable, Sendable, Equatable {
    /// What a line is known by: the patch and where it holds.
    public struct Key: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        public init(_ line: PolicyLine) { description = "\(line.patch.text) \(line.selector.isEverywhere ? "" : line.selector.text)" }
    }

    /// Bounds the file.
    static let limitBytes = 16 << 20
    private static let version = 1

    private var version = Self.version
    /// By `Key.description`.
    private var states: [String: PromotionState] = [:]
    /// When a container of a line ran last, in seconds since 1970.
    private var lastRun: [String: Int64] = [:]
    /// Lines of which has been said that nothing runs any more.
    private var toldRetired: Set<String> = []

    public init() {}

    public subscript(key: Key) -> PromotionState? {
        get { states[key.description] }
        set { states[key.description] = newValue }
    }

    /// Begins with lines that are new, begins anew where people changed the stage, and forgets lines that are gone.
    public mutating func follow(_ lines: [PolicyLine]) {
        var kept: [String: PromotionState] = [:]
        for line in lines {
            let key = Key(line).description
            var state = states[key] ?? PromotionState(stage: line.stage)
            if state.stage != line.stage { state.move(to: line.stage) }
            kept[key] = state
        }
        states = kept
        lastRun = lastRun.filter { kept[$0.key] != nil }
        toldRetired = toldRetired.filter { kept[$0] != nil }
    }

    // MARK: Retirement

    /// Notes which lines protect something that runs now.
    public mutating func note(_ running: [Container], _ lines: [PolicyLine], at time: Timestamp) {
        for line in lines where running.contains(where: line.selector.fits) {
            let key = Key(line).description
            lastRun[key] = time.nanoseconds / 1_000_000_000
            toldRetired.remove(key)
        }
    }

    /// Lines of which something ran once and nothing has run for `seconds`. Lines whose containers were never seen may be
    /// for what comes yet.
    public func retired(
        _ lines: [PolicyLine], running: [Container], at time: Timestamp, after seconds: Int64
    ) -> [PolicyLine] {
        lines.filter { line in
            guard let last = lastRun[Key(line).description], !running.contains(where: line.selector.fits) else { return false }
            return time.nanoseconds / 1_000_000_000 - last >= seconds
        }
    }

    /// - Returns: whether it had not been told.
    public mutating func tell(_ line: PolicyLine) -> Bool { toldRetired.insert(Key(line).description).inserted }

    // MARK: File

    /// An empty ledger when there is no file.
    /// - Throws: when the file is there and can't be read, or is of another version.
    public static func read(_ file: String) throws(PatchError) -> PromotionLedger {
        guard FileManager.default.fileExists(atPath: file) else { return PromotionLedger() }
        func failure(_ message: String) -> PatchError { PatchError(file: file, line: nil, column: nil, message: message) }
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: limitBytes + 1) else {
            throw failure("can't be read")
        }
        guard data.count <= limitBytes else { throw failure("larger than \(limitBytes >> 20) MiB") }
        let ledger: PromotionLedger
        do { ledger = try JSONDecoder().decode(PromotionLedger.self, from: data) } catch { throw failure("not a state of promotions") }
        guard ledger.version == version else { throw failure("of version \(ledger.version); expected \(version)") }
        return ledger
    }

    /// In one step: a crash leaves the old file or the new one.
    public func write(_ file: String) throws(PatchError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try encoder.encode(self).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw PatchError(file: file, line: nil, column: nil, message: "can't be written: \(error.localizedDescription)")
        }
    }
}
