public import Detection
import Inspection
public import Patches
import Wire

/// Shows that a patch does what it promises: its exploits are dropped, and benign requests pass whole.
public struct PatchProof {
    /// One request sent in one way.
    public struct Outcome: Sendable {
        public let patch: String
        public let request: String
        public let isExploit: Bool
        public let evasion: Evasion
        public let holds: Bool
        /// What happened instead, when it does not hold.
        public let explanation: String
    }

    private let ruleSet: RuleSet

    /// - Parameter ruleSet: the rules that are in force, other patches' included.
    public init(ruleSet: RuleSet) { self.ruleSet = ruleSet }

    public func prove(_ patch: PatchPackage, evasions: [Evasion]) -> [Outcome] {
        var outcomes: [Outcome] = []
        for evasion in evasions {
            for request in patch.exploits {
                let (dropped, sids) = run(request, evasion)
                outcomes.append(
                    Outcome(
                        patch: patch.id, request: request.name, isExploit: true, evasion: evasion, holds: dropped,
                        explanation: dropped ? "" : "nothing was dropped" + (sids.isEmpty ? "" : " (alerts: \(sids))")))
            }
            for request in patch.benign {
                let (dropped, sids) = run(request, evasion)
                outcomes.append(
                    Outcome(
                        patch: patch.id, request: request.name, isExploit: false, evasion: evasion, holds: !dropped,
                        explanation: dropped ? "dropped by \(sids.isEmpty ? "no rule" : "sid \(sids)")" : ""))
            }
        }
        return outcomes
    }

    /// Whether a rule dropped a packet of the request, and which rules matched.
    private func run(_ request: PatchPackage.Request, _ evasion: Evasion) -> (dropped: Bool, sids: String) {
        let pipeline = Pipeline(configuration: PipelineConfiguration(mode: .prevent), ruleSet: ruleSet)
        var isDropped = false
        var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        for packet in evasion.conversation(request.bytes, port: request.port) {
            time = time.advanced(byNanoseconds: 1_000_000)
            let verdict = pipeline.process(
                packet.span, metadata: PacketMetadata(time: time, link: .rawIP, verifiesChecksums: true))
            // A copy that differs is rewritten or dropped as a stream error; that is no rule's work.
            if verdict == .drop || verdict == .reject, pipeline.counters.droppedByRules > 0 { isDropped = true }
        }
        let sids = Set(pipeline.decisions.compactMap(\.sid)).sorted().map(String.init).joined(separator: ", ")
        return (isDropped, sids)
    }
}
