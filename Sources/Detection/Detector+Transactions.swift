import AppLayer
import MultiPattern
import RuleLanguage
import Wire

/// Rules on transactions: which of them a transaction is worth, and what becomes of them as it grows.
extension Detector {
    func inspect(_ transaction: Transaction, _ context: CheckContext, _ frame: Span<UInt8>) {
        let direction = context.facts.direction
        let progress = progress(transaction)
        for (number, lane) in ruleSet.index.lanes(transaction, direction).buffers.enumerated() {
            scan(transaction, progress, lane, number, direction)
        }
        if !payloadHits.isEmpty { progress.add(payloadHits, direction) }
        guard !progress[direction].isEmpty else { return }
        let context = CheckContext(
            packet: context.packet, facts: context.facts, state: context.state, session: context.session,
            transaction: transaction, hosts: hosts, reputation: ruleSet.reputation, variables: variables)
        var waiting: [UInt32] = []
        for number in progress[direction].sorted() {
            let rule = ruleSet.rules[Int(number)]
            if rule.header.isTransactional, progress.matched.contains(number) { continue }
            switch timedOutcome(number, rule, transaction, progress, context, frame) {
            case .never: break
            case .later where rule.header.isTransactional:
                waiting.append(number)
                progress.add([number], direction.reversed)
            case .later where rule.hasPayloadPrefilter: break
            case .later: if !transaction.isComplete(direction) { waiting.append(number) }
            case .matches(let evidence):
                progress.matched.insert(number)
                _ = record(
                    number, rule, context, transaction, evidence, isInStream: true, contexts: contexts)
            }
        }
        progress[direction] = waiting
    }

    private func progress(_ transaction: Transaction) -> TransactionProgress {
        if let known = transaction.inspection as? TransactionProgress, known.generation == ruleSet.generation {
            known.follow(transaction, ruleSet)
            return known
        }
        let new = TransactionProgress(transaction, ruleSet)
        transaction.inspection = new
        return new
    }

    private func scan(
        _ transaction: Transaction, _ progress: TransactionProgress, _ lane: RuleIndex.BufferLane, _ number: Int,
        _ direction: Direction
    ) {
        let slot = number * 2 + direction.index
        guard !progress.isScanned[slot] else { return }
        let buffer = lane.target.buffer
        let isSettled = transaction.isSettled(buffer, direction: direction)
        guard isSettled || lane.isStreamed else { return }
        progress.isScanned[slot] = isSettled
        var index = 0
        while let view = transaction.buffer(buffer, direction: direction, index: index) {
            index += 1
            guard let shown = progress.shown(view, lane.target, direction, isSettled: isSettled, scratch) else { continue }
            if lane.isStreamed {
                let key = slot &+ index &* progress.isScanned.count
                var (state, scanned) = progress.scans[key] ?? (.start, shown.offset)
                // Bytes that never came: nothing is matched across them.
                if scanned < shown.offset { (state, scanned) = (.start, shown.offset) }
                let skip = Int(clamping: scanned &- shown.offset)
                guard scanned >= shown.offset, skip <= shown.bytes.count, index < 4096 else { return }
                let bytes = shown.bytes.span
                progress.add(
                    rules(lane.lane, bytes.extracting(skip..<bytes.count), state: &state), direction)
                scanned = shown.offset &+ UInt64(shown.bytes.count)
                progress.scans[key] = (state, scanned)
            } else {
                progress.add(rules(lane.lane, shown.bytes.span), direction)
            }
            guard lane.isMultiple, index < 4096 else { return }
        }
    }

    private enum Outcome { case never, later, matches(Evidence?) }

    /// A rule that is left out now may be looked at later.
    private func timedOutcome(
        _ number: UInt32, _ rule: CompiledRule, _ transaction: Transaction, _ progress: TransactionProgress,
        _ context: CheckContext, _ frame: Span<UInt8>
    ) -> Outcome {
        guard let check = costs.begin(number) else { return .later }
        let result = stillMissing(number, rule, transaction, progress, context.facts.direction)
            ?? outcome(number, rule, transaction, progress, context, frame)
        costs.end(check, number, ruleSet, now: context.facts.now)
        return result
    }

    private func outcome(
        _ number: UInt32, _ rule: CompiledRule, _ transaction: Transaction, _ progress: TransactionProgress,
        _ context: CheckContext, _ frame: Span<UInt8>
    ) -> Outcome {
        // A transaction may still be open when the flow has gone on with another protocol.
        guard
            rule.proto.holds(context.packet, transaction.appProtocol)
                || rule.proto.holds(context.packet, context.session?.appProtocol ?? .unknown),
            rule.header.holds(context.packet, context.facts.direction)
        else { return .never }
        guard rule.checks.allSatisfy({ $0.holds(context) }) else { return .later }
        var evidence: Evidence?
        var matcher = BufferMatcher(scratch: scratch, slotCount: rule.slotCount, packet: context.packet, state: context.state)
        matcher.limitCountsAsMatch = limitCountsAsMatch(rule)
        let hits = scratch.limitHits
        defer { noteLimit(rule, since: hits) }
        for (place, group) in rule.groups.enumerated() {
            var shown: BufferView?
            let result = outcome(group, &matcher, transaction, progress, context, frame, &shown)
            guard case .matches(let found) = result else {
                if case .later = result, let missing = matcher.missing, let target = group.target, let shown {
                    progress.note(
                        target, missing: (place, missing.step), from: shown.offset &+ UInt64(missing.from), number, transaction,
                        target.side ?? context.facts.direction)
                }
                return result
            }
            if evidence == nil || group.target == rule.prefilter?.target { evidence = found ?? evidence }
        }
        contexts = matcher.contexts
        captured = matcher.captured
        replacements = matcher.replacements
        return .matches(evidence)
    }

