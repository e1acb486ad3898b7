public import AppLayer
public import RuleLanguage

/// The compiled rules: immutable, shared by all workers, replaced as a whole at reload.
public final class RuleSet: Sendable {
    /// In order of evaluation: action, flowbits, priority, load order (see `docs/rules.md`).
    public let rules: [CompiledRule]
    /// Differs between any two rule sets of one process.
    public let generation: UInt32
    /// The rule set before this one, 0 for none, and for each rule its index there when it has not changed.
    let previousGeneration: UInt32
    let origins: [UInt32?]
    let index: RuleIndex
    let names: NameTable
    let reputation: Reputation
    /// By name; kept over reloads.
    let datasets: [String: Dataset]
    /// Hashes of files that rules compare.
    public let fileDigests: Set<FileDigests.Algorithm>
    /// Frames that rules look into.
    public let frames: Set<Buffer>
    /// Set when rules ask what kind files are of.
    public let fileMagic: FileMagic?

    init(
        rules: [CompiledRule], generation: UInt32, index: RuleIndex, names: NameTable, reputation: Reputation,
        datasets: [String: Dataset], fileMagic: FileMagic?, previous: RuleSet?
    ) {
        self.fileMagic = fileMagic
        previousGeneration = previous?.generation ?? 0
        origins = Self.origins(of: rules, in: previous)
        self.reputation = reputation
        self.datasets = datasets
        self.rules = rules
        self.generation = generation
        self.index = index
        self.names = names
        frames = Set(rules.lazy.compactMap(\.frame))
        fileDigests = Set(
            rules.flatMap(\.checks).compactMap { check in
                if case .fileHash(let list, _) = check { list.algorithm } else { nil }
            })
    }

    /// Compiles what can be compiled; the rest is diagnosed and left out.
    /// - Parameters:
    ///   - rules: what was read of a rule is let go of as soon as it is compiled, when nobody else holds it.
    ///   - previous: flowbit and variable names keep their numbers across a reload.
    public static func compile(
        _ rules: consuming [Rule], options: CompilerOptions = CompilerOptions(), previous: RuleSet? = nil
    ) -> (RuleSet, [Diagnostic]) {
        var names = previous?.names ?? NameTable()
        var datasets = DatasetCatalogue(previous: previous?.datasets ?? [:])
        var diagnostics: [Diagnostic] = []
        var compiled: [CompiledRule] = []
        compiled.reserveCapacity(rules.count)
        var newest = newest(of: consume rules, &diagnostics)
        for place in newest.indices {
            var rule = Rule()
            swap(&rule, &newest[place])
            // Moved, not shared: a copy of the tables for each rule would take the square of their number.
            var compiler = RuleCompiler(rule: rule, names: names, options: options, datasets: datasets)
            (names, datasets) = (NameTable(), DatasetCatalogue(previous: [:]))
            defer { (names, datasets) = (compiler.names, compiler.datasets) }
            do throws(CompileError) {
                compiled.append(try compiler.compile())
                if let silence = compiler.silence {
                    diagnostics.append(rule.diagnostic(.warning, .neverMatches, "the rule never matches: \(silence)"))
                }
            } catch {
                diagnostics.append(rule.diagnostic(.error, error.code, error.message, at: error.location))
            }
        }
        let bits = BitUsage(compiled, names)
        diagnostics += compiled.compactMap { bits.neverSet($0) }
        let ordered = RuleOrder(actions: options.actionOrder).sorted(compiled)
        let set = RuleSet(
            rules: ordered, generation: (previous?.generation ?? 0) &+ 1, index: RuleIndex(ordered), names: names,
            reputation: options.reputation, datasets: datasets.datasets,
            fileMagic: options.fileMagic.loaded, previous: previous)
        return (set, diagnostics)
    }

    private static func origins(of rules: [CompiledRule], in previous: RuleSet?) -> [UInt32?] {
        guard let previous else { return [] }
        var places: [UInt64: UInt32] = [:]
        for (index, rule) in previous.rules.enumerated() { places[rule.rule.key] = UInt32(index) }
        return rules.map { rule in
            places[rule.rule.key].flatMap { previous.rules[Int($0)].textHash == rule.textHash ? $0 : nil }
        }
    }

