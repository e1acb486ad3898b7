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
            for request in patch.exploits { outcomes.append(prove(patch, request, isExploit: true, evasion)) }
            for request in patch.benign { outcomes.append(prove(patch, request, isExploit: false, evasion)) }
        }
        return outcomes
    }

    private func prove(
        _ patch: PatchPackage, _ request: PatchPackage.Request, isExploit: Bool, _ evasion: Evasion
    ) -> Outcome {
        let run = run(request, evasion)
        let rules = run.sids.isEmpty ? "no rule matched" : "matched: sid \(run.sids)"
        let (holds, explanation) =
            switch (isExploit, run.isDropped, run.isDelivered) {
            case (true, true, false): (true, "")
            case (true, true, true): (false, "a rule dropped packets, and the server got the whole request (\(rules))")
            case (true, false, _): (false, "no rule dropped it (\(rules))")
            case (false, false, true): (true, "")
            case (false, true, _): (false, "dropped (\(rules))")
            case (false, false, false): (false, "the server did not get the whole request (\(rules))")
            }
        return Outcome(
            patch: patch.id, request: request.name, isExploit: isExploit, evasion: evasion, holds: holds,
            explanation: explanation)
    }

    private struct Run {
        /// A rule dropped a packet.
        var isDropped = false
        /// The server got the request as it was sent.
        var isDelivered = false
        /// The rules that matched.
        var sids = ""
    }

    private func run(_ request: PatchPackage.Request, _ evasion: Evasion) -> Run {
        let pipeline = Pipeline(configuration: PipelineConfiguration(mode: .prevent), ruleSet: ruleSet)
        var receiver = Receiver()
        var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        for packet in evasion.conversation(request.bytes, port: request.port) {
            time = time.advanced(byNanoseconds: 1_000_000)
            let verdict = pipeline.process(
                packet.span, metadata: PacketMetadata(time: time, link: .rawIP, verifiesChecksums: true))
            switch verdict {
            case .accept, .bypass: receiver.receive(packet, now: time)
            case .rewrite: receiver.receive(pipeline.rewrittenPacket, now: time)
            case .drop, .reject: break
            }
        }
        return Run(
            isDropped: pipeline.counters.droppedByRules > 0,
            isDelivered: receiver.stream == evasion.before + request.bytes,
            sids: Set(pipeline.decisions.compactMap(\.sid)).sorted().map(String.init).joined(separator: ", "))
    }
}
