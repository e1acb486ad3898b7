import AppLayer
public import RuleLanguage

/// What a rule looks at and what that costs, for `ipsctl rules analyze`.
public struct RuleAnalysis: Sendable {
    /// How often the rule has to be looked at, and how dear a look is.
    public enum Cost: String, Sendable {
        /// Only where its pattern was found.
        case low
        /// For each packet, but only in its headers; or where a short pattern was found; or with an expression.
        case medium
        /// In the payload of each packet or in each transaction.
        case high
    }

    public let rule: Rule
    public let type: String
    public let buffers: [String]
    /// Buffer and bytes; nil when every packet or transaction has to be looked at.
    public let fastPattern: (buffer: String, bytes: [UInt8])?
    public let cost: Cost
    public let warnings: [Diagnostic]

    init(_ compiled: CompiledRule, _ bits: BitUsage) {
        rule = compiled.rule
        type = compiled.type.name
        var names: [String] = []
        for group in compiled.groups {
            let name = group.target?.buffer.keyword ?? "payload"
            if !names.contains(name) { names.append(name) }
        }
        buffers = names
        fastPattern = compiled.prefilter.map { ($0.target?.buffer.keyword ?? "payload", $0.pattern) }
        cost = Self.cost(compiled)
        warnings = Self.warnings(compiled) + bits.warnings(compiled)
    }

    private static let shortPattern = 4

    private static func cost(_ rule: CompiledRule) -> Cost {
        guard let prefilter = rule.prefilter else { return rule.groups.isEmpty ? .medium : .high }
        return prefilter.pattern.count < shortPattern || rule.groups.contains(where: \.hasExpression) ? .medium : .low
    }

    private static func warnings(_ rule: CompiledRule) -> [Diagnostic] {
        guard !rule.rule.neverMatches else { return [] }
        var found: [Diagnostic] = []
        func warn(_ code: DiagnosticCode, _ message: String) { found.append(rule.rule.diagnostic(.warning, code, message)) }
        if let prefilter = rule.prefilter {
            let count = prefilter.pattern.count
            if count < shortPattern { warn(.shortFastPattern, "the fast pattern has only \(count) byte\(count == 1 ? "" : "s")") }
        } else if !rule.groups.isEmpty {
            warn(
                .noFastPattern,
                "no content to look for first: the rule is tried on every packet or transaction of its protocol")
        }
        if rule.groups.contains(where: \.hasExpression), !rule.groups.contains(where: \.hasContent) {
            warn(.expressionOnly, "a pcre without a content: the expression runs on everything that the rule is tried on")
        }
        if rule.isRawOnAnyPort, (rule.prefilter?.pattern.count ?? 0) < shortPattern {
            warn(.anyPort, "the rule looks into the payload of every port: name ports, or a protocol in the header")
        }
        return found
    }
}

extension BufferGroup {
    fileprivate var hasExpression: Bool { steps.contains { if case .pcre = $0 { true } else { false } } }

    fileprivate var hasContent: Bool {
        steps.contains { if case .content(let content) = $0 { !content.isNegated } else { false } }
    }
}

extension CompiledRule {
    fileprivate var isRawOnAnyPort: Bool {
        payloadGroup != nil && proto.appProtocols.isEmpty && rule.header.sourcePorts.isAny && rule.header.destinationPorts.isAny
    }
}

/// Which rules of a set set bits (`flowbits`, `xbits`, `hostbits`) and which ask for them.
struct BitUsage {
    private struct Use {
        var isSet = false
        var isAsked = false
    }

    private var uses: [UInt32: Use] = [:]
    private let names: [UInt32: String]

    init(_ rules: [CompiledRule], _ names: NameTable) {
        self.names = names.bits
        for rule in rules {
            for bit in rule.bitsSet { uses[bit, default: Use()].isSet = true }
            for bits in rule.bitsAsked { for bit in bits.numbers { uses[bit, default: Use()].isAsked = true } }
        }
    }

    /// Rules that wait for a bit that nobody sets: they never match.
    func neverSet(_ rule: CompiledRule) -> Diagnostic? {
        for bits in rule.bitsAsked where bits.isSet {
            guard bits.numbers.allSatisfy({ uses[$0]?.isSet != true }) else { continue }
            let text = bits.numbers.map { name($0) }.joined(separator: " nor ")
            return rule.rule.diagnostic(.warning, .flowbitNeverSet, "the rule never matches: no rule sets \(text)")
        }
        return nil
    }

    func warnings(_ rule: CompiledRule) -> [Diagnostic] {
        guard !uses.isEmpty else { return [] }
        var result: [Diagnostic] = []
        if let warning = neverSet(rule) { result.append(warning) }
        for bits in rule.bitsAsked where !bits.isSet {
            for bit in bits.numbers where uses[bit]?.isSet != true {
                result.append(
                    rule.rule.diagnostic(.warning, .flowbitNeverSet, "no rule sets \(name(bit)): asking that it is not set has no effect"))
            }
        }
        for bit in rule.bitsSet where uses[bit]?.isAsked != true {
            result.append(rule.rule.diagnostic(.warning, .flowbitNeverChecked, "no rule asks for \(name(bit)), which this one sets"))
        }
        return result
    }

    private func name(_ bit: UInt32) -> String { names[bit] ?? "the bit" }
}

extension CompiledRule {
    /// Alternatives, one of which must be set, or none of which may be.
    fileprivate var bitsAsked: [(numbers: [UInt32], isSet: Bool)] {
        checks.compactMap { check in
            switch check {
            case .flowbits(let numbers, let isSet): (numbers, isSet)
            case .hostBit(let bit, let isSet): ([bit.name], isSet)
            default: nil
            }
        }
    }

    fileprivate var bitsSet: [UInt32] {
        effects.compactMap { effect in
            switch effect {
            case .setBit(let bit), .toggleBit(let bit): bit
            case .setHostBit(let bit, .set, _), .setHostBit(let bit, .toggle, _): bit.name
            default: nil
            }
        }
    }
}

extension NameTable {
    /// Bits as messages name them.
    fileprivate var bits: [UInt32: String] {
        var result: [UInt32: String] = [:]
        for (name, number) in all {
            let text = name.hasPrefix("host:") ? "the hostbit '\(name.dropFirst(5))'"
                : name.hasPrefix("x:") ? "the xbit '\(name.dropFirst(2))'" : "the flowbit '\(name)'"
            result[number] = text
        }
        return result
    }
}
