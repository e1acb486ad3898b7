import Inspection
import Patches
import Runtime
import TestSupport
import Testing

/// All patches together, as they run on a host. `make test` proves every one of them in every evasion with the release
/// build of ipsctl; here it is a sample.
struct ShippedPatchTests {
    private static let folder = "\(projectFolder)/rules"
    private static let library = (try? PatchReader().library(folder)) ?? []
    private static let loaded = Result {
        var configuration = Configuration()
        // As if every one was enforced, whatever its stage.
        configuration.rulePaths = library.map(\.rulesPath)
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    /// Each exploit dies and each benign request passes.
    @Test func everyPatchHoldsPlainly() throws {
        let rules = try Self.loaded.get()
        #expect(rules.failed == 0, "\(rules.diagnostics)")
        let proof = PatchProof(ruleSet: rules.ruleSet)
        #expect(Self.library.count >= 12)
        for patch in Self.library {
            let outcomes = proof.prove(patch, evasions: [.plain])
            #expect(outcomes.count == patch.exploits.count + patch.benign.count)
            expectAllHold(outcomes)
        }
    }

    /// One with requests in HTTP, one without.
    @Test(arguments: ["log4shell", "redis-code-execution"])
    func inEveryEvasion(id: String) throws {
        let patch = try PatchReader().package("\(Self.folder)/\(id)")
        let outcomes = PatchProof(ruleSet: try Self.loaded.get().ruleSet).prove(patch, evasions: Evasion.all)
        #expect(outcomes.count == (patch.exploits.count + patch.benign.count) * Evasion.all.count)
        expectAllHold(outcomes)
    }

    private func expectAllHold(_ outcomes: [PatchProof.Outcome]) {
        for outcome in outcomes {
            guard case .fails(let explanation) = outcome.result else { continue }
            Issue.record("\(outcome.patch)/\(outcome.request) \(outcome.evasion.name): \(explanation)")
        }
    }
}
