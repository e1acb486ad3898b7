import Containers
import Patches
import RuleLanguage
import Testing
import Wire

struct PolicyReaderTests {
    private static let whole = """
        # The shop's policy.
        version: 1
        patches:
          - patch: "class-*"
            stage: shadow
          - patch: log4shell          # the search service first
            where: {image: "docker.io/shop/*", label: {app: [shop, cart]}, project: shop}
            stage: canary
            canary: {share: 2.5%}
            reason: "try it"
            until: 2026-12-31
          - {patch: spring4shell, where: {container: [web-*, api]}, stage: canary, canary: {replicas: 2}}
        exceptions:
          - patch: log4shell
            path: "/search*"
            source: 198.18.4.0/24
            until: 2026-02-28
            reason: scanner of our own
          - sid: 5910003
            where: {namespace: prod}
            until: 2028-02-29
            reason: "false alarm"

        """

    private func read(_ text: String) throws -> Policy { try PolicyReader.policy(file: "policy.yaml", text: text) }

    @Test func everythingThatCanBeSaid() throws {
        let policy = try read(Self.whole)
        #expect(policy.lines.map(\.patch.text) == ["class-*", "log4shell", "spring4shell"])
        #expect(policy.lines.map(\.stage) == [.shadow, .canary, .canary])
        #expect(policy.lines.map(\.location.line) == [4, 6, 12])
        #expect(policy.lines[1].canary == .share(250) && policy.lines[2].canary == .replicas(2))
        #expect(policy.lines[1].selector.labels == [.init(key: "app", values: [try glob("shop"), try glob("cart")])])
        #expect(policy.lines[1].until?.end.nanoseconds == 1_798_761_600_000_000_000 && policy.lines[1].reason == "try it")
        #expect(policy.exceptions.map(\.subject.text) == ["log4shell", "sid 5910003"])
        #expect(policy.exceptions[0].path?.text == "/search*" && policy.exceptions[0].sourceText == "198.18.4.0/24")
        #expect(policy.exceptions.map(\.until.description) == ["2026-02-28", "2028-02-29"])
    }

