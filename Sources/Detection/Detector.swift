public import AppLayer
import MultiPattern
public import RuleLanguage
public import Wire

/// One worker's evaluator: holds scratch memory and thresholds, shares the rule set.
///
/// For each packet: `scanStream` for every chunk that became in order, then `inspect`.
public final class Detector {
    /// What the last `inspect` found, in order of evaluation.
    public private(set) var matches: [RuleMatch] = []
    private(set) var ruleSet: RuleSet
    /// Rules of which the last `inspect` gave up a regular expression at its limit, each time it did.
    public internal(set) var limitedRules: [Rule] = []
    /// A regular expression that is given up counts as matching in a rule that drops.
    public var dropsAtExpressionLimit = false
    /// What the rules of patches may do.
    public var stages = StageGrid.everything
    /// Matches so far of rules whose patch is off for the flow.
    public private(set) var offMatches: UInt64 = 0
    let scratch = PCREScratch()
    private var thresholds = Thresholds()
    private var tags = Tags()
    /// An earlier match has asked to see this packet (`tag`).
    public private(set) var isTagged = false
    private var candidates: [Candidate] = []
    /// Rules on transactions whose pattern is in the packet, or in what is held of the stream.
    private(set) var payloadHits: [UInt32] = []
    /// Large enough for any of the rule set's matchers; empty between uses.
    private var found: PatternSet

    /// Of the rule that was looked at last.
    var contexts: [(key: String, json: String)] = []
    var captured: [CapturedVariable] = []
    var replacements: [Replacement] = []
    let variables = VariableStore()
    /// What captures have put aside for the packet in hand (`metadata.pktvars`).
    public var packetVariables: [(name: String, value: [UInt8])] { variables.values }

    struct Candidate {
        var rule: UInt32
        var place: Place
    }

    enum Place: Int { case packet = 1, stream = 0, transaction = 2 }

    let hosts: HostState
    /// What each rule has cost so far.
    public internal(set) var costs: RuleCosts

    /// - Parameter clock: what checks of rules are timed with; nil times none.
    public init(
        ruleSet: RuleSet, hosts: HostState = HostState(), latency: RuleLatencyPolicy = RuleLatencyPolicy(),
        clock: CheckClock? = nil
    ) {
        self.ruleSet = ruleSet
        self.hosts = hosts
        costs = RuleCosts(ruleSet, policy: latency, clock: clock)
        found = PatternSet(capacity: ruleSet.index.largestPatternCount)
    }

    /// Takes up a new rule set; flows keep their state and rescan what they still hold.
    public func adopt(_ ruleSet: RuleSet) {
        self.ruleSet = ruleSet
        costs.adopt(ruleSet)
        found = PatternSet(capacity: ruleSet.index.largestPatternCount)
    }

    /// The next in-order bytes of a TCP direction, for rules on the raw stream.
    public func scanStream(
        _ chunk: Span<UInt8>, streamOffset: UInt64, direction: Direction, state: FlowDetectionState
    ) {
        let lane = ruleSet.index.streams[direction.index]
        guard !lane.isEmpty || ruleSet.index.keepsStreams else { return }
        follow(state)
        state.withStream(direction) { window in
            window.append(chunk, at: streamOffset)
            for rule in rules(lane, chunk, state: &window.scan) { window.add(rule) }
        }
    }

    /// What is noted of rules belongs to one rule set.
    private func follow(_ state: FlowDetectionState) {
        guard state.generation != ruleSet.generation else { return }
        state.generation = ruleSet.generation
        for direction in Direction.allCases { state.withStream(direction) { $0.forgetScan() } }
    }

    /// The rules whose pattern ends in `chunk`.
    func rules(
        _ lane: RuleIndex.Lane, _ chunk: Span<UInt8>, state: inout PatternMatcher.StreamState
    ) -> [UInt32] {
        guard !lane.rules.isEmpty else { return [] }
        lane.matcher.scan(chunk, state: &state, into: &found)
        return foundRules(lane)
    }

    /// The rules whose pattern occurs in `text`.
    func rules(_ lane: RuleIndex.Lane, _ text: Span<UInt8>) -> [UInt32] {
        guard !lane.rules.isEmpty else { return [] }
        lane.matcher.scan(text, into: &found)
        return foundRules(lane)
    }

