import Containers
@testable import Inspection
import Patches
import RuleLanguage
@testable import Runtime
import TestSupport
import Testing

/// From what workers count to what speaks for a line of the policy.
struct PatchEvidenceSourceTests {
    private func container(_ number: Int, image: String) -> Container {
        var container = Container(id: "c\(number)", name: "c\(number)", runtime: .docker, image: image)
        container.networkNamespace = Int32(number)
        return container
    }

    private func tally(_ entries: [(container: UInt32, answers: UInt64, flows: UInt64)], matches: [(UInt32, UInt16, UInt64)] = []) -> PatchTally {
        var tally = PatchTally()
        for entry in entries {
            tally.note(ContainerNumber(rawValue: entry.container)) { traffic in
                (traffic.answers, traffic.serverErrors, traffic.otherFlows) = (entry.answers, entry.answers / 10, entry.flows)
                traffic.flows = entry.answers
            }
        }
        for (container, patch, count) in matches {
            tally.note(PatchTally.Place(container: ContainerNumber(rawValue: container), patch: patch)) { $0.shadowed = count }
        }
        return tally
    }

    private func source(_ text: String, _ tallies: [PatchTally]) throws -> (PatchEvidenceSource, Policy) {
        let folder = try TemporaryFolder()
        for (id, proto) in [("web", "http"), ("raw", "tcp")] {
            try folder.write("\(id)/patch.yaml", "stage: shadow\nid: \(id)\n")
            try folder.write("\(id)/patch.rules", "drop \(proto) any any -> any any (content:\"abcd\"; sid:\(id == "web" ? 2 : 1);)\n")
        }
        var configuration = Configuration()
        configuration.patchesPath = folder.path
        configuration.policyPath = try folder.write("policy.yaml", text)
        let loaded = try RuleLoader(configuration: configuration).load(previous: nil)
        let snapshot = InventorySnapshot(numbering: [container(1, image: "shop:1"), container(2, image: "shop:1"), container(3, image: "other:1")])
        let source = PatchEvidenceSource(
            tallies: tallies, nanoseconds: [1: 5, 2: 7_000], policy: loaded.policy, ruleSet: loaded.ruleSet, containers: snapshot)
        return (source, loaded.policy.policy)
    }

    @Test func containersOfTheLineCount() throws {
        let text = "patches:\n  - {patch: web, where: {image: \"shop:*\"}, stage: shadow}\n  - {patch: web, where: {image: other}, stage: shadow}\n"
        let tallies = [tally([(1, 100, 3), (2, 10, 0), (3, 1_000, 0)], matches: [(1, 2, 4), (1, 1, 9), (3, 2, 50)]), tally([(1, 100, 0), (9, 77, 0)])]
        let (source, policy) = try source(text, tallies)
        let evidence = source.evidence(policy.lines[0])
        #expect(evidence.transactions == 210 && evidence.answers == 210 && evidence.serverErrors == 21 && evidence.flows == 210)
        #expect(evidence.matches == 4 && evidence.nanoseconds == 7_000 && evidence.excepted == 0)
    }

    @Test func aPatchForOtherProtocolsCountsTheirFlows() throws {
        let (source, policy) = try source("patches:\n  - {patch: raw, where: {image: shop}, stage: shadow}\n", [tally([(1, 100, 3), (2, 10, 4)])])
        #expect(source.evidence(policy.lines[0]).transactions == 7)
    }

    @Test func onlyTheLineThatDecides() throws {
        let text = "patches:\n  - {patch: web, stage: shadow}\n  - {patch: web, where: {container: c1}, stage: enforce}\n"
        let (source, policy) = try source(text, [tally([(0, 1, 0), (1, 100, 0), (2, 10, 0)])])
        // The first one holds for the second container, and for what has none.
        #expect(source.evidence(policy.lines[0]).transactions == 11 && source.evidence(policy.lines[1]).transactions == 100)
    }
}

/// `end` of a patch.
struct PatchEndTests {
    private func load(end: String) throws -> RuleLoader.Result {
        let folder = try TemporaryFolder()
        try folder.write("demo/patch.yaml", "id: demo\nstage: enforce\nend: \(end)\n")
        try folder.write("demo/patch.rules", "drop tcp any any -> any any (sid:1;)\n")
        var configuration = Configuration()
        configuration.patchesPath = folder.path
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    @Test func aPatchPastItsEndIsOffAndSaysSo() throws {
        let result = try load(end: "2020-01-31")
        #expect(result.loaded == 0 && result.failed == 0)
        #expect(result.diagnostics.map(\.message) == ["the patch demo ended on 2020-01-31 and is off"])
        #expect(result.policy.leftOut.map(\.stage) == [.off])
        let later = try load(end: "2200-01-31")
        #expect(later.loaded == 1 && later.diagnostics.isEmpty)
    }

    @Test func aBrokenEndIsNamed() {
        #expect { _ = try load(end: "soon") } throws: { "\($0)".contains("patch.yaml:3:6: end: expected a day") }
    }
}
