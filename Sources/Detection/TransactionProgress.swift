import AppLayer
import MultiPattern
import Wire

/// What detection remembers of a transaction between packets.
final class TransactionProgress: InspectionNotes {
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
    /// Of a rule that waits for a body: the content or expression that has to be somewhere in it, and begins at `from` or
    /// behind it when it does.
    var missing: [UInt32: (group: Int, step: Int, from: UInt64)] = [:]
    /// Buffers after `url_decode`, by `Buffer` and direction.
    private var decoded: [Int: GrowingBody] = [:]
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

    override var heldBytes: Int {
        decoded.values.reduce(128 + 8 * (toServer.capacity + toClient.capacity) + 32 * missing.count) { $0 + $1.bytes.capacity }
    }

    subscript(direction: Direction) -> [UInt32] {
        get { direction == .toServer ? toServer : toClient }
        set { if direction == .toServer { toServer = newValue } else { toClient = newValue } }
    }

    /// Buffers that were done with have grown: every rule that has not matched gets another look.
    func follow(_ transaction: Transaction, _ ruleSet: RuleSet) {
        guard transaction.revision != revision else { return }
        revision = transaction.revision
        decoded = decoded.filter { Buffer(rawValue: UInt8(truncatingIfNeeded: $0.key / 2))?.isStreamed == true }
        for direction in Direction.allCases {
            let lanes = ruleSet.index.lanes(transaction, direction)
            for (lane, buffer) in lanes.buffers.enumerated() where !buffer.target.buffer.isStreamed {
                isScanned[lane * 2 + direction.index] = false
            }
            add(lanes.always, direction)
        }
    }

    /// The buffer as the target's transforms show it; nil when they can't be made of it.
    func shown(
        _ view: BufferView, _ target: InspectedBuffer, _ direction: Direction, isSettled: Bool, _ scratch: PCREScratch
    ) -> BufferView? {
        guard !target.transforms.isEmpty else { return view }
        guard target.transforms.isURLDecode, !target.buffer.isMultiple, !target.buffer.isFrame else {
            return target.transforms.apply(to: view.bytes, scratch).map { BufferView(bytes: $0, offset: view.offset) }
        }
        let key = Int(target.buffer.rawValue) * 2 + direction.index
        decoded[key, default: GrowingBody()].follow(view, isComplete: isSettled)
        return decoded[key].map { BufferView(bytes: $0.bytes, offset: $0.offset) }
    }

    /// Notes what the rule lacks in a body of one piece.
    func note(
        _ target: InspectedBuffer, missing: (group: Int, step: Int), from: UInt64, _ rule: UInt32,
        _ transaction: Transaction, _ direction: Direction
    ) {
        guard target.isFollowed, !target.buffer.isFrame, transaction.buffer(target.buffer, direction: direction, index: 1) == nil else { return }
        self.missing[rule] = (missing.group, missing.step, from)
    }

    func add(_ rules: [UInt32], _ direction: Direction) {
        guard !rules.isEmpty else { return }
        if direction == .toServer { add(rules, to: &toServer) } else { add(rules, to: &toClient) }
    }

    private func add(_ rules: [UInt32], to candidates: inout [UInt32]) {
        for rule in rules where !candidates.contains(rule) && !matched.contains(rule) { candidates.append(rule) }
    }
}
