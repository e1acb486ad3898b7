/// What somebody may have meant by a name that nobody knows.
public enum Spelling {
    /// The name that is at most two edits away, the nearest and of those the first.
    public static func nearest(to name: String, among names: some Sequence<String>) -> String? {
        let found = names.map { ($0, distance(Array($0.utf8), Array(name.utf8))) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let (candidate, steps) = found, steps <= 2, steps < name.utf8.count else { return nil }
        return candidate
    }

    /// Edits from one to the other, letters that changed places among them; 3 for more than two.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard abs(a.count - b.count) <= 2 else { return 3 }
        var (before, previous) = ([Int](), Array(0...b.count))
        for (i, x) in a.enumerated() {
            var current = [i + 1]
            for (j, y) in b.enumerated() {
                var steps = min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { steps = min(steps, before[j - 1] + 1) }
                current.append(steps)
            }
            (before, previous) = (previous, current)
        }
        return previous[b.count]
    }
}