    /// What is known without another look, because a body has grown and still lacks what the rule needs of it.
    private func stillMissing(
        _ number: UInt32, _ rule: CompiledRule, _ transaction: Transaction, _ progress: TransactionProgress,
        _ direction: Direction
    ) -> Outcome? {
        guard let known = progress.missing[number] else { return nil }
        guard let target = rule.groups[known.group].target else { return nil }
        let side = target.side ?? direction
        let isSettled = transaction.isSettled(target.buffer, direction: side)
        guard let view = transaction.buffer(target.buffer, direction: side, index: 0),
            let shown = progress.shown(view, target, side, isSettled: isSettled, scratch)
        else { return nil }
        let start = min(Int(clamping: max(known.from, shown.offset) &- shown.offset), shown.bytes.count)
        guard let next = resumption(of: rule.groups[known.group].steps[known.step], shown, from: start, mayGrow: !isSettled)
        else {
            progress.missing[number] = nil
            return nil
        }
        progress.missing[number]?.from = shown.offset &+ UInt64(next)
        return isSettled ? .never : .later
    }

    /// Where to go on with the search for a step's content or expression; nil when it is there, or may be.
    private func resumption(of step: Step, _ shown: BufferView, from start: Int, mayGrow: Bool) -> Int? {
        let bytes = shown.bytes.span
        switch step {
        case .content(let content):
            guard content.search.first(in: bytes, start..<bytes.count, mustEnd: false) == nil else { return nil }
            return max(start, bytes.count - content.search.pattern.count + 1)
        case .pcre(let expression, _, _):
            let hits = scratch.limitHits
            guard expression.firstMatch(in: bytes, from: start, scratch: scratch, mayGrow: mayGrow) == nil,
                scratch.limitHits == hits
            else { return nil }
            return scratch.resumption
        default: return nil
        }
    }

    private func outcome(
        _ group: BufferGroup, _ matcher: inout BufferMatcher, _ transaction: Transaction, _ progress: TransactionProgress,
        _ context: CheckContext, _ frame: Span<UInt8>, _ shown: inout BufferView?
    ) -> Outcome {
        guard let target = group.target else { return payloadOutcome(group, &matcher, context, frame) }
        guard group.looksInTransaction else {
            return evaluate(group, &matcher, .packet, context, frame).map { .matches($0.evidence) } ?? .later
        }
        let direction = target.side ?? context.facts.direction
        let isSettled = transaction.isSettled(target.buffer, direction: direction)
        guard isSettled || target.buffer.isStreamed && !group.needsEnd else { return .later }
        matcher.waitsForMore = true
        defer { matcher.waitsForMore = false }
        var index = 0
        while index < 4096, let view = transaction.buffer(target.buffer, direction: direction, index: index) {
            index += 1
            shown = progress.shown(view, target, direction, isSettled: isSettled, scratch)
            guard let shown else { continue }
            let base = Int(truncatingIfNeeded: shown.offset)
            let span = shown.bytes.span
            if matcher.matches(group.steps, span, base: base, isComplete: isSettled) {
                return .matches(
                    matcher.lastMatch.map { Evidence(buffer: target.buffer.keyword, match: $0, in: span, base: base) })
            }
        }
        if index == 0, isSettled, case .absent = group.steps.first { return .matches(nil) }
        return isSettled ? .never : .later
    }

    /// Looks in what is held of the packet's direction, between its gaps.
    func search(
        _ group: BufferGroup, _ matcher: inout BufferMatcher, _ state: FlowDetectionState, _ context: CheckContext,
        isComplete: Bool
    ) -> Found? {
        let window = state.withStream(context.facts.direction) { $0 }
        for part in window.earlier {
            let base = Int(truncatingIfNeeded: part.offset)
            if matcher.matches(group.steps, part.bytes.span, base: base, isComplete: isComplete) {
                return Found(matcher, buffer: "stream", in: part.bytes.span, base: base)
            }
        }
        let base = Int(truncatingIfNeeded: window.offset)
        guard matcher.matches(group.steps, window.bytes.span, base: base, isComplete: isComplete) else { return nil }
        return Found(matcher, buffer: "stream", in: window.bytes.span, base: base)
    }

    /// A transaction rule's content without a buffer: in the stream as far as it is held, or in the packet.
    private func payloadOutcome(
        _ group: BufferGroup, _ matcher: inout BufferMatcher, _ context: CheckContext, _ frame: Span<UInt8>
    ) -> Outcome {
        if group.looksInStream, let state = context.state {
            if let found = search(group, &matcher, state, context, isComplete: false) { return .matches(found.evidence) }
        }
        let bytes = payload(context.packet, frame)
        guard matcher.matches(group.steps, bytes, base: 0, isComplete: true) else { return .later }
        return .matches(matcher.lastMatch.map { Evidence(buffer: "payload", match: $0, in: bytes, base: 0) })
    }
}
