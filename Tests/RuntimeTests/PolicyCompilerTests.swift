import Containers
import Detection
import Events
import Inspection
import PacketIO
import Patches
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

@testable import Runtime

/// From a policy, patches and containers to what holds where, and through captures to what the engine does.
struct PolicyCompilerTests {
    private static func container(_ name: String, _ change: (inout Container) -> Void = { _ in }) -> Container {
        var container = Container(id: "id-\(name)", name: name, runtime: .docker, image: "shop/\(name.prefix { $0 != "-" })")
        change(&container)
        return container
    }

    private static let patches = ["log4shell", "class-upload", "class-traversal"].map {
        PatchIdentity(id: $0, title: "", stage: .shadow, place: "rules/\($0)/patch.yaml:9")
    }

    private func compiler(_ policy: String) throws -> PolicyCompiler {
        PolicyCompiler(patches: Self.patches, policy: try PolicyReader.policy(file: "policy.yaml", text: policy))
    }

    /// `CONTAINER: STAGE …` for the patches in turn, `-` for no container; `+` a canary's choice, `%` a share.
    private func texts(_ policy: String, _ containers: [Container], at day: String = "2026-01-01") throws -> [String] {
        let time = try #require(PolicyDay(day)).end
        let holdings = try compiler(policy).holdings(InventorySnapshot(numbering: containers), at: time)
        let names = [nil] + containers.map { Optional($0.name) }
        return names.map { name in
            let own = holdings.filter { $0.container?.name == name }.map { holding in
                holding.stage.rawValue + (holding.isChosen.map { $0 ? "+" : "-" } ?? "") + (holding.share.map { PolicyCanary.percent($0) } ?? "")
            }
            return "\(name ?? "-"): \(own.joined(separator: " "))"
        }
    }

