import Inspection
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

    @Test(arguments: [
        ("off", []), ("shadow", [.alert, .alert, .pass]), ("canary", [.alert, .alert, .pass]),
        ("enforce", [.drop, .reject, .pass]),
    ] as [(String, [Rule.Action])], [true, false])
    func theStageDecidesWhatTheRulesDo(_ expected: (String, [Rule.Action]), asRulePath: Bool) throws {
        let rules = try load(stage: expected.0, asRulePath: asRulePath).ruleSet.rules.map(\.rule)
        #expect(rules.sorted { $0.sid < $1.sid }.map(\.action) == expected.1)
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
