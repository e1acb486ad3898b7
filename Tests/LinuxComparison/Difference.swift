import Wire

/// Where Linux and the engine disagree about a script.
package struct Difference: Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Linux's application read what the engine has not inspected.
        case uninspected
        /// An honest sender's bytes did not all arrive, or were not all inspected.
        case incomplete
        /// With the engine in front of it Linux got less than without.
        case lost
        /// The engine dropped what Linux itself sent.
        case answerDropped = "answer dropped"
        /// The engine has inspected other bytes of an honest sender than Linux got.
        case misread
    }

    package var kind: Kind
    package var detail: String
    package var description: String { "\(kind.rawValue): \(detail)" }

    static func find(inline: Comparison.Outcome, _ script: Script) -> Difference? {
        for received in inline.received where !received.isEmpty {
            let common =
                script.unseen > 0
                ? InspectedStream.covered(received, by: inline.inspected, unseen: inline.unseen)
                : inline.inspected.map { $0.commonPrefix(with: received) }.max() ?? 0
            guard common < received.count else { continue }
            return Difference(
                kind: .uninspected,
                detail: "Linux read \(received.count) bytes, \(common) as inspected; inspected: \(inline.inspected.map(\.count))")
        }
        guard script.isBenign else { return nil }
        if !inline.kernelDrops.isEmpty { return Difference(kind: .answerDropped, detail: "\(inline.kernelDrops)") }
        return incompleteness(inline, script, "inline")
    }

    static func find(inline: Comparison.Outcome, beside: Comparison.Outcome, _ script: Script) -> Difference? {
        // Beside the wire nothing can be done about urgent marks: what they mean depends on when the application reads.
        if script.isBenign, script.urgentCount == 0, let difference = incompleteness(beside, script, "beside the wire") {
            return difference
        }
        let count = min(inline.receivedCount, script.length)
        guard count + script.urgentCount < min(beside.receivedCount, script.length), !isBlocked(script) else { return nil }
        return Difference(
            kind: .lost, detail: "\(count) bytes of \(beside.receivedCount); \(inline.peerDrops) segments dropped")
    }

    /// What gets in an honest sender's way on purpose: a FIN elsewhere than at the end (when it is the first, it counts),
    /// another SYN (whichever is answered first, counts), and data in a SYN without fast open (it is dropped whole).
    private static func isBlocked(_ script: Script) -> Bool {
        script.steps.contains {
            guard case .segment(let segment) = $0 else { return false }
            if segment.flags.contains(.fin) {
                return segment.anchor != .stream || segment.offset + segment.length != script.length
            }
            guard segment.flags.contains(.syn) else { return false }
            return segment.anchor != .stream || segment.offset != -1 || segment.length > 0 && segment.options.first != 34
        }
    }

    private static func incompleteness(_ outcome: Comparison.Outcome, _ script: Script, _ place: String) -> Difference? {
        let inspected = outcome.inspected.first?.count ?? 0
        guard script.unseen == 0 else { return shortfall(outcome, script, place) }
        guard inspected == outcome.receivedCount else {
            return Difference(kind: .misread, detail: "\(place): Linux read \(outcome.receivedCount) bytes, inspected are \(inspected)")
        }
        if let received = outcome.received.first, let stream = outcome.inspected.first {
            let common = stream.commonPrefix(with: received)
            if common < received.count {
                let what = stream.missed.contains { $0.contains(common) } ? "not inspected" : "other bytes"
                return Difference(kind: .misread, detail: "\(place): \(what) from \(common) on")
            }
        }
        return shortfall(outcome, script, place)
    }

    private static func shortfall(_ outcome: Comparison.Outcome, _ script: Script, _ place: String) -> Difference? {
        guard outcome.receivedCount + script.urgentCount >= script.length else {
            return Difference(kind: .incomplete, detail: "\(place): Linux read \(outcome.receivedCount) bytes of \(script.length)")
        }
        return nil
    }
}

extension Script {
    /// Segments with an urgent mark, whose bytes need not arrive where they are out of band.
    fileprivate var urgentCount: Int {
        steps.count { if case .segment(let segment) = $0 { segment.flags.contains(.urg) } else { false } }
    }
}
