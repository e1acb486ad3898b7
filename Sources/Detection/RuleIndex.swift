import AppLayer
import MultiPattern
import RuleLanguage
import Wire

/// From bytes to the rules that are worth a look: one matcher for each place that rules look at.
///
/// It and its lanes are classes, so that taking one up for a packet is one reference and not one for each list in it.
final class RuleIndex: Sendable {
    /// A matcher and, for each of its patterns, the rules (by rising index) that begin with it.
    final class Lane: Sendable {
        let matcher: PatternMatcher
        let rules: [[UInt32]]
        /// Rules on this place without a pattern to look for first.
        let always: [UInt32]
        let isEmpty: Bool

        init(matcher: PatternMatcher, rules: [[UInt32]], always: [UInt32]) {
            self.matcher = matcher
            self.rules = rules
            self.always = always
            isEmpty = rules.isEmpty && always.isEmpty
        }
    }

    /// A buffer of transactions, and its rules in one direction.
    final class BufferLane: Sendable {
        let target: InspectedBuffer
        let lane: Lane
        /// Scanned as it grows, without waiting for its end.
        let isStreamed: Bool
        /// A transaction may have several of it.
        let isMultiple: Bool

        init(target: InspectedBuffer, lane: Lane) {
            self.target = target
            self.lane = lane
            isStreamed = target.isFollowed
            isMultiple = target.buffer.isMultiple
        }
    }

    /// What to do with the transactions of one protocol in one direction.
    final class TransactionLanes: Sendable {
        let buffers: [BufferLane]
        /// Rules without a pattern to look for first.
        let always: [UInt32]

        init(buffers: [BufferLane], always: [UInt32]) {
            self.buffers = buffers
            self.always = always
        }
    }

    /// Payload of single packets: TCP, UDP, others.
    let packets: [Lane]
    /// Raw stream, indexed by `Direction.index`.
    let streams: [Lane]
    /// Indexed by `AppProtocol.rawValue` and `Direction.index`.
    private let transactions: [[TransactionLanes]]
    /// Indexed by `Buffer.rawValue` of the frame and `Direction.index`.
    private let frames: [[TransactionLanes]]
    /// Rules on addresses alone.
    let addresses: [UInt32]
    /// Rules that need neither payload nor transaction: TCP, UDP, others.
    let headers: [PortLane]

    /// Rules on the decoder's events, for packets that have any.
    let decodeEvents: [UInt32]

    /// Rules on events of the recognition of protocols, for packets that raise any.
    let flowEvents: [UInt32]

    /// Some transaction rule also looks into the stream.
    let keepsStreams: Bool

    /// Patterns of the matcher that has the most.
    var largestPatternCount: Int {
        let buffers = (transactions + frames).joined().flatMap(\.buffers).map(\.lane)
        let lanes = packets + streams + buffers
        return lanes.map(\.matcher.patternCount).max() ?? 0
    }

    init(_ rules: [CompiledRule]) {
        var packets = [LaneBuilder](repeating: LaneBuilder(), count: 3)
        var streams = [LaneBuilder](repeating: LaneBuilder(), count: 2)
        var transactions = TransactionBuilder()
        var headers: [[UInt32]] = [[], [], []]
        var addresses: [UInt32] = []
        var decodeEvents: [UInt32] = []
        var flowEvents: [UInt32] = []
        for (number, rule) in rules.enumerated() where !rule.rule.neverMatches {
            let number = UInt32(number)
            switch rule.type {
            case .decoderEventOnly: decodeEvents.append(number)
            case .ipOnly: addresses.append(number)
            case .appLayerTransaction where rule.prefilter == nil || rule.prefilter?.target != nil:
                transactions.add(number, rule)
            default:
                guard let group = rule.payloadGroup else {
                    if rule.asksForFlowEvent {
                        flowEvents.append(number)
                        continue
                    }
                    for kind in rule.transportKinds { headers[kind].append(number) }
                    continue
                }
                let kinds = rule.transportKinds
                // Only TCP has a stream: elsewhere the packet is all there is.
                for kind in kinds where group.looksInPacket || kind != 0 { packets[kind].add(number, rule.prefilter) }
                if group.looksInStream { for way in rule.directions { streams[way.index].add(number, rule.prefilter) } }
            }
        }
        self.packets = packets.map(\.lane)
        self.streams = streams.map(\.lane)
        (self.transactions, frames) = transactions.lanes(rules)
        keepsStreams = rules.contains { rule in
            rule.type == .appLayerTransaction && rule.groups.contains { $0.looksInStream }
        }
        self.addresses = addresses
        self.decodeEvents = decodeEvents
        self.flowEvents = flowEvents
        self.headers = headers.map { PortLane($0, rules) }
    }

    func lanes(_ transaction: Transaction, _ direction: Direction) -> TransactionLanes {
        guard let frame = transaction as? StreamFrame else {
            return transactions[Int(transaction.appProtocol.rawValue)][direction.index]
        }
        return frames[Int(frame.kind.rawValue)][direction.index]
    }

    static func transportKind(_ packet: borrowing DecodedPacket) -> Int {
        switch packet.transport {
        case .tcp: 0
        case .udp: 1
        case .icmp, .icmpv6, .sctp, .other: 2
        }
    }
}

private struct LaneBuilder {
    private var places: [Pattern: Int] = [:]
    private var patterns: [Pattern] = []
    private var rules: [[UInt32]] = []
    private var always: [UInt32] = []

