import RuleLanguage
import Runtime
import TestSupport
import Testing

/// What the loader refuses for the sake of a setting or of a file that a rule names.
struct RuleLimitTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(_ rules: String, settings: [String] = []) throws -> RuleLoader.Result {
        var configuration = Configuration()
        var given = try SuricataSettings(assignments: settings)
        try given.apply(to: &configuration)
        #expect(given.unknownKeys.isEmpty)
        configuration.rulePaths = [try folder.write("a.rules", rules)]
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    @Test func aSetIsEitherOfValuesOrOfScores() throws {
        let rule = "alert http any any -> any any (http.user_agent; dataset:isset,seen,type string,load seen.lst; sid:1;)"
        try folder.write("seen.lst", "YQ==\nYg==,1\n")
        let mixed = try load(rule)
        #expect(mixed.failed == 1 && mixed.diagnostics.map(\.code) == [.file])
        #expect(mixed.diagnostics[0].message.contains("seen.lst:2: values with and without a score"))
        try folder.write("seen.lst", "YQ==\n# Yg==,1\n\nYg==\n")
        #expect(try load(rule).failed == 0)
        let scored = rule.replacing("dataset:isset,seen,", with: "datarep:seen,>,1,")
        try folder.write("seen.lst", "YQ==,3\nYg==\n")
        #expect(try load(scored).diagnostics.first?.message.contains("seen.lst:2") == true)
    }

    @Test func aDatasetThatIsMissingIsNamed() throws {
        let found = try load("alert http any any -> any any (http.host; dataset:isset,s,type string,load no/where.lst; sid:1;)")
        let problem = try #require(found.diagnostics.first)
        #expect(found.failed == 1 && problem.code == .file && problem.location.column == 43)
        #expect(problem.message.contains("no/where.lst: no such file"))
    }

    @Test func manyDatasetsThatAreMissing() throws {
        let rules = (1...1000).map { "alert http any any -> any any (http.host; dataset:isset,s\($0),type string,load no/\($0).lst; sid:\($0);)\n" }
        let found = try load(rules.joined())
        #expect(found.loaded == 0 && found.failed == 1000 && found.diagnostics.map(\.location.line) == Array(1...1000))
    }

    @Test func flowbitsOfOneRuleMayBeLimited() throws {
        let rules = """
            alert tcp any any -> any any (flowbits:set,a; flowbits:set,b; flowbits:unset,a; sid:1;)
            alert tcp any any -> any any (flowbits:isnotset,a|b; flowbits:set,c; sid:2;)

            """
        #expect(try load(rules).failed == 0)
        let limited = try load(rules, settings: ["detect.flowbits.max-per-signature=2"])
        #expect(limited.failed == 1 && limited.diagnostics.first { $0.severity == .error }?.sid == 2)
    }
}