    private func foundRules(_ lane: RuleIndex.Lane) -> [UInt32] {
        guard !found.members.isEmpty else { return [] }
        var result: [UInt32] = []
        for pattern in found.members { result += lane.rules[Int(pattern)] }
        found.removeAll()
        return result
    }

    /// Evaluates every rule that this packet can complete; the result is in `matches`.
    public func inspect(
        _ packet: DecodedPacket, frame: Span<UInt8>, facts: FlowFacts, state: FlowDetectionState?,
        session: AppLayerSession?
    ) {
        if !matches.isEmpty { matches.removeAll(keepingCapacity: true) }
        if !variables.values.isEmpty { variables.removeAll() }
        isTagged = !tags.isEmpty && !facts.isEndOfFlow && tags.cover(packet, facts)
        collectForPacket(packet, frame, facts, state, session)
        var transactions = session?.transactions ?? []
        if !ruleSet.frames.isEmpty, let frames = session?.frames {
            for frame in frames where frame.direction == facts.direction { transactions.append(frame) }
        }
        if !candidates.isEmpty || transactions.contains(where: { $0.hasProgressed || facts.isEndOfFlow }) {
            evaluate(packet, frame, facts, state, session, transactions)
        }
        state?.withStream(facts.direction) { $0.prune() }
    }

    private func evaluate(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ facts: FlowFacts, _ state: FlowDetectionState?,
        _ session: AppLayerSession?, _ transactions: [Transaction]
    ) {
        let context = CheckContext(
            packet: packet, facts: facts, state: state, session: session, transaction: nil, hosts: hosts,
            reputation: ruleSet.reputation, variables: variables)
        if !candidates.isEmpty {
            candidates.sort { ($0.rule, $0.place.rawValue) < ($1.rule, $1.place.rawValue) }
            evaluatePacketCandidates(context, frame)
        }
        for transaction in transactions where transaction.hasProgressed || facts.isEndOfFlow {
            inspect(transaction, context, frame)
        }
        if matches.count > 1 { matches.sort { $0.rule < $1.rule } }
    }

    private func collectForPacket(
        _ packet: DecodedPacket, _ frame: Span<UInt8>, _ facts: FlowFacts, _ state: FlowDetectionState?,
        _ session: AppLayerSession?
    ) {
        if !candidates.isEmpty { candidates.removeAll(keepingCapacity: true) }
        if !payloadHits.isEmpty { payloadHits.removeAll(keepingCapacity: true) }
        let index = ruleSet.index
        // Without IP there is nothing that a rule could compare but what the decoder found.
        guard packet.addressFamily != nil else { return add(index.decodeEvents, .packet) }
        if facts.isFirstInDirection || !facts.hasFlow { add(index.addresses, .packet) }
        if !packet.events.isEmpty { add(index.decodeEvents, .packet) }
        if let session, !session.events.isEmpty { add(index.flowEvents, .packet) }
        let kind = RuleIndex.transportKind(packet)
        if !facts.isEndOfFlow {
            index.headers[kind].forEachRule(from: packet.sourcePort, to: packet.destinationPort) {
                candidates.append(Candidate(rule: $0, place: .packet))
            }
        }
        if packet.payloadLength > 0, packet.invalid == nil, !facts.isEndOfFlow, !facts.isPayloadHidden {
            let lane = index.packets[kind]
            let bytes = payload(packet, frame)
            if !lane.isEmpty {
                add(rules(lane, bytes), .packet)
                add(lane.always, .packet)
            }
            if packet.transport == .tcp, !facts.isInStream { collectOutsideStream(index.streams[facts.direction.index], bytes) }
        }
        guard let state, packet.transport == .tcp else { return }
        state.withStream(facts.direction) { collect($0, index.streams[facts.direction.index], facts) }
    }

    /// Payload of a TCP packet that the stream did not take in: rules on packet and stream look here as well.
    private func collectOutsideStream(_ lane: RuleIndex.Lane, _ payload: Span<UInt8>) {
        guard !lane.isEmpty else { return }
        for number in rules(lane, payload) + lane.always {
            let rule = ruleSet.rules[Int(number)]
            guard rule.type == .packetStream, rule.payloadGroup?.looksInPacket == false else { continue }
            candidates.append(Candidate(rule: number, place: .packet))
        }
    }

