import AppLayer
import MultiPattern
import Wire

/// What detection remembers of a transaction between packets.
final class TransactionProgress {
    let generation: UInt32
    /// Of the transaction, when its buffers were scanned.
    private var revision: UInt32 = 0
    /// Buffer lanes of the protocol that are scanned to the end, indexed by lane * 2 + direction.
    var isScanned: [Bool]
    /// Streamed buffers: where their scan goes on.
    var scans: [Int: (state: PatternMatcher.StreamState, scanned: UInt64)] = [:]
    /// Rules whose pattern was seen and which may still match, by direction.
    private var toServer: [UInt32]
    private var toClient: [UInt32]
    var matched: Set<UInt32> = []
    /// Of a rule that waits for a body: the content that has to be somewhere in it and was not in its first `searched`
    /// bytes.
    var missing: [UInt32: (group: Int, step: Int, searched: UInt64)] = [:]
    /// `xbits` that track the transaction.
    var bits: Set<UInt32> = []

    init(_ transaction: Transaction, _ ruleSet: RuleSet) {
        generation = ruleSet.generation
        let toServer = ruleSet.index.lanes(transaction, .toServer)
        let toClient = ruleSet.index.lanes(transaction, .toClient)
        isScanned = Array(repeating: false, count: max(toServer.buffers.count, toClient.buffers.count) * 2)
        self.toServer = toServer.always
        self.toClient = toClient.always
    }

    subscript(direction: Direction) -> [UInt32] {
        get { direction == .toServer ? toServer : toClient }
        set { if direction == .toServer { toServer = newValue } else { toClient = newValue } }
    }

    /// Buffers that were done with have grown: every rule that has not matched gets another look.
    func follow(_ transaction: Transaction, _ ruleSet: RuleSet) {
        guard transaction.revision != revision else { return }
        revision = transaction.revision
        for direction in Direction.allCases {
            let lanes = ruleSet.index.lanes(transaction, direction)
            for (lane, buffer) in lanes.buffers.enumerated() where !buffer.target.buffer.isStreamed {
                isScanned[lane * 2 + direction.index] = false
            }
            add(lanes.always, direction)
        }
    }

    /// Notes what the rule lacks in a body of one piece.
    func note(
        _ target: InspectedBuffer, missing: (group: Int, step: Int), _ rule: UInt32, _ transaction: Transaction,
        _ direction: Direction
    ) {
        let side = target.side ?? direction
        guard target.buffer.isStreamed, !target.buffer.isFrame, target.transforms.isEmpty,
            let view = transaction.buffer(target.buffer, direction: side, index: 0),
            transaction.buffer(target.buffer, direction: side, index: 1) == nil
        else { return }
        self.missing[rule] = (missing.group, missing.step, view.offset &+ UInt64(view.bytes.count))
    }

    func add(_ rules: [UInt32], _ direction: Direction) {
        guard !rules.isEmpty else { return }
        if direction == .toServer { add(rules, to: &toServer) } else { add(rules, to: &toClient) }
    }

    private func add(_ rules: [UInt32], to candidates: inout [UInt32]) {
        for rule in rules where !candidates.contains(rule) && !matched.contains(rule) { candidates.append(rule) }
    }
}
