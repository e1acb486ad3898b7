import MultiPattern

/// The reference: tries every pattern at every offset.
struct NaiveMatcher {
    struct Occurrence: Hashable, Comparable {
        var end: Int
        var pattern: Int
        static func < (a: Occurrence, b: Occurrence) -> Bool { (a.end, a.pattern) < (b.end, b.pattern) }
    }

    let patterns: [Pattern]

    func occurrences(in text: [UInt8]) -> [Occurrence] {
        var result: [Occurrence] = []
        for (index, pattern) in patterns.enumerated() where !pattern.bytes.isEmpty {
            guard text.count >= pattern.bytes.count else { continue }
            for start in 0...(text.count - pattern.bytes.count) where matches(pattern, text, start) {
                result.append(Occurrence(end: start + pattern.bytes.count, pattern: index))
            }
        }
        return result.sorted()
    }

    private func matches(_ pattern: Pattern, _ text: [UInt8], _ start: Int) -> Bool {
        for (offset, byte) in pattern.bytes.enumerated() {
            let other = text[start + offset]
            if byte == other { continue }
            guard pattern.ignoresCase, Self.lower(byte) == Self.lower(other) else { return false }
        }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}
