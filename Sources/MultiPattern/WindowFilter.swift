/// All patterns of a set in groups by length, each with its own way through a text.
struct WindowFilter: Sendable {
    /// Processor cycles, roughly: for a probe, and for what a probe that hits costs.
    private static let cyclesPerProbe = 1.5
    private static let cyclesPerHit = 40.0
    /// What reading a byte with the automaton costs.
    private static let cyclesPerByte = 8.0
    /// A comparison for so many bytes; what asks for more is crafted or hopeless.
    private static let bytesPerComparison = 8
    private static let shapes = [(8, 8), (8, 4), (6, 4), (6, 2), (4, 2), (3, 2), (3, 1), (2, 1), (1, 1)].map {
        WindowGroup.Shape(bytes: $0.0, stride: $0.1)
    }

    private let groups: [WindowGroup]
    /// A pattern that begins further than this before the end of a text has had its windows probed.
    let tailBytes: Int

    /// nil when the automaton alone is no slower.
    /// - Parameter patterns: no empty ones.
    init?(_ patterns: [(index: Int, pattern: Pattern)]) {
        guard !patterns.isEmpty else { return nil }
        var parts: [(shape: WindowGroup.Shape, members: [(index: Int, pattern: Pattern)])] = Self.shapes.map { ($0, []) }
        for member in patterns {
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
        tailBytes = groups.map { $0.reach + WindowGroup.probedBytes }.max() ?? 0
    }

    /// Cycles for a byte of text.
    private static func cost(_ shape: WindowGroup.Shape, _ members: [(index: Int, pattern: Pattern)]) -> Double {
        let hits = members.reduce(0.0) { sum, member in
            sum + WindowGroup.anchor(of: member.pattern.bytes.map(\.lowercasedASCII), shape).frequency
        }
        return (cyclesPerProbe + min(hits, 1) * cyclesPerHit) / Double(shape.stride)
    }

    /// Adds the patterns that occur in `text`.
    /// - Returns: where the first pattern begins that may go on behind the text; nil when the text asks for so many
    ///   comparisons that the automaton has to read it.
    func scan(_ text: Span<UInt8>, into found: inout PatternSet) -> Int? {
        var tail = max(text.count - tailBytes, 0)
        var budget = text.count / Self.bytesPerComparison + 16
        var isDone = true
        var folded = found.takeRoom(text.count + WindowGroup.probedBytes)
        // SAFETY: both pointers are used within the calls only; the room has eight bytes to spare behind the text.
        unsafe text.withUnsafeBytes { original in
            unsafe folded.withUnsafeMutableBytes { room in
                unsafe Self.fold(original, into: room)
                let text = unsafe WindowGroup.Text(
                    folded: UnsafeRawBufferPointer(room), original: original, count: original.count)
                for group in groups where isDone {
                    isDone = group.scan(text, budget: &budget, tail: &tail, into: &found)
                }
            }
        }
        found.giveBack(folded)
        return isDone ? tail : nil
    }

    /// Copies in lower case. Letters only: a plain `| 0x20` would make zeros and blanks the same.
    private static func fold(_ text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (low, high) = (ones &* 0x7f, ones &* 0x80)
        let (fromA, behindZ) = (ones &* UInt64(0x80 - UInt8(ascii: "A")), ones &* UInt64(0x7f - UInt8(ascii: "Z")))
        var index = 0
        // SAFETY: the room has more bytes than the text.
        while index &+ 8 <= text.count {
            let word = unsafe text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let sevenBits = word & low
            let isUpper = ((sevenBits &+ fromA) ^ (sevenBits &+ behindZ)) & ~word & high
            unsafe room.storeBytes(of: word | isUpper &>> 2, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < text.count {
            unsafe room[index] = unsafe text[index].lowercasedASCII
            index &+= 1
        }
    }
}
