import RuleLanguage
import Wire

/// Counters of `threshold` and `detection_filter`, one set for each worker.
struct Thresholds {
    enum Result { case alert, silent, none }

    private struct Key: Hashable {
        var rule: UInt64
        var isFilter: Bool
        var addresses: [IPAddress]
    }

    private struct Entry {
        var start: Timestamp
        var count: UInt32
    }

    private var entries: [Key: Entry] = [:]
    /// Beyond it all counters start anew, so that a scan from many addresses can't fill memory.
    private static let capacity = 65_536

    /// Suricata's meaning: `limit` alerts for the first matches, `threshold` for each Nth, `both` for
    /// the Nth once; what is over the limit still acts, what is under it does not match at all.
    mutating func count(
        _ option: ThresholdOption, isFilter: Bool, _ rule: Rule, _ packet: borrowing DecodedPacket, now: Timestamp
    ) -> Result {
        let key = key(option, isFilter, rule, packet)
        if entries.count >= Self.capacity, entries[key] == nil { entries.removeAll(keepingCapacity: true) }
        var entry = entries[key] ?? Entry(start: now, count: 0)
        let age = now.nanoseconds(since: entry.start)
        if age < 0 || age > Int64(option.seconds) * 1_000_000_000 { entry = Entry(start: now, count: 0) }
        entry.count &+= 1
        defer { entries[key] = entry }
        if isFilter { return entry.count > option.count ? .alert : .none }
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

    private func key(
        _ option: ThresholdOption, _ isFilter: Bool, _ rule: Rule, _ packet: borrowing DecodedPacket
    ) -> Key {
        let addresses: [IPAddress] =
            switch option.track {
            case .bySource: [packet.source]
            case .byDestination: [packet.destination]
            case .byBoth, .byFlow: [packet.source, packet.destination]
            case .byRule: []
            }
        return Key(rule: UInt64(rule.gid) << 32 | UInt64(rule.sid), isFilter: isFilter, addresses: addresses)
    }
}
