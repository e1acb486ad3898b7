import Containers
import Patches
import RuleLanguage
import TestSupport
import Testing
import Wire

struct RecommenderTests {
    private static let noon = Timestamp(nanoseconds: 1_780_000_000_000_000_000)

    private func report(_ name: String) throws -> ScanReport {
        try ReportReader().report(file: "\(projectFolder)/Tests/Reports/\(name)")
    }

    private func library() throws -> [PatchPackage] {
        try ["log4shell", "spring4shell", "redis-code-execution", "apache-path-traversal", "phpunit-eval-stdin", "struts-s2-045"].map {
            try PatchReader().package("\(projectFolder)/rules/\($0)")
        }
    }

    private func container(_ name: String, _ image: String, digest: String? = nil, imageID: String? = nil) -> Container {
        var container = Container(id: name, name: name, runtime: .docker, image: image)
        container.digest = digest
        container.imageID = imageID
        return container
    }

    private func policy(_ text: String) throws -> Policy { try PolicyReader.policy(file: "policy.yaml", text: text) }

    private func recommend(
        _ reports: [String], containers: [Container]? = nil, policy text: String = "", patches: [PatchPackage]? = nil
    ) throws -> Recommendation {
        Recommender(
            patches: try patches ?? library(), reports: try reports.map(report), containers: containers, policy: try policy(text),
            at: Self.noon
        ).recommendation()
    }

