import AppLayer
import Detection
import Events
import Flow
import RuleLanguage
import Wire

/// What the policy makes of a match.
extension Pipeline {
    /// A match after the policy has been asked.
    struct Ruling {
        /// The rule does what it is written to do; else it alerts at most.
        var acts = true
        /// nil for a rule that belongs to no patch and is not excepted.
        var record: PatchRecord?
    }

    /// Takes up what holds at another time, or another table.
    func followScopes(at time: Timestamp) {
        let period = scopes.period(at: time)
        scopeUntil = period.until
        scopeFrom = scopes.periods.last { $0.until <= time }?.until ?? Timestamp(nanoseconds: .min)
        guard period !== scopePeriod else { return }
        scopePeriod = period
        detector.stages = period.grid
        // 0 is that of flows which have not asked.
        scopeGeneration = max(scopeGeneration &+ 1, 1)
    }

    /// The flow's row, looked up once for each flow and table.
    func scopeRow(of state: FlowState?) -> UInt32 {
        guard let state else { return 0 }
        if state.scopeGeneration != scopeGeneration {
            state.scopeGeneration = scopeGeneration
            state.scopeRow = scopePeriod.row(of: state.containers.deciding)
        }
        return state.scopeRow
    }

    /// Of a packet that no flow takes up: what holds is by its own ends, the destination's container first.
    func factsOutsideFlows(_ packet: DecodedPacket, _ metadata: PacketMetadata) -> FlowFacts {
        var facts = FlowFacts(now: metadata.time)
        guard packet.addressFamily != nil else { return facts }
        var ends = FlowContainers()
        ends.client = containers.container(interface: metadata.inputInterface, address: packet.source)
        ends.server = containers.container(interface: metadata.outputInterface, address: packet.destination)
        facts.scopeRow = scopePeriod.row(of: ends.deciding)
        return facts
    }

    func ruling(_ match: RuleMatch, _ rule: Rule, _ packet: DecodedPacket, _ facts: FlowFacts, _ judgement: Judgement) -> Ruling {
        let row = facts.scopeRow
        guard let cell = scopePeriod.cell(row, patch: rule.patch) else {
            return excepted(Ruling(), match, rule, packet, facts, judgement)
        }
        var record = PatchRecord(
            id: scopes.patch(rule.patch)?.id ?? "", stage: cell.stage.name,
            policy: Int(cell.place) < scopePeriod.places.count ? scopePeriod.places[Int(cell.place)] : "")
        record.number = rule.patch
        var ruling = Ruling()
        switch cell.stage {
        case .off, .shadow: ruling.acts = false
        case .canary:
            ruling.acts = sample(packet, judgement) < cell.share
            record.isEnforcedCanary = ruling.acts
        case .enforce: break
        }
        ruling.record = record
        ruling = excepted(ruling, match, rule, packet, facts, judgement)
        count(ruling, cell.stage)
        tally(ruling, patch: rule.patch, judgement.state)
        return ruling
    }

    private func count(_ ruling: Ruling, _ stage: PatchStage) {
        if ruling.record?.exception != nil { return }
        if ruling.acts {
            counters.policyEnforced &+= 1
        } else if stage == .canary {
            counters.policyCanaryShadowed &+= 1
        } else {
            counters.policyShadowed &+= 1
        }
    }

    /// The part of a canary that the flow is in.
    private func sample(_ packet: DecodedPacket, _ judgement: Judgement) -> UInt16 {
        judgement.flow.map { flows[$0].sample } ?? FlowKey(packet).sample
    }

    private func excepted(
        _ ruling: Ruling, _ match: RuleMatch, _ rule: Rule, _ packet: DecodedPacket, _ facts: FlowFacts, _ judgement: Judgement
    ) -> Ruling {
        guard Int(facts.scopeRow) < scopePeriod.rows.count else { return ruling }
        for number in scopePeriod.rows[Int(facts.scopeRow)].exceptions where Int(number) < scopes.exceptions.count {
            let exception = scopes.exceptions[Int(number)]
            guard facts.now < exception.until, exception.covers(rule), fits(exception, match, packet, judgement) else { continue }
            var ruling = ruling
            ruling.acts = false
            var record = ruling.record ?? PatchRecord(id: nil, stage: nil, policy: nil)
            record.exception = .init(place: exception.place, reason: exception.reason, lastDay: exception.lastDay)
            ruling.record = record
            counters.policyExcepted &+= 1
            return ruling
        }
        return ruling
    }

    private func fits(_ exception: ScopeException, _ match: RuleMatch, _ packet: DecodedPacket, _ judgement: Judgement) -> Bool {
        if let source = exception.source {
            let client = judgement.flow.map { flows[$0].client } ?? packet.source
            guard source.contains(client) else { return false }
        }
        guard let pattern = exception.path else { return true }
        guard let id = match.transactionID,
            let transaction = judgement.state?.app?.transactions.first(where: { $0.id == id }) as? HTTPTransaction,
            let path = RequestPath.plain(transaction.message(.toServer).second)
        else { return false }
        return pattern.matches(path)
    }
}

extension PatchStage {
    var name: String {
        switch self {
        case .off: "off"
        case .shadow: "shadow"
        case .canary: "canary"
        case .enforce: "enforce"
        }
    }
}