    /// Of rules with one gid and sid the highest revision counts, and of equal ones the first.
    private static func newest(of rules: consuming [Rule], _ diagnostics: inout [Diagnostic]) -> [Rule] {
        var places: [UInt64: Int] = [:]
        var result: [Rule] = []
        for rule in rules {
            guard let place = places[rule.key] else {
                places[rule.key] = result.count
                result.append(rule)
                continue
            }
            let other = result[place]
            let isNewer = rule.rev > other.rev
            diagnostics.append(
                rule.diagnostic(
                    isNewer ? .warning : .error, isNewer ? .replaced : .duplicateSID,
                    "sid \(rule.sid) is taken by the rule in \(other.location.file):\(other.location.line)"
                        + (isNewer ? "; the higher revision \(rule.rev) replaces it" : "")))
            if isNewer { result[place] = rule }
        }
        return result
    }

    /// Names of the flowbits that a flow has, sorted.
    public func flowbits(of state: FlowDetectionState) -> [String] { names.names(of: state.bits).sorted() }

    /// The flow's integers (`flowint`), sorted by name.
    public func flowIntegers(of state: FlowDetectionState) -> [(name: String, value: UInt32)] {
        guard !state.ints.isEmpty else { return [] }
        return names.all.compactMap { entry in state.ints[entry.value].map { (entry.key, $0) } }.sorted { $0.name < $1.name }
    }

    /// What each rule looks at, in the order of evaluation.
    public var analysis: [RuleAnalysis] {
        let bits = BitUsage(rules, names)
        return rules.map { RuleAnalysis($0, bits) }
    }
}

extension Rule {
    /// gid and sid.
    var key: UInt64 { UInt64(gid) << 32 | UInt64(sid) }
}

public struct CompilerOptions: Sendable {
    /// suricata.yaml `action-order`.
    public var actionOrder: [Rule.Action] = [.pass, .drop, .reject, .alert]
    /// Different `flowbits` that one rule may name (`detect.flowbits.max-per-signature`); nil for any number.
    public var maximumFlowbits: Int?
    public var thresholds = ThresholdFile()
    public var reputation = Reputation()
    /// Countries of addresses, for `geoip`; nil when the configuration names no database.
    public var countries: GeoDatabase?
    /// For `file.magic`.
    public var fileMagic = FileMagicSource()
    /// For the transforms `domain` and `tld`.
    public var publicSuffixes = PublicSuffixSource()
    /// The values and objects of a JSON file, for `dataset` with `format json`: all objects that `arrayKey` leads
    /// to with what `valueKey` leads to in each. Set by the room that has a JSON reader.
    public var readJSON:
        @Sendable (_ bytes: [UInt8], _ option: DatasetOption) throws(FileFailure) -> [(value: String, object: String)] = {
            _, _ throws(FileFailure) in throw FileFailure(message: "JSON can't be read here")
        }
    /// Reads a file that a rule names, relative to the folder of the file that the rule stands in. The rooms of
    /// the engine do no I/O themselves.
    public var readFile: @Sendable (_ path: String, _ ruleFile: String) throws(FileFailure) -> [UInt8] = {
        path, _ throws(FileFailure) in throw FileFailure(message: "'\(path)' can't be read here")
    }

    public struct FileFailure: Error {
        public let message: String
        public init(message: String) { self.message = message }
    }
    public init() {}
}

/// Why a rule that is well written can't be run by this engine.
struct CompileError: Error {
    var message: String
    var location: SourceLocation?
    var code = DiagnosticCode.value
}

/// Numbers for flowbit and flowint names; only grows, so that flows keep their bits across a reload.
struct NameTable: Sendable {
    private var numbers: [String: UInt32] = [:]
    private var names: [String] = []
    var all: [String: UInt32] { numbers }

    func names(of wanted: Set<UInt32>) -> [String] {
        wanted.compactMap { names.indices.contains(Int($0)) ? names[Int($0)] : nil }
    }

    mutating func number(_ name: String) -> UInt32 {
        if let known = numbers[name] { return known }
        let new = UInt32(numbers.count)
        numbers[name] = new
        names.append(name)
        return new
    }
}