    @Test func theLastLineThatFitsCounts() throws {
        let policy = """
            patches:
              - {patch: "class-*", stage: enforce}
              - {patch: "*", where: {image: "docker.io/shop/web"}, stage: canary}
              - {patch: log4shell, where: {container: web-2}, stage: enforce}
              - {patch: class-upload, where: {image: "shop/db"}, stage: off}
            """
        let containers = ["web-1", "web-2", "db-1"].map { Self.container($0) }
        #expect(
            try texts(policy, containers) == [
                "-: shadow enforce enforce", "web-1: canary10% canary10% canary10%", "web-2: enforce canary10% canary10%",
                "db-1: shadow off enforce",
            ])
        #expect(try texts("", containers).allSatisfy { $0.hasSuffix(": shadow shadow shadow") })
    }

    @Test func aLineEndsWithItsDay() throws {
        let policy = "patches: [{patch: log4shell, stage: enforce, until: 2026-03-31}]"
        #expect(try texts(policy, [], at: "2026-03-30") == ["-: enforce shadow shadow"])
        #expect(try texts(policy, [], at: "2026-03-31") == ["-: shadow shadow shadow"])
    }

    /// Of those that the line selects the first ones by number; one that goes makes room for the next.
    @Test func replicasAreChosenInOrder() throws {
        let policy = "patches: [{patch: log4shell, where: {image: shop/web}, stage: canary, canary: {replicas: 2}}]"
        let containers = ["db-1", "web-1", "web-2", "web-3"].map { Self.container($0) }
        #expect(
            try texts(policy, containers).map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
                == ["-: shadow", "db-1: shadow", "web-1: canary+", "web-2: canary+", "web-3: canary-"])
        #expect(try texts(policy, Array(containers[2...])).last?.contains("canary+") == true)
    }

    /// What fits one container of a pod fits the pod's network, and so all of them.
    @Test func containersOfOneNetworkAreOne() throws {
        let pod = [("pause", true), ("app-1", false), ("sidecar-1", false)].map { name, isSandbox in
            Self.container(name) { container in
                container.networkNamespace = 7
                container.isSandbox = isSandbox
            }
        }
        let compiler = try compiler("patches: [{patch: log4shell, where: {container: sidecar-*}, stage: enforce}]")
        let holdings = compiler.holdings(InventorySnapshot(numbering: pod + [Self.container("web-1")]), at: .now)
        let own = holdings.filter { $0.patch.id == "log4shell" }
        #expect(own.map { $0.container?.name } == [nil, "app-1", "web-1"] && own.map(\.stage) == [.shadow, .enforce, .shadow])
    }

    /// A table made with what is known of the one before is the same as one made anew.
    @Test func whatIsRememberedChangesNothing() throws {
        var random = SeededRandom(seed: 3)
        let compiler = try compiler(
            """
            patches:
              - {patch: log4shell, where: {container: "web-*"}, stage: enforce}
              - {patch: "class-*", where: {label: {app: a}}, stage: canary, canary: {replicas: 1}}
              - {patch: log4shell, where: {image: shop/db}, stage: off}
            exceptions: [{patch: log4shell, where: {label: {app: b}}, until: 2099-01-01, reason: r}]
            """)
        var memory = PolicyCompiler.Memory()
        for _ in 0..<60 {
            let containers = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Self.container(["web-1", "web-2", "db-1", "x"].randomElement(using: &random) ?? "x") { container in
                    container.labels["app"] = ["a", "b"].randomElement(using: &random)
                    container.networkNamespace = [nil, 1, 2].randomElement(using: &random) ?? nil
                }
            }
            let snapshot = InventorySnapshot(numbering: containers)
            #expect(compiler.table(snapshot, &memory).description == compiler.table(snapshot).description)
        }
    }

    // MARK: Captures

    private static let rules = """
        drop http any any -> any any (http.uri; content:"/evil"; sid:1;)

        """

    /// A request to a server, as a capture.
    private func capture(_ folder: TemporaryFolder, target: String = "/evil") throws -> String {
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        let path = "\(folder.path)/in.pcap"
        let writer = try CaptureWriter(path: path)
        // 2023-11-14, 22:13:20 UTC.
        for packet in talk.packets { try writer.write(packet.span, link: .rawIP, time: Timestamp(nanoseconds: 1_700_000_000_000_000_000)) }
        try writer.close()
        return path
    }

    /// - Returns: the packets that were dropped, and the alert's own members.
    private func replay(_ policy: String, containers: [Container]) throws -> (drops: UInt64, patch: PatchRecord?) {
        let folder = try TemporaryFolder()
        try folder.write("patches/demo/patch.yaml", "id: demo\ntitle: D\nstage: shadow\n")
        try folder.write("patches/demo/patch.rules", Self.rules)
        var configuration = Configuration()
        configuration.patchesPath = "\(folder.path)/patches"
        configuration.policyPath = try folder.write("policy.yaml", policy)
        let loaded = try RuleLoader(configuration: configuration).load(previous: nil)
        var patch: PatchRecord?
        let report = try Replay(configuration: configuration, loaded: loaded, containers: InventorySnapshot(numbering: containers)).run(
            captures: [try capture(folder)], forward: nil,
            sink: { event in if case .alert(let alert, _) = event.body { patch = alert.patch } })
        return (report.drops, patch)
    }

    @Test func aCaptureKnowsContainersByTheirAddresses() throws {
        let server = Self.container("web-1") { $0.addresses = [PacketBuilder.web.destination] }
        let client = Self.container("db-1") { $0.addresses = [PacketBuilder.web.source] }
        let policy = """
            patches:
              - {patch: demo, where: {container: web-1}, stage: enforce}
              - {patch: demo, where: {container: db-1}, stage: off}

            """
        let both = try replay(policy, containers: [client, server])
        #expect(both.drops == 2 && both.patch?.policy?.hasSuffix("/policy.yaml:2") == true && both.patch?.stage == "enforce")
        #expect(try replay(policy, containers: [client]).patch == nil)
        let none = try replay(policy, containers: [])
        #expect(none.drops == 0 && none.patch?.policy?.hasSuffix("demo/patch.yaml:3") == true && none.patch?.stage == "shadow")
    }

    /// The capture's time decides whether an exception still holds, not that of the replay.
    @Test(arguments: [("2023-11-13", UInt64(2)), ("2023-11-14", 0), ("2023-11-15", 0)])
    func anExceptionEndsByTheCapturesTime(day: String, drops: UInt64) throws {
        let policy = """
            patches: [{patch: demo, stage: enforce}]
            exceptions: [{patch: demo, path: "/ev*", source: 198.18.0.0/15, until: \(day), reason: "ours"}]

            """
        let found = try replay(policy, containers: [])
        #expect(found.drops == drops && (found.patch?.exception?.lastDay == day) == (drops == 0))
    }

    // MARK: Loading

    private func load(_ policy: String?, optional: Bool = false) throws -> RuleLoader.Result {
        let folder = try TemporaryFolder()
        for (id, stage, sid) in [("one", "enforce", 1), ("two", "off", 2)] {
            try folder.write("patches/\(id)/patch.yaml", "id: \(id)\ntitle: T\nstage: \(stage)\n")
            try folder.write("patches/\(id)/patch.rules", "drop tcp any any -> any any (content:\"\(id)\"; sid:\(sid);)\n")
        }
        var configuration = Configuration()
        configuration.patchesPath = "\(folder.path)/patches"
        configuration.policyPath = "\(folder.path)/policy.yaml"
        configuration.isPolicyOptional = optional
        if let policy { try folder.write("policy.yaml", policy) }
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    @Test func onlyPatchesThatMayHoldAreCompiled() throws {
        func sids(_ policy: String) throws -> [UInt32] { try load(policy).ruleSet.rules.map(\.rule.sid).sorted() }
        #expect(try sids("") == [1])
        #expect(try sids("patches: [{patch: two, where: {image: x}, stage: shadow}]") == [1, 2])
        #expect(try sids("patches: [{patch: '*', stage: off}]") == [])
        #expect(try load("").policy.leftOut.map(\.id) == ["two"])
    }

    @Test func aPolicyThatCantBeReadStopsTheLoading() throws {
        #expect { _ = try load("patches: [{patch: one}]") } throws: { "\($0)".contains("policy.yaml:1:11: patches: expected a stage") }
        #expect { _ = try load(nil) } throws: { "\($0)".contains("policy.yaml: no such file") }
        #expect(try load(nil, optional: true).policy.policy.file == "")
    }

    @Test func whatHasEndedIsWarnedOf() throws {
        let loaded = try load("exceptions: [{sid: 1, until: 2024-01-01, reason: r}]")
        #expect(loaded.diagnostics.map(\.severity) == [.warning] && loaded.failed == 0)
        #expect(loaded.diagnostics[0].description.contains("policy.yaml:1:14: warning: the exception for sid 1 ended on 2024-01-01"))
    }

    /// A policy that is gone is refused at a reload; an empty one is not.
    @Test func aReloadDoesNotLoseThePolicy() throws {
        let policy = try PolicyReader.policy(file: "policy.yaml", text: "")
        #expect(throws: ConfigurationError.self) { try Daemon.check(.none, against: policy) }
        try Daemon.check(policy, against: policy)
        try Daemon.check(policy, against: .none)
        try Daemon.check(.none, against: .none)
    }

    @Test(arguments: [
        ("patches: [{patch: oen, stage: off}]", "no patch is called oen; did you mean one?"),
        ("patches: [{patch: 'x*', stage: off}]", "no patch is called x*"),
        ("patches: [{patch: one, stage: shadow}, {patch: '*', stage: enforce}]", "never counts: line 1"),
        ("exceptions: [{patch: nothing, until: 2099-01-01, reason: r}]", "no patch is called nothing"),
        ("exceptions: [{sid: 77, until: 2099-01-01, reason: r}]", "no rule that is loaded has sid 77"),
        ("exceptions: [{patch: one, path: '/a', until: 2099-01-01, reason: r}]", "path: never fits sid 1"),
        ("exceptions: [{patch: one, until: 2024-01-01, reason: r}]", "ended on 2024-01-01"),
    ])
    func entriesThatDoNothing(policy: String, says: String) throws {
        let loaded = try load(policy)
        let warnings = PolicyCheck.warnings(loaded.policy, loaded.ruleSet).map(\.message)
        #expect(warnings.count == 1 && warnings[0].contains(says), "\(warnings)")
    }

    @Test func aPolicyInOrderIsNotWarnedOf() throws {
        let loaded = try load(
            """
            patches:
              - {patch: one, stage: shadow}
              - {patch: one, where: {image: x}, stage: enforce}
              - {patch: "*", where: {image: y}, stage: enforce}
            exceptions: [{patch: one, source: 198.18.0.1, until: 2099-01-01, reason: r}]
            """)
        #expect(PolicyCheck.warnings(loaded.policy, loaded.ruleSet).isEmpty)
    }
}
