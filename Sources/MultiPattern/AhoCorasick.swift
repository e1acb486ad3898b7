/// An Aho-Corasick automaton (Aho and Corasick, CACM 18(6), 1975) over byte classes.
///
/// States up to `denseCount` have a complete row, so that a byte costs one look-up; the deeper ones,
/// where a large set does not fit the memory budget, keep their own edges and a suffix link. A suffix
/// link points to a smaller number, so every chain of links ends in a dense row at the latest.
struct AhoCorasick: Sendable {
    /// In a stored target: some pattern ends in that state.
    static let endsPattern: UInt32 = 1 << 31
    static let stateMask: UInt32 = ~endsPattern

    let classMap: [UInt8]
    let classCount: Int
    let denseCount: Int
    let rows: [UInt32]
    /// Bytes of a pattern that state `s` stands for.
    let depths: [UInt32]
    private let suffixLinks: [UInt32]
    private let edgeClasses: [UInt8]
    private let edgeTargets: [UInt32]
    private let firstEdge: [UInt32]
    /// Patterns that end in state `s`, its suffixes' included: `endings[firstEnding[s]..<firstEnding[s + 1]]`.
    private let endings: [UInt32]
    private let firstEnding: [UInt32]

    var stateCount: Int { suffixLinks.count }
    var isEmpty: Bool { endings.isEmpty }

    /// - Parameters:
    ///   - patterns: not empty ones, each with the index that it reports.
    ///   - memoryBudget: bytes for dense rows; at least the root gets one.
    init(_ patterns: [(index: Int, bytes: [UInt8])], foldsCase: Bool, memoryBudget: Int) {
        let classes = ByteClasses(patterns: patterns.map(\.bytes), foldsCase: foldsCase)
        let trie = PatternTrie(patterns: patterns, classes: classes)
        var builder = AutomatonBuilder(
            trie: trie, classCount: classes.count,
            denseCount: min(trie.nodeCount, max(1, memoryBudget / (classes.count * 4))))
        builder.build()
        classMap = classes.map
        classCount = classes.count
        denseCount = builder.denseCount
        rows = builder.rows
        suffixLinks = builder.suffixLinks
        edgeClasses = trie.edges.map(\.byteClass)
        edgeTargets = trie.edges.map { builder.flagged($0.target) }
        firstEdge = trie.firstEdge.map { UInt32($0) }
        endings = builder.endings
        firstEnding = builder.firstEnding
        depths = trie.depths
    }

    /// The state after `byte`, with its flag. `state` is below `stateCount`.
    func next(_ state: UInt32, _ byte: UInt8) -> UInt32 {
        let byteClass = classMap[Int(byte)]
        var state = Int(state)
        while state >= denseCount {
            if let target = edge(state, byteClass) { return target }
            state = Int(suffixLinks[state])
        }
        return rows[state * classCount + Int(byteClass)]
    }

    private func edge(_ state: Int, _ byteClass: UInt8) -> UInt32? {
        var index = Int(firstEdge[state])
        let end = Int(firstEdge[state + 1])
        while index < end {
            if edgeClasses[index] == byteClass { return edgeTargets[index] }
            index += 1
        }
        return nil
    }

    func endings(in state: UInt32) -> ArraySlice<UInt32> {
        endings[Int(firstEnding[Int(state)])..<Int(firstEnding[Int(state) + 1])]
    }
}
