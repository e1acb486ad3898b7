import RuleLanguage
import Wire

/// How often a rule may alert: its own options and what threshold.config says of it.
struct RateControl: Sendable {
    var threshold: ThresholdOption?
    var filter: ThresholdOption?
    var rateFilters: [(option: ThresholdOption, newAction: Rule.Action, timeoutSeconds: UInt32)] = []
    var suppressions: [(track: ThresholdFile.SuppressTrack?, addresses: AddressSet)] = []

    var isEmpty: Bool { threshold == nil && filter == nil && rateFilters.isEmpty && suppressions.isEmpty }

    /// The rule's own threshold goes before the file's, and an entry for the rule before one for all.
    mutating func take(_ file: ThresholdFile, for rule: Rule) {
        let entries = file.entries.filter { $0.applies(to: rule) }
        for entry in entries {
            switch entry.kind {
            case .suppress(let track, let addresses): suppressions.append((track, addresses))
            case .rateFilter(let option, let action, let timeout): rateFilters.append((option, action, timeout))
            case .threshold: break
            }
        }
        guard threshold == nil, filter == nil else { return }
        let thresholds = entries.filter { if case .threshold = $0.kind { true } else { false } }
        guard let entry = thresholds.last(where: { $0.sid != 0 }) ?? thresholds.last, case .threshold(let option) = entry.kind
        else { return }
        threshold = option
    }

    func isSuppressed(_ packet: borrowing DecodedPacket) -> Bool {
        let (source, destination) = (packet.source, packet.destination)
        return suppressions.contains { track, addresses in
            switch track {
            case nil: true
            case .bySource: addresses.contains(source)
            case .byDestination: addresses.contains(destination)
            case .byEither: addresses.contains(source) || addresses.contains(destination)
            }
        }
    }
}
