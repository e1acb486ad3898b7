public import Detection
public import Patches

/// Shows that a patch does what it promises: its exploits are dropped, and benign requests pass whole.
public struct PatchProof {
    public enum Result: Sendable, Hashable {
        case holds
        /// What happened instead.
        case fails(String)
        /// The request can't be sent in that way.
        case notApplicable
    }

    /// One request sent in one way.
    public struct Outcome: Sendable {
        public let patch: String
        public let request: String
        public let isExploit: Bool
        public let evasion: Evasion
        public let result: Result
    }

    private let ruleSet: RuleSet

    /// - Parameter ruleSet: the rules that are in force, other patches' included.
    public init(ruleSet: RuleSet) { self.ruleSet = ruleSet }

    public func prove(_ patch: PatchPackage, evasions: [Evasion]) -> [Outcome] {
        let requests = patch.exploits.map { ($0, true) } + patch.benign.map { ($0, false) }
        return evasions.flatMap { evasion in
            requests.map { request, isExploit in
                Outcome(
                    patch: patch.id, request: request.name, isExploit: isExploit, evasion: evasion,
                    result: result(ProofRequest(request, of: patch, isExploit: isExploit), evasion))
            }
        }
    }

    private func result(_ request: ProofRequest, _ evasion: Evasion) -> Result {
        guard request.isExploit || evasion.demand == .both, let message = evasion.message(request) else { return .notApplicable }
        var connection = ProofConnection(evasion.script(message), port: request.port, ruleSet: ruleSet)
        connection.run()
        let rules = connection.sids.isEmpty ? "no rule matched" : "matched: sid \(connection.sids)"
        guard request.isExploit else {
            if connection.isDropped { return .fails("dropped (\(rules))") }
            let isUnaltered = connection.receiver.stream == message.bytes
            return isUnaltered ? .holds : .fails("the server did not get the whole request (\(rules))")
        }
        let isWhole = connection.receiver.couldRead(message.bytes[message.essential], at: message.essential.lowerBound)
        if isWhole, connection.isDropped { return .fails("a rule dropped packets, and the server got the whole request (\(rules))") }
        if connection.isDropped || evasion.demand == .absence && !isWhole { return .holds }
        return .fails(isWhole ? "no rule dropped it, and the server got it (\(rules))" : "no rule dropped it (\(rules))")
    }
}