    mutating func add(_ rule: UInt32, _ prefilter: Prefilter?) {
        guard let prefilter else {
            always.append(rule)
            return
        }
        let pattern = Pattern(prefilter.pattern, ignoresCase: prefilter.ignoresCase)
        if let place = places[pattern] {
            rules[place].append(rule)
        } else {
            places[pattern] = patterns.count
            patterns.append(pattern)
            rules.append([rule])
        }
    }

    var lane: RuleIndex.Lane {
        RuleIndex.Lane(matcher: PatternMatcher(patterns), rules: rules, always: always)
    }
}

private struct TransactionBuilder {
    private var order: [InspectedBuffer] = []
    private var buffers: [InspectedBuffer: [LaneBuilder]] = [:]
    private var always: [[UInt32]] = [[], []]

    mutating func add(_ number: UInt32, _ rule: CompiledRule) {
        for direction in rule.prefilter?.target?.side.map({ [$0] }) ?? rule.directions {
            guard let prefilter = rule.prefilter, let target = prefilter.target else {
                always[direction.index].append(number)
                continue
            }
            if buffers[target] == nil { order.append(target) }
            buffers[target, default: [LaneBuilder(), LaneBuilder()]][direction.index].add(number, prefilter)
        }
    }

    func lanes(
        _ rules: [CompiledRule]
    ) -> (transactions: [[RuleIndex.TransactionLanes]], frames: [[RuleIndex.TransactionLanes]]) {
        let all = order.map { target in
            (buffers[target] ?? []).map { RuleIndex.BufferLane(target: target, lane: $0.lane) }
        }
        func lanes(_ hasBuffer: (Buffer) -> Bool, _ hasRule: (CompiledRule) -> Bool) -> [RuleIndex.TransactionLanes] {
            Direction.allCases.map { direction in
                RuleIndex.TransactionLanes(
                    buffers: all.map { $0[direction.index] }.filter { !$0.lane.isEmpty && hasBuffer($0.target.buffer) },
                    always: always[direction.index].filter { hasRule(rules[Int($0)]) })
            }
        }
        return (
            AppProtocol.allCases.map { proto in
                lanes({ !$0.isFrame && $0.protocols.contains(transactionsOf: proto) }, { $0.frame == nil && $0.canMatch(proto) })
            },
            Buffer.allCases.map { kind in kind.isFrame ? lanes({ $0 == kind }, { $0.frame == kind }) : [] }
        )
    }
}

/// Rules by the destination port that they name, else by the source port.
struct PortLane: Sendable {
    /// A rule that names more stands with those for any port.
    private static let portLimit = 64

    private var anyPort: [UInt32] = []
    private var byDestination: [UInt16: [UInt32]] = [:]
    private var bySource: [UInt16: [UInt32]] = [:]

    init(_ numbers: [UInt32], _ rules: [CompiledRule]) {
        for number in numbers {
            let rule = rules[Int(number)]
            let hasPorts = rule.proto.ipProtocols == [IPProtocol.tcp] || rule.proto.ipProtocols == [IPProtocol.udp]
            let isOneWay = hasPorts && !rule.header.isBidirectional
            if isOneWay, let ports = Self.few(rule.header.destinationPorts) {
                for port in ports { byDestination[port, default: []].append(number) }
            } else if isOneWay, let ports = Self.few(rule.header.sourcePorts) {
                for port in ports { bySource[port, default: []].append(number) }
            } else {
                anyPort.append(number)
            }
        }
    }

    private static func few(_ ports: PortSet) -> [UInt16]? {
        ports.ranges.reduce(0, { $0 + $1.count }) <= portLimit ? Array(ports.ranges.joined()) : nil
    }

    func forEachRule(from sourcePort: UInt16, to destinationPort: UInt16, _ body: (UInt32) -> Void) {
        for rule in anyPort { body(rule) }
        if !byDestination.isEmpty, let rules = byDestination[destinationPort] { for rule in rules { body(rule) } }
        if !bySource.isEmpty, let rules = bySource[sourcePort] { for rule in rules { body(rule) } }
    }
}

extension [AppProtocol] {
    /// DNS over HTTPS travels in HTTP/2.
    fileprivate func contains(transactionsOf proto: AppProtocol) -> Bool {
        contains(proto) || proto == .http2 && contains(.doh2)
    }
}

extension CompiledRule {
    /// Whether the transactions of `proto` can have all that the rule looks at.
    func canMatch(_ proto: AppProtocol) -> Bool {
        guard self.proto.appProtocols.isEmpty || self.proto.appProtocols.contains(transactionsOf: proto) else { return false }
        return groups.allSatisfy { group in
            guard let protocols = group.target?.buffer.protocols, !protocols.isEmpty else { return true }
            return protocols.contains(transactionsOf: proto)
        }
    }

    /// The directions in which the rule can match.
    var directions: [Direction] {
        if let direction { return [direction] }
        return [.toServer, .toClient]
    }

    fileprivate var transportKinds: [Int] {
        if proto.ipProtocols.isEmpty { return [0, 1, 2] }
        var kinds: [Int] = []
        if proto.ipProtocols.contains(IPProtocol.tcp) { kinds.append(0) }
        if proto.ipProtocols.contains(IPProtocol.udp) { kinds.append(1) }
        if proto.ipProtocols.contains(where: { $0 != IPProtocol.tcp && $0 != IPProtocol.udp }) { kinds.append(2) }
        return kinds
    }
}
