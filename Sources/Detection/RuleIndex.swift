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

    final class BufferLane: Sendable {
        let target: InspectedBuffer
        /// Indexed by `Direction.index`.
        let lanes: [Lane]

        init(target: InspectedBuffer, lanes: [Lane]) {
            self.target = target
            self.lanes = lanes
        }
    }

    /// Payload of single packets: TCP, UDP, others.
    let packets: [Lane]
    /// Payload of TCP packets that the stream did not take in: for those, stream rules look here as well.
    let outsideStream: Lane
    /// Raw stream, indexed by `Direction.index`.
    let streams: [Lane]
    let buffers: [BufferLane]
    /// Transaction rules without a pattern in a buffer, indexed by `Direction.index`.
    let transactions: [[UInt32]]
    /// The same of rules on frames.
    let frames: [[UInt32]]
    /// Rules on addresses alone.
    let addresses: [UInt32]
    /// Rules that need neither payload nor transaction: TCP, UDP, others.
    let headers: [[UInt32]]

    /// Rules on the decoder's events, for packets that have any.
    let decodeEvents: [UInt32]

    /// Some transaction rule also looks into the stream.
    let keepsStreams: Bool

    /// Patterns of the matcher that has the most.
    var largestPatternCount: Int {
        let lanes = packets + [outsideStream] + streams + buffers.flatMap(\.lanes)
        return lanes.map(\.matcher.patternCount).max() ?? 0
    }

    init(_ rules: [CompiledRule]) {
        var packets = [LaneBuilder](repeating: LaneBuilder(), count: 3)
        var outsideStream = LaneBuilder()
        var streams = [LaneBuilder](repeating: LaneBuilder(), count: 2)
        var buffers: [InspectedBuffer: [LaneBuilder]] = [:]
        var order: [InspectedBuffer] = []
        var transactions: [[UInt32]] = [[], []]
        var frames: [[UInt32]] = [[], []]
        var headers: [[UInt32]] = [[], [], []]
        var addresses: [UInt32] = []
        var decodeEvents: [UInt32] = []
        for (number, rule) in rules.enumerated() where !rule.rule.neverMatches {
            let number = UInt32(number)
            switch rule.type {
            case .decoderEventOnly:
                decodeEvents.append(number)
            case .ipOnly:
                addresses.append(number)
            case .appLayerTransaction:
                for direction in rule.prefilter?.target?.side.map({ [$0] }) ?? rule.directions {
                    guard let prefilter = rule.prefilter, let target = prefilter.target else {
                        if rule.isOnFrames { frames[direction.index].append(number) } else { transactions[direction.index].append(number) }
                        continue
                    }
                    if buffers[target] == nil { order.append(target) }
                    buffers[target, default: [LaneBuilder(), LaneBuilder()]][direction.index].add(number, prefilter)
                }
            default:
                guard let group = rule.payloadGroup else {
                    for kind in rule.transportKinds { headers[kind].append(number) }
                    continue
                }
                let kinds = rule.transportKinds
                if kinds.contains(0), group.looksInPacket || rule.type == .packetStream { outsideStream.add(number, rule.prefilter) }
                // Only TCP has a stream: elsewhere the packet is all there is.
                for kind in kinds where group.looksInPacket || kind != 0 { packets[kind].add(number, rule.prefilter) }
                if group.looksInStream { for way in rule.directions { streams[way.index].add(number, rule.prefilter) } }
            }
        }
        self.packets = packets.map(\.lane)
        self.outsideStream = outsideStream.lane
        self.streams = streams.map(\.lane)
        self.buffers = order.map { target in
            BufferLane(target: target, lanes: (buffers[target] ?? []).map(\.lane))
        }
        keepsStreams = rules.contains { rule in
            rule.type == .appLayerTransaction && rule.groups.contains { $0.looksInStream }
        }
        self.transactions = transactions
        self.frames = frames
        self.addresses = addresses
        self.decodeEvents = decodeEvents
        self.headers = headers
    }

    static func transportKind(_ packet: borrowing DecodedPacket) -> Int {
        switch packet.transport {
        case .tcp: 0
        case .udp: 1
        case .icmp, .icmpv6, .other: 2
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

extension CompiledRule {
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