    @Test func byFlawAndByPackage() throws {
        let result = try recommend(["trivy.json"])
        #expect(result.enable.map(\.patch) == ["log4shell", "redis-code-execution"])
        #expect(
            result.enable.first?.because.map(\.text) == [
                "CVE-2021-44228 in org.apache.logging.log4j:log4j-core 2.14.1",
                "org.apache.logging.log4j:log4j-core 2.14.1 is in pkg:maven/org.apache.logging.log4j/log4j-core >=2.0-beta9,<2.15.0",
            ])
        // No flaw is reported: the source package's version is what fits, with its epoch.
        #expect(result.enable.last?.because.map(\.text) == ["redis-server 5:6.0.15-1 is in pkg:deb/debian/redis <5:6.0.16-1+deb11u2"])
        #expect(result.uncovered.map(\.cve) == ["CVE-2023-45853", "CVE-2024-22243"], "the severest first")
        #expect(result.enable.first?.image.containers == nil && result.enable.first?.in_force == nil)
        #expect(result.warnings.contains { $0.contains("not known what runs") })
    }

    @Test func anSBOMWithoutFlaws() throws {
        #expect(try recommend(["spdx.json"]).enable.map(\.patch) == ["phpunit-eval-stdin"])
        let gateway = try recommend(["cyclonedx.json"])
        #expect(gateway.enable.map(\.patch) == ["apache-path-traversal"], "struts2-core 2.5.10.1 has the fix")
        #expect(gateway.uncovered.map(\.cve) == ["CVE-2019-0001"])
    }

    @Test func aNameOfAnotherScannerIsTheSameFlaw() throws {
        let result = try recommend(["grype.json"])
        #expect(result.enable.first?.because.first?.cve == "CVE-2021-44228" && result.uncovered.map(\.cve) == ["CVE-2023-44487"])
    }

    @Test func containersAreFoundByDigest() throws {
        let digest = try #require(try report("trivy.json").subject.digests.first)
        let id = try #require(try report("trivy.json").subject.digests.last)
        let image = "registry.example/shop/orders:2.3"
        let running = [
            container("one", "renamed", digest: digest), container("two", "x", imageID: id),
            // The same name stands for another image now.
            container("other", image, digest: "sha256:" + String(repeating: "0", count: 64)),
        ]
        let found = try #require(try recommend(["trivy.json"], containers: running).enable.first)
        #expect(found.image.containers == ["one", "two"] && found.image.joined_by == "digest")
        let byName = try #require(try recommend(["trivy.json"], containers: [container("one", image)]).enable.first)
        #expect(byName.image.containers == ["one"] && byName.image.joined_by == "name")
        let none = try #require(try recommend(["trivy.json"], containers: []).enable.first)
        #expect(none.image.containers == [] && none.image.joined_by == nil)
    }

    @Test func reportsOfOneImageComeTogether() throws {
        let result = try recommend(["trivy.json", "trivy.json"])
        #expect(result.images.count == 1 && result.enable.count == 2 && result.uncovered.count == 2)
    }

    @Test func whatHoldsAlreadyIsSaid() throws {
        let digest = try #require(try report("trivy.json").subject.digests.first)
        let running = [container("one", "x", digest: digest)]
        let text = "patches:\n  - patch: log4shell\n    where: {container: one}\n    stage: shadow\n  - patch: log4shell\n    stage: off\n    until: 2020-01-01\n"
        let result = try recommend(["trivy.json"], containers: running, policy: text)
        #expect(result.enable.first?.in_force == .init(stage: .shadow, place: "policy.yaml:2"))
        #expect(result.enable.last?.in_force?.stage == .enforce)
    }

    @Test func whatProtectsNothingThatRuns() throws {
        let digest = try #require(try report("trivy.json").subject.digests.first)
        let running = [container("one", "x", digest: digest)]
        let result = try recommend(["trivy.json"], containers: running, policy: "patches:\n  - {patch: spring4shell, stage: off}\n")
        #expect(result.retire.map(\.patch) == ["apache-path-traversal", "phpunit-eval-stdin", "struts-s2-045"])
        // What was not scanned may need any of them.
        let unscanned = try recommend(["trivy.json"], containers: running + [container("two", "y")])
        #expect(unscanned.retire.isEmpty && unscanned.warnings.contains { $0.contains("1 containers run images without a report (two)") })
        // Unless nothing holds for it.
        let off = "patches:\n  - {patch: phpunit-eval-stdin, where: {container: two}, stage: off}\n"
        #expect(try recommend(["trivy.json"], containers: running + [container("two", "y")], policy: off).retire.map(\.patch) == ["phpunit-eval-stdin"])
    }

    @Test func aPatchPastItsEndCoversNothing() throws {
        let folder = try TemporaryFolder()
        let text = "id: old\ntitle: t\ncves: [CVE-2021-44228]\nproducts: []\naffects: []\nreferences: []\nseverity: low\nstage: enforce\nend: 2020-01-01\n"
        try folder.write("old/patch.yaml", text)
        try folder.write("old/patch.rules", "")
        try folder.write("old/exploit/a.bin", "x")
        try folder.write("old/benign/a.bin", "x")
        let result = try recommend(["grype.json"], patches: [try PatchReader().package("\(folder.path)/old")])
        #expect(result.enable.isEmpty)
        #expect(result.uncovered.first?.because == "patch old ended on 2020-01-01")
    }

    @Test func patchesForNoProductInParticularStay() throws {
        let digest = try #require(try report("spdx.json").subject.digests.first)
        let classes = try PatchReader().library("\(projectFolder)/rules").filter { $0.id.hasPrefix("class-") }
        #expect(!classes.isEmpty && classes.allSatisfy(\.affects.isEmpty))
        #expect(try recommend(["spdx.json"], containers: [container("one", "x", digest: digest)], patches: classes).retire.isEmpty)
    }

    @Test func runningContainers() throws {
        let file = "\(projectFolder)/Tests/Reports/containers.json"
        let running = try RunningContainers.read(file: file)
        #expect(running.map(\.name) == ["orders-1", "gateway-1"])
        let result = try recommend(["trivy.json", "cyclonedx.json"], containers: running)
        #expect(result.images.map(\.containers) == [["orders-1"], ["gateway-1"]] && result.images.allSatisfy { $0.joined_by == "digest" })
    }

    @Test(arguments: [
        ("{}", "$: expected a member containers"), ("[{\"name\":\"a\"}]", "$[0]: expected a member id"), ("[1]", "$[0]: expected an object, found a number"),
        ("{\"containers\":[{\"id\":\"a\",\"runtime\":\"lxc\"}]}", "$.containers[0]: runtime: expected one of docker, podman, containerd, kubernetes, found 'lxc'"),
        ("[{\"id\":\"a\",\"labels\":{\"x\":1}}]", "$[0].labels.x: expected a string, found a number"), ("[", "c.json:1:2: expected a value"),
    ])
    func brokenContainersAreNamed(text: String, says: String) {
        #expect { _ = try RunningContainers.read(Array(text.utf8), file: "c.json") } throws: { "\($0)".contains(says) }
    }

    @Test func aVersionThatCannotBeComparedIsSaid() throws {
        let text = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.4\",\"components\":[{\"name\":\"phpunit\",\"version\":\"dev-main\",\"purl\":\"pkg:composer/phpunit/phpunit@dev-main\"}]}"
        let report = try ReportReader().report(Array(text.utf8), file: "r")
        let result = Recommender(patches: try library(), reports: [report], containers: nil, policy: .none, at: Self.noon).recommendation()
        #expect(result.enable.isEmpty)
        #expect(result.warnings.contains { $0.contains("phpunit 'dev-main' can't be compared with") })
    }

    // MARK: Writing a policy

    private func apply(_ result: Recommendation, to text: String, stage: PatchPackage.Stage? = nil) throws -> (text: String, changes: [PolicyUpdate.Change]) {
        var editor = try PolicyEditor(file: "policy.yaml", text: text)
        let changes = try PolicyUpdate(stage: stage, at: Self.noon).apply(result, to: &editor)
        return (editor.text, changes)
    }

    @Test func linesAreWrittenOnceAndWhatPeopleWroteStays() throws {
        let mine = "# kept\npatches:\n  - patch: \"*\"   # all others\n    stage: off\n"
        let result = try recommend(["trivy.json"])
        let first = try apply(result, to: mine)
        #expect(first.text.hasPrefix(mine) && first.changes.map(\.kind) == [.added, .added])
        let policy = try policy(first.text)
        #expect(policy.lines.count == 3 && policy.lines[1].patch.text == "log4shell" && policy.lines[1].stage == .enforce)
        #expect(policy.lines[1].selector.digest.count == 2 && PolicyUpdate.isOwn(policy.lines[1]) && !PolicyUpdate.isOwn(policy.lines[0]))
        let second = try apply(result, to: first.text)
        #expect(second.text == first.text && second.changes.map(\.kind) == [.kept, .kept])
        let third = try apply(result, to: first.text, stage: .shadow)
        #expect(try self.policy(third.text).lines.map(\.stage) == [.off, .shadow, .shadow])
        // What promotion has changed stays.
        #expect(try apply(result, to: third.text).text == third.text)
    }

    @Test func aDecisionOfPeopleGoesBefore() throws {
        let result = try recommend(["trivy.json"])
        let digest = try #require(result.images.first?.digests.first)
        let mine = "patches:\n  - patch: log4shell\n    where: {digest: \"\(digest)\"}\n    stage: shadow\n"
        let written = try apply(result, to: mine)
        #expect(written.changes.map(\.kind) == [.skipped, .added] && written.changes.first?.because == "policy.yaml:2 says shadow")
    }

    @Test func whatIsNotNeededAnyMoreGoes() throws {
        let first = try apply(try recommend(["trivy.json"]), to: "").text
        let fewer = try recommend(["trivy.json"], patches: try library().filter { $0.id != "log4shell" })
        let second = try apply(fewer, to: first)
        #expect(second.changes.map(\.kind) == [.removed, .kept])
        #expect(try policy(second.text).lines.map(\.patch.text) == ["redis-code-execution"])
        // Lines for images that were not looked at stay.
        #expect(try apply(try recommend(["spdx.json"]), to: first).text.contains("log4shell"))
    }

    @Test func whatDoesNotRunIsNotWritten() throws {
        let changes = try apply(try recommend(["trivy.json"], containers: []), to: "").changes
        #expect(changes.map(\.kind) == [.skipped, .skipped] && changes.first?.because == "nothing runs it")
    }
}
