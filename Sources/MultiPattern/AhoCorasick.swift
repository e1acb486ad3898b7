/// An Aho-Corasick automaton (Aho and Corasick, CACM 18(6), 1975) over byte classes.
///
/// States up to `denseCount` have a complete row, so that a byte costs one look-up; the deeper ones,
/// where a large set does not fit the memory budget, keep their own edges and a suffix link. A suffix
/// link points to a smaller number, so every chain of links ends in a dense row at the latest.
struct AhoCorasick: Sendable {
    /// In a stored target: some pattern ends in that state.
    static let endsPattern: UInt32 = 1 << 31
    static let stateMask: UInt32 = ~endsPattern

    /// A state without a row. One edge, as most have, is in the record itself.
    struct Node: Sendable {
        var suffixLink: UInt32
        /// Target of the only edge, else where its edges begin in `edges`.
        var first: UInt32
        var edgeCount: UInt16
        var edgeClass: UInt8
    }

    let classMap: [UInt8]
    let classCount: Int
    let denseCount: Int
    let rows: [UInt32]
    /// Bytes of a pattern that state `s` stands for.
    let depths: [UInt32]
    /// State `s` is at `s - denseCount`.
    let nodes: [Node]
    let edges: [(byteClass: UInt8, target: UInt32)]
    /// Patterns that end in state `s`, its suffixes' included: `endings[firstEnding[s]..<firstEnding[s + 1]]`.
    private let endings: [UInt32]
    private let firstEnding: [UInt32]

    var stateCount: Int { depths.count }
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
        var nodes: [Node] = []
        var edges: [(byteClass: UInt8, target: UInt32)] = []
        for state in denseCount..<trie.nodeCount {
            let own = trie.edges(of: state)
            var node = Node(suffixLink: builder.suffixLinks[state], first: 0, edgeCount: UInt16(own.count), edgeClass: 0)
            if own.count == 1, let only = own.first {
                (node.edgeClass, node.first) = (only.byteClass, builder.flagged(only.target))
            } else {
                node.first = UInt32(edges.count)
                edges += own.map { ($0.byteClass, builder.flagged($0.target)) }
            }
            nodes.append(node)
        }
        self.nodes = nodes
        self.edges = edges
        endings = builder.endings
        firstEnding = builder.firstEnding
        depths = trie.depths
    }

    func endings(in state: UInt32) -> ArraySlice<UInt32> {
        endings[Int(firstEnding[Int(state)])..<Int(firstEnding[Int(state) + 1])]
    }
}
