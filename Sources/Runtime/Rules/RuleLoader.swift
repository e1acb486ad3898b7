import AppLayer
public import Detection
import Foundation
import Inspection
import Patches
public import RuleLanguage

/// Turns rule files, folders and patch packages into a rule set; everything that can't be loaded is diagnosed.
public struct RuleLoader: Sendable {
    public struct Result: Sendable {
        public let ruleSet: RuleSet
        /// Rules in the set.
        public let loaded: Int
        /// Rules that were refused.
        public let failed: Int
        public let diagnostics: [Diagnostic]
        public let seconds: Double
        /// The patches that the rules are of, and what the operator wants of them.
        public let policy: PolicyCompiler
    }

    private let configuration: Configuration

    public init(configuration: Configuration) { self.configuration = configuration }

    /// - Parameter previous: the running set, so that flow state survives the exchange.
    /// - Throws: when a file can't be read; a rule that can't be loaded is a diagnostic instead.
    public func load(previous: RuleSet?) throws(ConfigurationError) -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let variables = try makeVariables()
        var diagnostics: [Diagnostic] = []
        let parser = try makeParser(variables, &diagnostics)
        var rules: [Rule] = []
        let (numbered, policy) = try numberedSources(&diagnostics)
        for (file, number) in numbered {
            let parsed = parser.parse(file: file, bytes: try TextFile.bytes(file))
            rules += number == 0 ? parsed.rules : parsed.rules.map { $0.of(patch: number) }
            diagnostics += parsed.diagnostics
        }
        let options = try compilerOptions(variables, &diagnostics)
        let (ruleSet, problems) = RuleSet.compile(consume rules, options: options, previous: previous)
        diagnostics += problems
        let duration = clock.now - start
        return Result(
            ruleSet: ruleSet, loaded: ruleSet.rules.count, failed: Self.failures(diagnostics),
            diagnostics: diagnostics, seconds: duration.seconds, policy: policy)
    }

    /// The patches and the policy alone, without the rules.
    public func loadPolicy() throws(ConfigurationError) -> (policy: PolicyCompiler, diagnostics: [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        let policy = try numberedSources(&diagnostics).policy
        return (policy, diagnostics)
    }

    /// The rule files, each with the number of its patch (0 for none), without patches that are off for ever.
    private func numberedSources(
        _ diagnostics: inout [Diagnostic]
    ) throws(ConfigurationError) -> (files: [(file: String, patch: UInt16)], policy: PolicyCompiler) {
        let policy = try policy(&diagnostics)
        var files: [(file: String, patch: UInt16)] = []
        var (patches, leftOut): ([PatchIdentity], [PatchIdentity]) = ([], [])
        for source in try sources(&diagnostics) {
            guard let patch = source.patch else {
                files.append((source.file, 0))
                continue
            }
            if let end = patch.end, patch.hasEnded(by: .now) {
                diagnostics.append(
                    Diagnostic(
                        severity: .warning, code: .file, location: SourceLocation(file: source.file, line: 1, column: 1), sid: nil,
                        message: "the patch \(patch.id) ended on \(end) and is off", excerpt: nil))
                leftOut.append(PatchIdentity(id: patch.id, title: patch.title, stage: .off, place: patch.place, end: end))
                continue
            }
            guard policy.canHold(patch: patch.id, stage: patch.stage) else {
                leftOut.append(patch)
                continue
            }
            guard patches.count < UInt16.max else {
                throw ConfigurationError(file: source.file, message: "more than \(UInt16.max) patches")
            }
            patches.append(patch)
            files.append((source.file, UInt16(patches.count)))
        }
        return (files, PolicyCompiler(patches: patches, policy: policy, leftOut: leftOut))
    }

    private func policy(_ diagnostics: inout [Diagnostic]) throws(ConfigurationError) -> Policy {
        guard let file = configuration.policyPath, !configuration.isPolicyOptional || Paths.exists(file) else { return .none }
        do throws(PatchError) {
            let policy = try PolicyReader.read(file)
            diagnostics += policy.expired(at: .now).map { expired in
                Diagnostic(
                    severity: .warning, code: .file, location: expired.location, sid: nil, message: expired.message, excerpt: nil)
            }
            return policy
        } catch {
            throw ConfigurationError(file: error.file, line: error.line, column: error.column, message: error.message)
        }
    }

    /// The rule files in the order in which they are loaded; a folder stands for its `.rules` files by name.
    private func sources(_ diagnostics: inout [Diagnostic]) throws(ConfigurationError) -> [RuleFiles.Source] {
        var (result, problems) = try RuleFiles.expand(configuration.rulePaths)
        diagnostics += problems
        if let patches = configuration.patchesPath { result += try RuleFiles.inPatches(patches) }
        return result
    }

    private func makeVariables() throws(ConfigurationError) -> RuleVariables {
        var variables = RuleVariables()
        for (name, value) in configuration.addressGroups { variables.setAddressGroup(name, to: value) }
        for (name, value) in configuration.portGroups { variables.setPortGroup(name, to: value) }
        for (name, _) in configuration.addressGroups {
            if let problem = variables.problem(addressGroup: name) {
                throw ConfigurationError(file: "vars.address-groups.\(name)", message: problem.message)
            }
        }
        for (name, _) in configuration.portGroups {
            if let problem = variables.problem(portGroup: name) {
                throw ConfigurationError(file: "vars.port-groups.\(name)", message: problem.message)
            }
        }
        return variables
    }

    private func makeParser(
        _ variables: RuleVariables, _ diagnostics: inout [Diagnostic]
    ) throws(ConfigurationError) -> RuleParser {
        var classifications = Classifications()
        if let file = configuration.classificationFile {
            classifications = Classifications(file: file, bytes: try TextFile.bytes(file))
            diagnostics += classifications.diagnostics.map(\.asWarning)
        }
        var references = References()
        if let file = configuration.referenceFile {
            references = References(file: file, bytes: try TextFile.bytes(file))
            diagnostics += references.diagnostics.map(\.asWarning)
        }
        return RuleParser(variables: variables, classifications: classifications, references: references)
    }

    private func compilerOptions(
        _ variables: RuleVariables, _ diagnostics: inout [Diagnostic]
    ) throws(ConfigurationError) -> CompilerOptions {
        var options = CompilerOptions()
        if let file = configuration.thresholdFile {
            options.thresholds = ThresholdFile(file: file, bytes: try TextFile.bytes(file), variables: variables)
            diagnostics += options.thresholds.diagnostics
        }
        options.readJSON = { bytes, option throws(CompilerOptions.FileFailure) in try DatasetJSON.read(bytes, option) }
        options.reputation = try reputation(&diagnostics)
        options.maximumFlowbits = configuration.flowbitsPerRule
        let known = configuration.pipeline.appLayer.fileMagic
        options.fileMagic = FileMagicSource { () throws(FileMagic.Failure) in
            if let known { known } else { try FileMagic() }
        }
        if let file = configuration.geoDatabaseFile {
            let bytes = try TextFile.bytes(file)
            do throws(GeoDatabase.Failure) {
                options.countries = try GeoDatabase(bytes)
            } catch {
                throw ConfigurationError(file: file, message: error.message)
            }
        }
        options.readFile = { path, ruleFile throws(CompilerOptions.FileFailure) in
            do throws(ConfigurationError) {
                return try TextFile.bytes(Paths.resolve(path, in: Paths.folder(of: ruleFile)))
            } catch {
                throw .init(message: error.description)
            }
        }
        if !configuration.actionOrder.isEmpty {
            let order = configuration.actionOrder.compactMap(Rule.Action.init(name:))
            guard Set(order).count == 4, configuration.actionOrder.count == 4 else {
                throw ConfigurationError(
                    file: "action-order", message: "expected pass, drop, reject and alert, each once")
            }
            options.actionOrder = order
        }
        return options
    }

    private func reputation(_ diagnostics: inout [Diagnostic]) throws(ConfigurationError) -> Reputation {
        var reputation = Reputation()
        guard let categories = configuration.reputationCategoriesFile else { return reputation }
        reputation.readCategories(file: categories, bytes: try TextFile.bytes(categories))
        for file in configuration.reputationFiles { reputation.readScores(file: file, bytes: try TextFile.bytes(file)) }
        diagnostics += reputation.problems.map { problem in
            Diagnostic(
                severity: .warning, code: .file, location: SourceLocation(file: problem.file, line: problem.line, column: 1), sid: nil,
                message: problem.message, excerpt: nil)
        }
        return reputation
    }

    /// Each refused rule counts once, however much is wrong with it.
    private static func failures(_ diagnostics: [Diagnostic]) -> Int {
        var seen: Set<SourceLocation> = []
        for diagnostic in diagnostics where diagnostic.severity == .error {
            var place = diagnostic.location
            place.column = 0
            seen.insert(place)
        }
        return seen.count
    }
}

extension Rule.Action {
    init?(name: String) {
        switch name {
        case "alert": self = .alert
        case "drop": self = .drop
        case "reject": self = .reject
        case "pass": self = .pass
        default: return nil
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Rule {
    fileprivate func of(patch number: UInt16) -> Rule {
        var rule = self
        rule.patch = number
        return rule
    }
}

extension Diagnostic {
    /// A line without which the rules still load: no rule is refused for it.
    fileprivate var asWarning: Diagnostic {
        var diagnostic = self
        diagnostic.severity = .warning
        return diagnostic
    }
}
