public import RuleLanguage

/// The compiled rules: immutable, shared by all workers, replaced as a whole at reload.
public final class RuleSet: Sendable {
    /// In order of evaluation: action, flowbits, …, priority, load order (see `docs/rules.md`).
    public let rules: [CompiledRule]
    /// Differs between any two rule sets of one process.
    public let generation: UInt32

    private init(rules: [CompiledRule], generation: UInt32) {
        self.rules = rules
        self.generation = generation
    }

    /// Compiles what can be compiled; the rest is diagnosed and left out.
    /// - Parameter previous: flowbit and variable names keep their numbers across a reload.
    public static func compile(
        _ rules: [Rule], options: CompilerOptions, previous: RuleSet?
    ) -> (RuleSet, [Diagnostic]) {
        (RuleSet(rules: [], generation: 0), [])
    }
}

public struct CompilerOptions: Sendable {
    /// suricata.yaml `action-order`.
    public var actionOrder: [Rule.Action] = [.pass, .drop, .reject, .alert]
    public init() {}
}

/// A rule as the engine needs it at run time.
public struct CompiledRule: Sendable {
    public let rule: Rule
    public let type: RuleType
}

/// Suricata's signature types; they decide what an action applies to.
public enum RuleType: UInt8, Sendable {
    case ipOnly, likeIPOnly, protocolDetectionOnly, decoderEventOnly
    case packet, packetStream, stream, appLayer, appLayerTransaction

    /// See `docs/rules.md`, "Scope of an action".
    public enum Scope: Sendable { case packet, flow, flowIfState }
}
