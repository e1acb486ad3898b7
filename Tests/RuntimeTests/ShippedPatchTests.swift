import Inspection
import Patches
import Runtime
import TestSupport
import Testing

struct ShippedPatchTests {
    private static let folder = "\(projectFolder)/rules"
    private static let names = (try? PatchReader().library(folder).map(\.id)) ?? []

    /// All patches together, as they run on a host: each exploit dies and each benign request passes, in every evasion.
    @Test(arguments: names)
    func patch(id: String) throws {
        var configuration = Configuration()
        configuration.patchesPath = Self.folder
        let rules = try RuleLoader(configuration: configuration).load(previous: nil)
        #expect(rules.failed == 0, "\(rules.diagnostics)")
        let patch = try PatchReader().package("\(Self.folder)/\(id)")
        let outcomes = PatchProof(ruleSet: rules.ruleSet).prove(patch, evasions: Evasion.allCases)
        #expect(outcomes.count == (patch.exploits.count + patch.benign.count) * Evasion.allCases.count)
        for outcome in outcomes where !outcome.holds {
            Issue.record("\(outcome.patch)/\(outcome.request) \(outcome.evasion.rawValue): \(outcome.explanation)")
        }
    }

    /// The proof itself can fail: without rules the exploits get through.
    @Test func withoutRulesNothingHolds() throws {
        var configuration = Configuration()
        let folder = try TemporaryFolder()
        configuration.rulePaths = [try folder.write("none.rules", "")]
        let rules = try RuleLoader(configuration: configuration).load(previous: nil)
        let patch = try PatchReader().package("\(Self.folder)/log4shell")
        let outcomes = PatchProof(ruleSet: rules.ruleSet).prove(patch, evasions: [.plain, .oneByte, .fragments])
        #expect(outcomes.allSatisfy { $0.holds == !$0.isExploit })
    }
}
