import Containers
import Inspection
import Patches
import Wire
import Detection
import RuleLanguage
import Runtime
import TestSupport
import Testing

struct PatchStageTests {
    private func load(stage: String, asRulePath: Bool = false) throws -> RuleLoader.Result {
        let folder = try TemporaryFolder()
        try folder.write("demo/patch.yaml", "stage: \(stage)\n")
        try folder.write(
            "demo/patch.rules", "drop tcp any any -> any any (sid:1;)\nreject tcp any any -> any any (sid:2;)\npass tcp any any -> any any (sid:3;)\n")
        var configuration = Configuration()
        if asRulePath { configuration.rulePaths = [folder.path] } else { configuration.patchesPath = folder.path }
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    /// Rules are compiled as they are written, with the number of their patch; one that is off for ever is left out.
    @Test(arguments: PatchPackage.Stage.allCases, [true, false])
    func theStageIsThePatchsOwnWithoutAPolicy(stage: PatchPackage.Stage, asRulePath: Bool) throws {
        let loaded = try load(stage: stage.rawValue, asRulePath: asRulePath)
        let rules = loaded.ruleSet.rules.map(\.rule).sorted { $0.sid < $1.sid }
        #expect(rules.map(\.action) == (stage == .off ? [] : [.drop, .reject, .pass]))
        #expect(rules.allSatisfy { $0.patch == 1 })
        let holdings = loaded.policy.holdings(.none, at: .now)
        #expect(holdings.map(\.stage) == [stage] && holdings.map(\.patch.id) == ["demo"])
        #expect(holdings[0].place.hasSuffix("demo/patch.yaml:1") && holdings[0].share == (stage == .canary ? 1000 : nil))
    }

    @Test func anUnknownStageIsNamed() {
        #expect { _ = try load(stage: "soon") } throws: {
            "\($0)".contains("patch.yaml:1:") && "\($0)".contains("shadow")
        }
    }

    @Test func badLinesOfClassificationAndReferenceFilesAreNamed() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.rulePaths = [try folder.write("a.rules", "alert tcp any any -> any any (sid:1;)")]
        configuration.classificationFile = try folder.write(
            "c.config", "config classification: a,b,1\nconfig classification: broken\n")
        configuration.referenceFile = try folder.write("r.config", "config reference: a http://\nnonsense\n")
        let result = try RuleLoader(configuration: configuration).load(previous: nil)
        #expect(result.failed == 0 && result.loaded == 1)
        #expect(result.diagnostics.map { $0.location.file.suffix(8) } == ["c.config", "r.config"])
        #expect(result.diagnostics.allSatisfy { $0.location.line == 2 && $0.severity == .warning })
    }
}