    private func collect(_ window: borrowing StreamWindow, _ lane: RuleIndex.Lane, _ facts: FlowFacts) {
        let isFresh = window.isFresh || facts.isEndOfFlow
        for candidate in window.candidates {
            if ruleSet.rules[Int(candidate.rule)].type == .appLayerTransaction {
                payloadHits.append(candidate.rule)
            } else if isFresh {
                candidates.append(Candidate(rule: candidate.rule, place: .stream))
            }
        }
        guard isFresh else { return }
        for rule in lane.always where !window.matched.contains(rule) {
            candidates.append(Candidate(rule: rule, place: .stream))
        }
    }

    private func add(_ rules: [UInt32], _ place: Place) {
        for rule in rules {
            if ruleSet.rules[Int(rule)].type == .appLayerTransaction {
                payloadHits.append(rule)
            } else {
                candidates.append(Candidate(rule: rule, place: place))
            }
        }
    }

    @_lifetime(copy frame)
    func payload(_ packet: DecodedPacket, _ frame: Span<UInt8>) -> Span<UInt8> {
        frame.extracting(packet.payloadOffset..<packet.payloadOffset + packet.payloadLength)
    }

    private func evaluatePacketCandidates(_ context: CheckContext, _ frame: Span<UInt8>) {
        var last: UInt32?
        for candidate in candidates where candidate.rule != last {
            let rule = ruleSet.rules[Int(candidate.rule)]
            if candidate.place == .stream, isTold(candidate.rule, context) { continue }
            guard let check = costs.begin(candidate.rule) else { continue }
            let found = isPossible(rule, context) ? evaluate(rule, candidate.place, context, frame) : nil
            costs.end(check, candidate.rule, ruleSet, now: context.facts.now)
            guard let found else { continue }
            guard record(candidate.rule, rule, context, nil, found.evidence, isInStream: candidate.place == .stream) else {
                continue
            }
            last = candidate.rule
            if let state = context.state { note(candidate, rule, state, context.facts.direction) }
        }
    }

    private func isTold(_ rule: UInt32, _ context: CheckContext) -> Bool {
        guard context.facts.isEndOfFlow, let state = context.state else { return false }
        return state.withStream(context.facts.direction) { $0.matchedInPacket.contains(rule) }
    }

    private func note(_ match: Candidate, _ rule: CompiledRule, _ state: FlowDetectionState, _ direction: Direction) {
        follow(state)
        state.withStream(direction) { window in
            if match.place == .stream {
                window.settle(match.rule)
            } else if match.place == .packet, rule.isToldOnce {
                window.matchedInPacket.insert(match.rule)
            }
        }
    }

    /// Protocol, addresses, ports and the tests on headers and state.
    private func isPossible(_ rule: CompiledRule, _ context: CheckContext) -> Bool {
        (rule.type != .protocolDetectionOnly || context.facts.hasJustRecognised)
            && rule.proto.holds(context.packet, context.session?.appProtocol ?? .unknown)
            && rule.header.holds(context.packet) && rule.checks.allSatisfy { $0.holds(context) }
    }

    /// - Returns: nil when the rule does not match.
    private func evaluate(
        _ rule: CompiledRule, _ place: Place, _ context: CheckContext, _ frame: Span<UInt8>
    ) -> Found? {
        var matcher = BufferMatcher(scratch: scratch, slotCount: rule.slotCount, packet: context.packet, state: context.state)
        matcher.limitCountsAsMatch = limitCountsAsMatch(rule)
        let hits = scratch.limitHits
        defer { noteLimit(rule, since: hits) }
        var evidence: Evidence?
        captured = []
        replacements = []
        for group in rule.groups {
            guard let found = evaluate(group, &matcher, place, context, frame) else { return nil }
            if evidence == nil || group.target == nil { evidence = found.evidence ?? evidence }
        }
        captured = matcher.captured
        replacements = matcher.replacements
        return Found(evidence: evidence)
    }

