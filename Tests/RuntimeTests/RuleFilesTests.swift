import Detection
import Inspection
import RuleLanguage
import TestSupport
import Testing

@testable import Runtime

/// Which rule files are loaded: files, folders, patterns, included configuration.
struct RuleFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for (name, sid) in [("b.rules", 2), ("a.rules", 1), ("sub/c.rules", 3), ("notes.txt", 9)] {
            try folder.write(name, "alert tcp any any -> any any (sid:\(sid);)\n")
        }
    }

    private func load(_ paths: [String]) throws -> RuleLoader.Result {
        var configuration = Configuration()
        configuration.rulePaths = paths
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    private func sids(_ paths: String...) throws -> [UInt32] {
        try load(paths.map { "\(folder.path)/\($0)" }).ruleSet.rules.map(\.rule.sid)
    }

    private func read(_ name: String) throws -> Configuration {
        var configuration = Configuration()
        try ConfigurationReader(file: "\(folder.path)/\(name)").read(into: &configuration)
        return configuration
    }

    @Test func patternsFoldersAndFiles() throws {
        #expect(try sids("*.rules") == [1, 2] && sids("[b]*.rules") == [2] && sids("?.rules", "sub") == [1, 2, 3])
        #expect(try sids("*/*.rules") == [3] && sids("s*") == [3])
        try folder.write("odd[1].rules", "alert tcp any any -> any any (sid:7;)")
        #expect(try sids("odd[1].rules") == [7])
    }

    @Test func aFileCountsOnceWhereItComesFirst() throws {
        #expect(try sids("b.rules", "*.rules", "./a.rules") == [2, 1])
        #expect(try load(["\(folder.path)/a.rules", "\(folder.path)"]).diagnostics.isEmpty)
    }

    @Test func whatIsMissingIsSaid() throws {
        let nothing = try load(["\(folder.path)/x*.rules"])
        #expect(nothing.loaded == 0 && nothing.failed == 0)
        #expect(nothing.diagnostics.map(\.severity) == [.warning] && nothing.diagnostics[0].code == .file)
        #expect(nothing.diagnostics[0].description.contains("x*.rules"))
        #expect { _ = try sids("x.rules") } throws: { "\($0)".contains("x.rules: no such file or folder") }
    }

    @Test func suricatasRuleFiles() throws {
        try folder.write("one.yaml", "rule-files:\n  - '*.rules'\n  - sub/c.rules\n")
        #expect(try read("one.yaml").rulePaths == ["\(folder.path)/*.rules", "\(folder.path)/sub/c.rules"])
        try folder.write("two.yaml", "rules: x\nrule-files: [c.rules, /abs.rules]\ndefault-rule-path: sub\n")
        #expect(try read("two.yaml").rulePaths == ["x", "\(folder.path)/sub/c.rules", "/abs.rules"])
    }

    @Test func includedConfiguration() throws {
        try folder.write("main.yaml", "mode: detect\ninclude: [conf/one.yaml, conf/two.yaml]\nqueues: 7\n")
        try folder.write("conf/one.yaml", "queues: 3\nvars: {address-groups: {HOME_NET: 10.0.0.1}}\nrule-files: here.rules\n")
        try folder.write("conf/two.yaml", "mode: prevent\nvars: {address-groups: {DNS_SERVERS: 10.0.0.2}}\n")
        let found = try read("main.yaml")
        #expect(found.mode == .prevent && found.queues == 7...7)
        #expect(found.addressGroups.map(\.name) == ["HOME_NET", "DNS_SERVERS"])
        #expect(found.rulePaths == ["\(folder.path)/conf/here.rules"])
    }

    @Test func includesThatCantBe() throws {
        try folder.write("loop.yaml", "mode: detect\ninclude: loop.yaml\n")
        #expect { _ = try read("loop.yaml") } throws: { "\($0)".contains("loop.yaml:2") && "\($0)".contains("include each other") }
        try folder.write("missing.yaml", "include: nowhere.yaml\n")
        #expect { _ = try read("missing.yaml") } throws: { "\($0)".contains("missing.yaml:1:10: no such file") }
        try folder.write("outer.yaml", "include: inner.yaml\n")
        try folder.write("inner.yaml", "mode: detect\nnonsense: 1\n")
        #expect { _ = try read("outer.yaml") } throws: { "\($0)".contains("inner.yaml:2:1: unknown key nonsense") }
    }
}
