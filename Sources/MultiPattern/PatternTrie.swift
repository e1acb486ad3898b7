/// The patterns as a tree over byte classes, its nodes numbered breadth first.
///
/// Breadth-first numbers make a node's suffix link point to a smaller number, and put the nodes that
/// traffic visits most at the front.
struct PatternTrie {
    struct Edge {
        var byteClass: UInt8
        var target: UInt32
    }

    /// Edges of node `n` are `edges[firstEdge[n]..<firstEdge[n + 1]]`, by rising class.
    private(set) var edges: [Edge] = []
    private(set) var firstEdge: [Int] = []
    /// Patterns that end in node `n`, by rising index.
    private(set) var endings: [[UInt32]] = []
    /// Bytes on the way to node `n`.
    private(set) var depths: [UInt32] = [0]
    var nodeCount: Int { endings.count }

    init(patterns: [(index: Int, bytes: [UInt8])], classes: ByteClasses) {
        var children: [[Edge]] = [[]]
        var endingsByInsertion: [[UInt32]] = [[]]
        for (index, bytes) in patterns {
            var node = 0
            for byte in bytes {
                let byteClass = classes.map[Int(byte)]
                if let edge = children[node].first(where: { $0.byteClass == byteClass }) {
                    node = Int(edge.target)
                } else {
                    let new = children.count
                    children[node].append(Edge(byteClass: byteClass, target: UInt32(new)))
                    children.append([])
                    endingsByInsertion.append([])
                    node = new
                }
            }
            endingsByInsertion[node].append(UInt32(index))
        }
        number(children, endingsByInsertion)
    }

    private mutating func number(_ children: [[Edge]], _ endingsByInsertion: [[UInt32]]) {
        var order: [Int] = [0]
        order.reserveCapacity(children.count)
        firstEdge.reserveCapacity(children.count + 1)
        var visited = 0
        while visited < order.count {
            let node = order[visited]
            visited += 1
            firstEdge.append(edges.count)
            endings.append(endingsByInsertion[node])
            for edge in children[node].sorted(by: { $0.byteClass < $1.byteClass }) {
                edges.append(Edge(byteClass: edge.byteClass, target: UInt32(order.count)))
                order.append(Int(edge.target))
                depths.append(depths[visited - 1] + 1)
            }
        }
        firstEdge.append(edges.count)
    }

    func edges(of node: Int) -> ArraySlice<Edge> { edges[firstEdge[node]..<firstEdge[node + 1]] }
}