    func evaluate(
        _ group: BufferGroup, _ matcher: inout BufferMatcher, _ place: Place, _ context: CheckContext,
        _ frame: Span<UInt8>
    ) -> Found? {
        if let target = group.target {
            let raw = target.buffer == .base64Data ? matcher.decoded : context.packet.bytes(of: target.buffer, in: frame)
            guard let raw, let bytes = target.transforms.apply(to: raw, scratch) else { return nil }
            guard matcher.matches(group.steps, bytes.span, base: 0, isComplete: true) else { return nil }
            return Found(matcher, buffer: target.buffer.keyword, in: bytes.span, base: 0)
        }
        if place == .stream, let state = context.state {
            return search(group, &matcher, state, context, isComplete: context.facts.isEndOfFlow)
        }
        let bytes = payload(context.packet, frame)
        guard matcher.matches(group.steps, bytes, base: 0, isComplete: true) else { return nil }
        return Found(matcher, buffer: "payload", in: bytes, base: 0)
    }

    /// Notes a match unless a rate option takes it away; returns whether the rule counts as matched.
    func record(
        _ number: UInt32, _ rule: CompiledRule, _ context: CheckContext, _ transaction: Transaction?,
        _ evidence: Evidence?, isInStream: Bool, contexts: [(key: String, json: String)] = []
    ) -> Bool {
        costs.countMatch(number)
        if rule.rule.patch != 0, stages[context.facts.scopeRow, rule.rule.patch] == .off {
            offMatches &+= 1
            return true
        }
        for effect in rule.effects { apply(effect, context) }
        for variable in captured {
            switch variable.kind {
            case .flow:
                guard let state = context.state else { continue }
                let store = state.variables ?? VariableStore()
                store.set(variable)
                state.variables = store
            case .packet: variables.set(variable)
            case .alert: break
            }
        }
        var isSilent = rule.isSilent
        var action = rule.rule.action
        if !rule.rate.isEmpty {
            switch limit(rule, context, &action) {
            case .alert, .changed: break
            case .silent: isSilent = true
            case .none: return false
            }
        }
        if let tag = rule.tag { tags.start(tag, context.packet, context.facts) }
        matches.append(
            RuleMatch(
                rule: Int(number), action: action, isByRate: action != rule.rule.action, transactionID: transaction?.alertID,
                frame: (transaction as? StreamFrame)?.extent,
                actsOnFlow: rule.type.actsOnFlow(matchedInStream: isInStream), isInStream: isInStream,
                isSilent: isSilent, evidence: evidence, contexts: contexts,
                variables: captured.filter { $0.kind == .alert }, replacements: replacements))
        return true
    }

    private func apply(_ effect: Effect, _ context: CheckContext) {
        guard case .setHostBit(let bit, let operation, let seconds) = effect else {
            context.state?.apply(effect)
            return
        }
        let now = context.facts.now
        if bit.track == .transaction, let progress = context.transaction?.inspection as? TransactionProgress {
            if operation == .set || operation == .toggle && !progress.bits.contains(bit.name) {
                progress.bits.insert(bit.name)
            } else {
                progress.bits.remove(bit.name)
            }
            return
        }
        for key in bit.keys(context.packet) {
            if operation == .set || operation == .toggle && !hosts.isSet(key, now: now) {
                hosts.set(key, until: now.advanced(byNanoseconds: Int64(seconds) * 1_000_000_000), now: now)
            } else {
                hosts.unset(key)
            }
        }
    }

    private func limit(_ rule: CompiledRule, _ context: CheckContext, _ action: inout Rule.Action) -> Thresholds.Result {
        let (rate, packet, facts) = (rule.rate, context.packet, context.facts)
        if let filter = rate.filter, thresholds.count(filter, .filter, rule.rule, packet, facts) == .none { return .none }
        for (option, newAction, timeout) in rate.rateFilters {
            let purpose = Thresholds.Purpose.rateFilter(newAction: newAction, timeoutSeconds: timeout)
            if case .changed(let changed) = thresholds.count(option, purpose, rule.rule, packet, facts) { action = changed }
        }
        var result = Thresholds.Result.alert
        if let threshold = rate.threshold { result = thresholds.count(threshold, .threshold, rule.rule, packet, facts) }
        return result == .alert && rate.isSuppressed(packet) ? .silent : result
    }
}
