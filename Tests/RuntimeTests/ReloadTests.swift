import RuleLanguage
import TestSupport
import Testing

@testable import Runtime

/// What a reload refuses, so that the rules that run go on, and what it takes.
struct ReloadTests {
    private let folder: TemporaryFolder
    private var configuration = Configuration()

    private static let running = """
        drop http any any -> any any (http.uri; content:"/one"; classtype:web; reference:cve,1; sid:1;)
        drop http any any -> $WEB any (http.host; dataset:isset,hosts,type string,load hosts.lst; sid:2;)
        drop ip any any -> any any (iprep:src,bad,>,10; sid:3;)

        """

    init() throws {
        folder = try TemporaryFolder()
        configuration.rulePaths = [try folder.write("site.rules", Self.running)]
        configuration.addressGroups = [("WEB", "198.18.0.0/15")]
        configuration.classificationFile = try folder.write("classification.config", "config classification: web,Web,1\n")
        configuration.referenceFile = try folder.write("reference.config", "config reference: cve https://cve.example/\n")
        configuration.thresholdFile = try folder.write("threshold.config", "suppress gen_id 1, sig_id 1, track by_src, ip 198.18.0.9\n")
        configuration.reputationCategoriesFile = try folder.write("categories", "1,bad,Bad\n")
        configuration.reputationFiles = [try folder.write("scores", "198.18.0.1,1,20\n")]
        try folder.write("hosts.lst", "YQ==\n")
    }

    /// As `Daemon.reload` does it, after `change`. Throws what the reload would.
    private func reload(after change: () throws -> Void) throws -> RuleLoader.Result {
        let loader = RuleLoader(configuration: configuration)
        let before = try loader.load(previous: nil)
        #expect(before.loaded == 3 && before.failed == 0, "\(before.diagnostics)")
        try change()
        let after = try loader.load(previous: before.ruleSet)
        try Daemon.check(after, against: before.ruleSet)
        return after
    }

    private func expectRefusal(_ words: String..., after change: () throws -> Void) {
        #expect {
            _ = try reload(after: change)
        } throws: { error in
            words.allSatisfy("\(error)".contains)
        }
    }

    @Test(arguments: ["site.rules", "classification.config", "reference.config", "threshold.config", "categories", "scores"])
    func aFileThatIsMissing(name: String) {
        expectRefusal(name, "no such file") { try folder.remove(name) }
    }

    @Test func aDatasetThatIsMissing() {
        expectRefusal("site.rules:2:", "sid 2, running now", "hosts.lst") { try folder.remove("hosts.lst") }
    }

    @Test func aDatasetThatIsBroken() {
        expectRefusal("site.rules:2:", "sid 2, running now", "hosts.lst:1") { try folder.write("hosts.lst", "%%%\n") }
    }

    @Test(arguments: [
        ("content:\"/one\"", "contnt:\"/one\"", "site.rules:1:"), ("content:\"/one\"", "pcre:\"/(/\"", "site.rules:1:"),
        ("$WEB", "$NOWHERE", "site.rules:2:"), ("bad,>", "unheard,>", "site.rules:3:"),
    ])
    func aRuleThatRunsAndIsBroken(old: String, new: String, place: String) {
        expectRefusal(place, "running now") { try folder.write("site.rules", Self.running.replacing(old, with: new)) }
    }

    /// The line does not even tell its sid.
    @Test func aFileThatIsCutShort() {
        expectRefusal("site.rules:2:", "running now") { try folder.write("site.rules", String(Self.running.prefix(150))) }
    }

    @Test func somethingElseThanRules() {
        expectRefusal("site.rules:1:", "running now") { try folder.write("site.rules", "\u{7f}ELF\u{2}\u{1}\n") }
    }

    @Test func aPatchThatIsBroken() throws {
        try folder.write("patches/p/patch.rules", "drop http any any -> any any (http.uri; content:\"/p\"; sid:9;)\n")
        var patched = configuration
        patched.patchesPath = "\(folder.path)/patches"
        #expect(try RuleLoader(configuration: patched).load(previous: nil).loaded == 4)
        try folder.write("patches/p/patch.yaml", "stage: [\n")
        #expect { _ = try RuleLoader(configuration: patched).load(previous: nil) } throws: { "\($0)".contains("p/patch.yaml") }
        patched.patchesPath = "\(folder.path)/nowhere"
        #expect { _ = try RuleLoader(configuration: patched).load(previous: nil) } throws: { "\($0)".contains("can't be read") }
    }

    /// A new rule that can't be loaded takes nothing away.
    @Test func aNewRuleThatIsBroken() throws {
        let result = try reload { try folder.write("site.rules", Self.running + "drop http any any -> any any (nonsense; sid:7;)\n") }
        #expect(result.loaded == 3 && result.failed == 1)
    }

    /// Rules may be taken away on purpose.
    @Test func rulesThatAreDeleted() throws {
        let result = try reload { try folder.write("site.rules", "# " + Self.running) }
        #expect(result.loaded == 2 && result.failed == 0)
    }

    /// A line of threshold.config that can't be read is said, and the rules are loaded without it.
    @Test func aThresholdThatIsBroken() throws {
        let result = try reload { try folder.write("threshold.config", "suppress gen_id x\n") }
        #expect(result.loaded == 3 && result.diagnostics.contains { $0.location.file.hasSuffix("threshold.config") && $0.location.line == 1 })
    }
}
