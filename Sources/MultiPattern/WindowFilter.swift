internal import CVectorFilter
internal import Glibc

/// All patterns of a set in groups by length, each with its own way through a text.
struct WindowFilter: Sendable {
    /// Processor cycles, roughly: for a probe, for one of many at once and what passes them, and for what a probe that
    /// hits costs.
    private static let cyclesPerProbe = 2.5
    private static let cyclesPerVectorProbe = 0.5
    private static let cyclesPerPass = 4.0
    private static let cyclesPerHit = 40.0
    /// What reading a byte with the automaton costs.
    private static let cyclesPerByte = 8.0
    /// A comparison for so many bytes; what asks for more is crafted or hopeless.
    private static let bytesPerComparison = 2

    /// Patterns of a single byte, for which the C library looks.
    private let bytes: [(index: Int, byte: UInt8, inFolded: Bool)]
    private let groups: [WindowGroup]
    /// A pattern that begins further than this before the end of a text has had its windows probed.
    let tailBytes: Int

    private static func shapes(_ usesVectors: Bool) -> [WindowGroup.Shape] {
        let sampled = [(8, 8), (8, 4), (6, 4)].map { WindowGroup.Shape(bytes: $0.0, stride: $0.1) }
        return sampled + (usesVectors
            ? WindowBloom.widths.reversed().map { WindowGroup.Shape(bytes: $0, stride: 1, usesVectors: true) }
            : [(6, 2), (4, 2), (3, 2), (3, 1), (2, 1)].map { WindowGroup.Shape(bytes: $0.0, stride: $0.1) })
    }

    /// nil when the automaton alone is no slower.
    /// - Parameters:
    ///   - patterns: no empty ones.
    ///   - usesVectors: where the processor has what that takes.
    init?(_ patterns: [(index: Int, pattern: Pattern)], usesVectors: Bool) {
        guard !patterns.isEmpty else { return nil }
        bytes = patterns.filter { $0.pattern.bytes.count == 1 }.map { index, pattern in
            let byte = pattern.bytes[0]
            let ignoresCase = pattern.ignoresCase || byte == byte.lowercasedASCII && !byte.isLowercaseLetter
            return (index, ignoresCase ? byte.lowercasedASCII : byte, ignoresCase)
        }
        let shapes = Self.shapes(usesVectors && WindowBloom.isAvailable)
        var parts: [(shape: WindowGroup.Shape, members: [(index: Int, pattern: Pattern)])] = shapes.map { ($0, []) }
        for member in patterns where member.pattern.bytes.count > 1 {
            let part = parts.firstIndex { $0.shape.shortestPattern <= member.pattern.bytes.count } ?? parts.count - 1
            parts[part].members.append(member)
        }
        parts.removeAll(where: \.members.isEmpty)
        var costs = parts.map { Self.cost($0.shape, $0.members) }
        // A pass over the text less may be worth windows that are hit more often.
        var index = 0
        while index + 1 < parts.count {
            let merged = parts[index].members + parts[index + 1].members
            let cost = Self.cost(parts[index + 1].shape, merged)
            if cost < costs[index] + costs[index + 1] {
                parts[index + 1].members = merged
                costs[index + 1] = cost
                parts.remove(at: index)
                costs.remove(at: index)
                index = max(index - 1, 0)
            } else {
                index += 1
            }
        }
        guard costs.reduce(0, +) < Self.cyclesPerByte else { return nil }
        groups = parts.map { WindowGroup($0.members, shape: $0.shape) }
        tailBytes = groups.map { $0.reach + $0.shape.bytes }.max() ?? 0
    }

    /// Cycles for a byte of text.
    private static func cost(_ shape: WindowGroup.Shape, _ members: [(index: Int, pattern: Pattern)]) -> Double {
        let hits = members.reduce(0.0) { sum, member in
            sum + WindowGroup.anchor(of: member.pattern.bytes.map(\.lowercasedASCII), shape).frequency
        }
        let probe = shape.usesVectors
            ? cyclesPerVectorProbe + WindowBloom.falsePassRate(members.count) * cyclesPerPass : cyclesPerProbe
        return (probe + min(hits, 1) * cyclesPerHit) / Double(shape.stride)
    }

    /// Adds the patterns that occur in `text`.
    /// - Returns: where the first pattern begins that may go on behind the text; nil when the text asks for so many
    ///   comparisons that the automaton has to read it.
    func scan(_ text: Span<UInt8>, into found: inout PatternSet) -> Int? {
        var tail = max(text.count - tailBytes, 0)
        var budget = text.count / Self.bytesPerComparison + 16
        var isDone = true
        var room = found.takeRoom(text.count + WindowBloom.padding, places: WindowGroup.probesInBlock + 1)
        // SAFETY: both pointers are used within the calls only; the room has bytes to spare behind the text.
        unsafe text.withUnsafeBytes { original in
            unsafe room.withUnsafeBuffers { room, places in
                guard let bytes = original.baseAddress, let copy = room.baseAddress, let places = places.baseAddress
                else { return }
                unsafe rempart_fold(
                    bytes.assumingMemoryBound(to: UInt8.self), original.count, copy.assumingMemoryBound(to: UInt8.self))
                let text = unsafe WindowGroup.Text(
                    folded: UnsafeRawBufferPointer(room), original: original, count: original.count)
                look(in: text, &found)
                for group in groups where isDone {
                    isDone = unsafe group.scan(text, budget: &budget, tail: &tail, places, into: &found)
                }
            }
        }
        found.giveBack(room)
        return isDone ? tail : nil
    }

    /// Patterns of a single byte.
    private func look(in text: WindowGroup.Text, _ found: inout PatternSet) {
        guard let folded = unsafe text.folded.baseAddress, let original = unsafe text.original.baseAddress else { return }
        for (index, byte, inFolded) in bytes where !found.contains(index) {
            // SAFETY: both texts have `count` bytes.
            if unsafe memchr(inFolded ? folded : original, Int32(byte), text.count) != nil { found.insert(index) }
        }
    }
}
