import AppLayer
import TestSupport
import Wire

/// Feeds one flow to the application layer and writes down everything that rules and records could see of it.
final class SessionWitness {
    /// What a value is of: a buffer or number, its direction, and which one of several.
    struct Place: Hashable, Comparable, CustomStringConvertible {
        let buffer: Buffer?
        let number: TransactionNumber?
        let direction: Direction
        let index: Int

        var description: String { "\(buffer?.keyword ?? number.map { "\($0)" } ?? "progress") \(direction) \(index)" }
        static func < (a: Place, b: Place) -> Bool { a.description < b.description }
    }

    /// What was seen of one transaction.
    struct Account {
        var buffers: [Place: [UInt8]] = [:]
        var numbers: [Place: UInt64] = [:]
        var events: Set<AppLayerEvent> = []
        /// What was shown of a body was taken back: a status line followed a line of something else.
        var hasBegunAnew = false

        /// It depends on where segments end: what follows a message in its last segment counts as more of its body.
        var followsSegments: Bool {
            hasBegunAnew
                || events.contains { ["request_body_unexpected", "response_body_unexpected"].contains($0.name.description) }
        }
    }

    /// A parser that a flow changed to counts its transactions from 0 again.
    struct Name: Hashable {
        let appProtocol: AppProtocol
        let id: UInt64
    }

    private let session: AppLayerSession
    /// Numbers go up over protocols that are read side by side, in the order in which segments bring them.
    private var accountsInOrder: [Name: Account] {
        var counts: [AppProtocol: UInt64] = [:]
        var result: [Name: Account] = [:]
        for (name, account) in accounts.sorted(by: { $0.key.id < $1.key.id }) {
            let number = counts[name.appProtocol, default: 0]
            counts[name.appProtocol] = number + 1
            result[Name(appProtocol: name.appProtocol, id: number)] = account
        }
        return result
    }
    private var accounts: [Name: Account] = [:]
    private var events: Set<AppLayerEvent> = []
    /// Bytes never came by, so that bodies are not whole.
    private let hasGap: Bool
    /// Who has spoken since the protocol was last unknown. What both ends say then is read one end after the other.
    private var undecided: Set<Direction> = []
    private var hasNoOrder = false
    private var random: SeededRandom

    /// - Parameter transfer: what the flow was announced for.
    init(limits: AppLayerLimits, ports: ProtocolPorts, seed: UInt64, hasGap: Bool = false, transfer: FTPTransfer? = nil) {
        self.hasGap = hasGap
        session = AppLayerSession(limits: limits, ports: ports)
        if let transfer { session.begin(transfer) }
        random = SeededRandom(seed: seed)
    }

    /// Takes the whole talk; inspects after each piece, of many small ones after some.
    func take(_ talk: Talk, _ cutting: Cutting) throws {
        for step in talk.steps {
            switch step {
            case .gap(let length, let direction): session.skipGap(length: length, direction: direction)
            case .bytes(let bytes, let direction): try take(bytes, direction, cutting.lengths(of: bytes.count))
            }
        }
        for direction in Direction.allCases { session.finish(direction) }
        try inspect()
    }

    func takeDatagram(_ bytes: [UInt8], _ direction: Direction) throws {
        session.consumeDatagram(bytes.span, direction: direction)
        try inspect()
    }

    private func take(_ bytes: [UInt8], _ direction: Direction, _ lengths: [Int]) throws {
        var start = 0
        for length in lengths {
            if session.appProtocol == .unknown { undecided.insert(direction) } else { undecided = [] }
            if undecided.count == 2 { hasNoOrder = true }
            session.consume(bytes.span.extracting(start..<start + length), direction: direction, offset: 0)
            start += length
            if lengths.count < 200 || start == bytes.count || Int.random(in: 0..<16, using: &random) == 0 { try inspect() }
        }
    }

    private func inspect() throws {
        events.formUnion(session.events)
        // A server that speaks where clients begin is read after its client, as far as both have come by then.
        if session.events.contains(where: { $0.name == "applayer_wrong_direction_first_data" }) { hasNoOrder = true }
        for transaction in session.transactions where transaction.hasProgressed {
            let name = Name(appProtocol: transaction.appProtocol, id: transaction.id)
            try note(transaction, &accounts[name, default: Account()])
        }
        session.finishInspection()
    }