    private func glob(_ text: String) throws -> Glob { try #require(Glob(text)) }

    @Test(arguments: ["", "# nothing yet\n", "patches:\nexceptions:\n", "patches: []\n", "version: 1\n"])
    func emptyPoliciesAreNone(text: String) throws {
        let policy = try read(text)
        #expect(policy.lines.isEmpty && policy.exceptions.isEmpty)
    }

    /// What is wrong with a policy: the place and the words of the message.
    @Test(arguments: [
        ("patchs: []", "1:1: policy: unknown key patchs; did you mean patches?"),
        ("patches: [{patch: a, stage: of}]", "1:29: stage: 'of' is none of off, shadow, canary, enforce; did you mean off?"),
        ("patches:\n  - patch: a\n    stage: shadow\n    wehre: {}", "4:5: patches: unknown key wehre; did you mean where?"),
        ("patches:\n  - patch: a\n    stage: shadow\n    where: {imge: x}", "4:13: where: unknown key imge; did you mean image?"),
        ("patches:\n  - stage: shadow", "2:5: patches: expected a patch"),
        ("patches:\n  - patch: a", "2:5: patches: expected a stage"),
        ("patches:\n  - patch: a\n    stage: shadow\n    canary: {share: 1%}", "4:13: canary: means nothing with stage shadow"),
        ("patches:\n  - patch: a\n    stage: canary\n    canary: {share: 10}", "4:21: share: expected a part"),
        ("patches:\n  - patch: a\n    stage: canary\n    canary: {share: 0%}", "share: expected a part"),
        ("patches:\n  - patch: a\n    stage: canary\n    canary: {share: 100.01%}", "share: expected a part"),
        ("patches:\n  - patch: a\n    stage: canary\n    canary: {share: 1%, replicas: 1}", "4:13: canary: expected a share or replicas"),
        ("patches:\n  - patch: a\n    stage: canary\n    canary: {replicas: 0}", "4:24: replicas: expected how many"),
        ("patches:\n  - patch: a\n    stage: off\n    until: 2026-02-29", "4:12: until: expected a day such as 2026-12-31, found '2026-02-29'"),
        ("patches:\n  - patch: a\n    stage: off\n    until: soon", "found 'soon'"),
        ("patches:\n  - patch: [a]\n    stage: off", "2:12: patch: expected a value"),
        ("patches:\n  - patch: a\n    patch: b\n    stage: off", "same key twice"),
        ("patches: x", "1:10: patches: expected a list"), ("- a", "1:1: policy: expected KEY: VALUE lines"),
        ("version: 2", "1:10: version: expected 1"),
        ("patches:\n  - patch: a\n    stage: off\n    where: {label: app}", "4:20: where.label: expected labels"),
        ("exceptions:\n  - patch: a\n    reason: r", "2:5: exceptions: expected until"),
        ("exceptions:\n  - patch: a\n    until: 2026-12-31", "2:5: exceptions: expected a reason"),
        ("exceptions:\n  - reason: r\n    until: 2026-12-31", "2:5: exceptions: expected a patch or a sid"),
        ("exceptions:\n  - {patch: a, sid: 1, reason: r, until: 2026-12-31}", "expected a patch or a sid"),
        ("exceptions:\n  - {sid: x, reason: r, until: 2026-12-31}", "2:11: sid: expected a rule's number"),
        ("exceptions:\n  - {sid: 1, path: search, reason: r, until: 2026-12-31}", "2:20: path: expected a pattern that begins"),
        ("exceptions:\n  - {sid: 1, source: 198.18.4.0/33, reason: r, until: 2026-12-31}", "2:22: source: expected an address"),
        ("patches: [", "policy.yaml:"), ("patches:\n\t- a", "2:1: not YAML"),
    ])
    func aBrokenPolicyIsNamed(text: String, says: String) throws {
        do throws(PatchError) {
            _ = try PolicyReader.policy(file: "policy.yaml", text: text)
            Issue.record("it was taken: \(text)")
        } catch {
            #expect(error.description.contains(says) && error.description.hasPrefix("policy.yaml"), "\(error) for \(text)")
        }
    }

    @Test func aFileThatCantBeReadIsNamed() {
        #expect { _ = try PolicyReader.read("/nowhere/policy.yaml") } throws: { "\($0)" == "/nowhere/policy.yaml: no such file" }
    }

    @Test func whatHasEndedIsSaid() throws {
        let policy = try read(Self.whole)
        #expect(policy.expired(at: .init(nanoseconds: 1_700_000_000_000_000_000)).isEmpty)
        let then = policy.expired(at: try #require(PolicyDay("2026-02-28")).end)
        #expect(then.map(\.location.line) == [14] && then[0].message.contains("log4shell") && then[0].message.contains("2026-02-28"))
        #expect(policy.expired(at: try #require(PolicyDay("2027-01-01")).end).map(\.location.line) == [6, 14])
    }

    /// A patch is left out of the rules only where no line can ever bring it into force.
    @Test(arguments: [
        ("", PatchPackage.Stage.enforce, true), ("", .off, false),
        ("- {patch: a, stage: off}", .enforce, false), ("- {patch: b, stage: off}", .enforce, true),
        ("- {patch: a, stage: off, until: 2026-12-31}", .enforce, true),
        ("- {patch: a, stage: off, where: {image: x}}", .enforce, true),
        ("- {patch: a, stage: shadow, where: {image: x}}", .off, true),
        ("- {patch: a, stage: shadow, where: {image: x}}\n- {patch: '*', stage: off}", .off, false),
        ("- {patch: '*', stage: off}\n- {patch: a, stage: shadow, where: {image: x}}", .off, true),
    ])
    func whatCanHold(lines: String, stage: PatchPackage.Stage, can: Bool) throws {
        #expect(try read("patches:\n" + lines).canHold(patch: "a", stage: stage) == can, "\(lines)")
    }
}

struct ContainerSelectorTests {
    private func fits(_ selector: String, _ change: (inout Container) -> Void = { _ in }) throws -> Bool {
        var container = Container(id: "3f4e", name: "shop-web-1", runtime: .docker, image: "shop/web:1.2")
        container.digest = "sha256:aa"
        container.labels = ["app": "shop", "tier": "front"]
        container.composeProject = "shop"
        container.namespace = "prod"
        change(&container)
        let policy = try PolicyReader.policy(file: "p", text: "patches: [{patch: a, stage: off, where: {\(selector)}}]")
        return policy.lines[0].selector.fits(ContainerFacts(container))
    }

    @Test(arguments: [
        ("", true), ("container: shop-*", true), ("container: 3f4e", true), ("container: web", false),
        ("container: [x, shop-web-?]", true), ("digest: 'sha256:aa'", true), ("digest: 'sha256:ab'", false),
        ("label: {app: shop}", true), ("label: {app: shop, tier: back}", false), ("label: {other: '*'}", false),
        ("project: shop, namespace: prod", true), ("project: shop, namespace: test", false), ("pod: '*'", false),
    ])
    func whatFits(selector: String, fits: Bool) throws { #expect(try self.fits(selector) == fits, "\(selector)") }

    /// A short name is the one that a registry knows it by, and a name without tag is every tag.
    @Test(arguments: [
        ("shop/web:1.2", "shop/web:1.2", true), ("shop/web:1.2", "shop/web", true), ("shop/web:1.2", "docker.io/shop/*", true),
        ("shop/web:1.2", "docker.io/shop/web", true), ("shop/web:1.2", "web", false), ("nginx", "docker.io/library/nginx", true),
        ("nginx:1.27", "nginx", true), ("localhost:5000/a", "localhost:5000/a", true), ("localhost:5000/a", "localhost", false),
        ("quay.io/x/y@sha256:aa", "quay.io/x/y", true), ("quay.io/x/y:2@sha256:aa", "quay.io/x/y:2", true),
        ("nginx", "nginx:1.27", false),
    ])
    func imageNames(image: String, pattern: String, fits: Bool) throws {
        #expect(try self.fits("image: '\(pattern)'") { $0.image = image } == fits, "\(pattern) on \(image)")
    }
}
