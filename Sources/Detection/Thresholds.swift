import RuleLanguage
import Wire

/// Counters of `threshold`, `detection_filter` and threshold.config, one set for each worker.
struct Thresholds {
    enum Result: Equatable {
        case alert
        /// The match counts and acts, without an alert.
        case silent
        /// Not enough yet: as if the rule had not matched.
        case none
        case changed(Rule.Action)
    }

    enum Purpose: Hashable {
        case threshold, filter
        case rateFilter(newAction: Rule.Action, timeoutSeconds: UInt32)
    }

    private struct Key: Hashable {
        var rule: UInt64
        var purpose: Purpose
        var first: IPAddress?
        var second: IPAddress?
        var flowID: UInt64
    }

    private struct Entry {
        var start: Timestamp
        var count: UInt32 = 0
        /// `unique_on`: what was counted already.
        var seen: Set<UInt16> = []
        /// Until then a rate filter's new action holds.
        var changedUntil: Timestamp?
        /// `backoff`: the count that alerts next.
        var next: UInt64 = 0
    }

    /// Two generations: what was not touched while the younger one filled is forgotten, so that a scan from
    /// many addresses can't push out the counters that are in use.
    private var young: [Key: Entry] = [:]
    private var old: [Key: Entry] = [:]
    private static let capacity = 65_536

    mutating func count(
        _ option: ThresholdOption, _ purpose: Purpose, _ rule: Rule, _ packet: borrowing DecodedPacket, _ facts: FlowFacts
    ) -> Result {
        let key = key(option, purpose, rule, packet, facts)
        if young.count >= Self.capacity {
            old = young
            young = [:]
        }
        var entry = young[key] ?? old.removeValue(forKey: key) ?? Entry(start: facts.now)
        defer { young[key] = entry }
        switch purpose {
        case .rateFilter(let action, let timeout): return Self.rate(option, action, timeout, &entry, facts.now)
        case .filter, .threshold: break
        }
        if option.kind == .backoff, purpose == .threshold { return Self.backOff(option, &entry) }
        let age = facts.now.nanoseconds(since: entry.start)
        if age < 0 || age > Int64(option.seconds) * 1_000_000_000 { entry = Entry(start: facts.now) }
        if let unique = option.uniqueOn {
            let port = unique == .sourcePort ? packet.sourcePort : packet.destinationPort
            guard entry.seen.insert(port).inserted || entry.count > option.count else { return .none }
        }
        entry.count &+= 1
        if purpose == .filter { return entry.count > option.count ? .alert : .none }
        switch option.kind {
        case .limit: return entry.count <= option.count ? .alert : .silent
        case .both, .backoff:
            return entry.count == option.count ? .alert : entry.count > option.count ? .silent : .none
        case .threshold:
            guard entry.count >= option.count else { return .none }
            entry.count = 0
            return .alert
        }
    }

    /// Alerts at `count`, then at `multiplier` times as many, and so on.
    private static func backOff(_ option: ThresholdOption, _ entry: inout Entry) -> Result {
        entry.count &+= 1
        if entry.next == 0 { entry.next = UInt64(option.count) }
        guard UInt64(entry.count) == entry.next else { return .silent }
        entry.next = entry.next.multipliedReportingOverflow(by: UInt64(max(option.multiplier, 1))).partialValue
        return .alert
    }

    private static func rate(
        _ option: ThresholdOption, _ action: Rule.Action, _ timeout: UInt32, _ entry: inout Entry, _ now: Timestamp
    ) -> Result {
        if let until = entry.changedUntil {
            if now <= until { return .changed(action) }
            entry = Entry(start: now)
        }
        let age = now.nanoseconds(since: entry.start)
        if age < 0 || age > Int64(option.seconds) * 1_000_000_000 { entry = Entry(start: now) }
        entry.count &+= 1
        guard entry.count > option.count else { return .alert }
        entry.changedUntil = now.advanced(byNanoseconds: Int64(timeout) * 1_000_000_000)
        return .changed(action)
    }

    private func key(
        _ option: ThresholdOption, _ purpose: Purpose, _ rule: Rule, _ packet: borrowing DecodedPacket, _ facts: FlowFacts
    ) -> Key {
        var key = Key(rule: UInt64(rule.gid) << 32 | UInt64(rule.sid), purpose: purpose, flowID: 0)
        switch option.track {
        case .bySource: key.first = packet.source
        case .byDestination: key.first = packet.destination
        case .byBoth:
            // A pair is the same both ways.
            let isOrdered =
                (packet.source.high, packet.source.low) <= (packet.destination.high, packet.destination.low)
            key.first = isOrdered ? packet.source : packet.destination
            key.second = isOrdered ? packet.destination : packet.source
        case .byFlow: key.flowID = facts.flowID
        case .byRule: break
        }
        return key
    }
}
