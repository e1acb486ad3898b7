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
        let outcomes = PatchProof(ruleSet: rules.ruleSet).prove(patch, evasions: Evasion.all)
        #expect(outcomes.count == (patch.exploits.count + patch.benign.count) * Evasion.all.count)
        for outcome in outcomes {
            guard case .fails(let explanation) = outcome.result else { continue }
            Issue.record("\(outcome.patch)/\(outcome.request) \(outcome.evasion.name): \(explanation)")
        }
    }
}
