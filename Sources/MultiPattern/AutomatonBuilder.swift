/// Suffix links, dense rows and endings of an automaton, from its trie.
struct AutomatonBuilder {
    let trie: PatternTrie
    let classCount: Int
    let denseCount: Int
    private(set) var rows: [UInt32]
    private(set) var suffixLinks: [UInt32]
    private(set) var endings: [UInt32] = []
    private(set) var firstEnding: [UInt32] = [0]

    init(trie: PatternTrie, classCount: Int, denseCount: Int) {
        self.trie = trie
        self.classCount = classCount
        self.denseCount = denseCount
        rows = Array(repeating: 0, count: denseCount * classCount)
        suffixLinks = Array(repeating: 0, count: trie.nodeCount)
    }

    mutating func build() {
        for node in 0..<trie.nodeCount {
            collectEndings(node)
            linkChildren(node)
        }
        // Rows need the flags of deeper states, so they are filled when all endings are known.
        for node in 0..<denseCount { fillRow(node) }
    }

    func flagged(_ state: UInt32) -> UInt32 {
        firstEnding[Int(state)] == firstEnding[Int(state) + 1] ? state : state | AhoCorasick.endsPattern
    }

    private mutating func collectEndings(_ node: Int) {
        var own = trie.endings[node]
        if node > 0 {
            let link = Int(suffixLinks[node])
            own += endings[Int(firstEnding[link])..<Int(firstEnding[link + 1])]
        }
        endings += own.sorted()
        firstEnding.append(UInt32(endings.count))
    }

    /// A child's suffix is the longest suffix of its parent that goes on with the same byte.
    private mutating func linkChildren(_ node: Int) {
        guard node > 0 else { return }
        for edge in trie.edges(of: node) {
            var suffix = Int(suffixLinks[node])
            while true {
                if let next = child(of: suffix, edge.byteClass) {
                    suffixLinks[Int(edge.target)] = next
                    break
                }
                guard suffix > 0 else { break }
                suffix = Int(suffixLinks[suffix])
            }
        }
    }

    private func child(of node: Int, _ byteClass: UInt8) -> UInt32? {
        trie.edges(of: node).first { $0.byteClass == byteClass }?.target
    }

    private mutating func fillRow(_ node: Int) {
        let row = node * classCount
        if node > 0 {
            let link = Int(suffixLinks[node]) * classCount
            for column in 0..<classCount { rows[row + column] = rows[link + column] }
        }
        for edge in trie.edges(of: node) { rows[row + Int(edge.byteClass)] = flagged(edge.target) }
    }
}