    private func note(_ transaction: Transaction, _ account: inout Account) throws {
        account.events.formUnion(transaction.events)
        for direction in Direction.allCases {
            let place = Place(buffer: nil, number: nil, direction: direction, index: 0)
            account.numbers[place] = UInt64(transaction.progress(direction))
        }
        for (number, direction) in Self.numbers[Int(transaction.appProtocol.rawValue)] {
            for index in 0..<4 {
                let place = Place(buffer: nil, number: number, direction: direction, index: index)
                account.numbers[place] = transaction.number(number, direction: direction, index: index)
            }
        }
        for (buffer, direction) in Self.buffers[Int(transaction.appProtocol.rawValue)] {
            try note(transaction, buffer, direction, &account)
        }
    }

    private func note(
        _ transaction: Transaction, _ buffer: Buffer, _ direction: Direction, _ account: inout Account
    ) throws {
        for index in 0..<(buffer.isMultiple ? 64 : 1) {
            guard let view = transaction.buffer(buffer, direction: direction, index: index) else { break }
            let place = Place(buffer: buffer, number: nil, direction: direction, index: index)
            guard buffer.isStreamed else {
                account.buffers[place] = view.bytes
                continue
            }
            // Of a body the window that is still held: each byte must have been in one.
            let known = (account.buffers[place]?.count ?? 0) - Int(clamping: view.offset)
            try promise(known >= 0 || hasGap, "\(place): \(-known) bytes before \(view.offset) were never shown")
            if known > view.bytes.count { account.hasBegunAnew = true }
            if known < view.bytes.count { account.buffers[place, default: []] += view.bytes[max(0, known)...] }
        }
    }

    /// By `AppProtocol.rawValue`: the buffers and numbers that its transactions have. Not frames, which lie in the
    /// stream as it came.
    private static let buffers: [[(Buffer, Direction)]] = AppProtocol.allCases.map { appProtocol in
        Buffer.allCases.filter { $0.protocols.contains(appProtocol) && !$0.keyword.hasPrefix("frame:") }.flatMap { buffer in
            (buffer.direction.map { [$0] } ?? Direction.allCases).map { (buffer, $0) }
        }
    }
    private static let numbers: [[(TransactionNumber, Direction)]] = AppProtocol.allCases.map { appProtocol in
        TransactionNumber.allCases.filter { $0.protocols.contains(appProtocol) }.flatMap { number in
            Direction.allCases.map { (number, $0) }
        }
    }

    static func shown(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "nothing" }
        return "'"
            + bytes.map { (0x20..<0x7f).contains($0) && $0 != 0x5c ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
            + "'"
    }

    /// Where two witnesses of the same bytes, this one of the whole, differ; nil when they agree.
    func difference(from other: SessionWitness) -> String? {
        if session.appProtocol != other.session.appProtocol {
            return "protocol \(session.appProtocol.name), and \(other.session.appProtocol.name)"
        }
        if hasNoOrder || other.hasNoOrder { return nil }
        if session.hasFailed != other.session.hasFailed { return "failed: \(session.hasFailed), and \(other.session.hasFailed)" }
        if accounts.values.contains(where: \.followsSegments) || other.accounts.values.contains(where: \.followsSegments) {
            return nil
        }
        if events != other.events { return "events \(Self.names(events)), and \(Self.names(other.events))" }
        let (all, allOfOther) = (accountsInOrder, other.accountsInOrder)
        for name in Set(all.keys).union(allOfOther.keys).sorted(by: { $0.id < $1.id }) {
            guard let mine = all[name], let theirs = allOfOther[name] else {
                return "\(name.appProtocol.name) transaction \(name.id) in \(all[name] == nil ? "the second" : "the first") only"
            }
            if let difference = Self.difference(mine, theirs) {
                return "\(name.appProtocol.name) transaction \(name.id): \(difference)"
            }
        }
        return nil
    }

    private static func difference(_ a: Account, _ b: Account) -> String? {
        if a.events != b.events { return "events \(names(a.events)), and \(names(b.events))" }
        for place in Set(a.buffers.keys).union(b.buffers.keys).sorted() where a.buffers[place] != b.buffers[place] {
            // What follows a message in its last segment counts as more of its body.
            if place.buffer?.isStreamed == true, a.buffers[place, default: []].starts(with: b.buffers[place, default: []]) { continue }
            return "\(place): \(shown(a.buffers[place])), and \(shown(b.buffers[place]))"
        }
        for place in Set(a.numbers.keys).union(b.numbers.keys).sorted() where a.numbers[place] != b.numbers[place] && place.number != .fileSize {
            return "\(place): \(a.numbers[place].map(String.init) ?? "nothing"), and \(b.numbers[place].map(String.init) ?? "nothing")"
        }
        return nil
    }

    private static func names(_ events: Set<AppLayerEvent>) -> [String] {
        events.map { "\($0.name) \($0.direction)" }.sorted()
    }
}
