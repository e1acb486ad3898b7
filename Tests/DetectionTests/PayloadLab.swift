import AppLayer
import Detection
import RuleLanguage
import TestSupport
import Wire

/// Rules against single datagrams, without flows.
struct PayloadLab {
    let ruleSet: RuleSet
    let diagnostics: [Diagnostic]
    private let detector: Detector

    /// - Parameter options: one rule's options each, without sid; sids count from 1.
    init(_ options: [String], header: String = "alert udp any any -> any any") {
        self.init(rules: options.enumerated().map { "\(header) (\($0.element) sid:\($0.offset + 1);)" }.joined(separator: "\n"))
    }

    init(rules: String, options: CompilerOptions = CompilerOptions()) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rules.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, options: options)
        ruleSet = set
        diagnostics = parsed.diagnostics + problems
        detector = Detector(ruleSet: set)
    }

    /// The sids that match a datagram, in order of evaluation.
    func sids(_ payload: [UInt8], at seconds: Int = 0, from builder: PacketBuilder = .to(port: 53)) -> [UInt32] {
        sids(packet: builder.udp(payload: payload), at: seconds)
    }

    func sids(_ payload: String) -> [UInt32] { sids(Array(payload.utf8)) }

    func sids(packet bytes: [UInt8], at seconds: Int = 0) -> [UInt32] {
        var facts = FlowFacts()
        facts.now = Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000)
        detector.inspect(DecodedPacket(raw: bytes), frame: bytes.span, facts: facts, state: nil, session: nil)
        return detector.matches.filter { !$0.isSilent }.map { ruleSet.rules[$0.rule].rule.sid }
    }

    func matches(_ payload: [UInt8]) -> [RuleMatch] {
        _ = sids(payload)
        return detector.matches
    }
}
