import Detection
import Events
import Flow
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// What a policy makes of the matches of patches: packet by packet, by stage, role, exception and canary.
struct ScopeTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    /// Rules of patch 1 and one of none.
    private static func ruleSet(_ rules: String, patches: [UInt32: UInt16] = [1: 1]) -> RuleSet {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rules.utf8))
        let rules = parsed.rules.map { rule in
            var rule = rule
            rule.patch = patches[rule.sid] ?? 0
            return rule
        }
        return RuleSet.compile(rules).0
    }

    private static let dropEvil = #"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#

    /// Row 0 for no container, row N for container N.
    private static func table(
        _ cells: [ScopePeriod.Cell], exceptions: [ScopeException] = [], places: [String] = ["policy.yaml:1", "policy.yaml:2"]
    ) -> ScopeTable {
        let rows = cells.map { ScopePeriod.Row(cells: [$0], exceptions: exceptions.indices.map { UInt16($0) }) }
        let containers = Dictionary(uniqueKeysWithValues: cells.indices.dropFirst().map { (ContainerNumber(rawValue: UInt32($0)), UInt32($0)) })
        return ScopeTable(
            patches: [.init(id: "demo", title: "A demonstration")], exceptions: exceptions,
            periods: [ScopePeriod(until: nil, rows: rows, rowOfContainer: containers, places: places)])
    }

    private static func lab(_ rules: String, _ table: ScopeTable, mode: PipelineConfiguration.Mode = .prevent, patches: [UInt32: UInt16] = [1: 1]) -> Lab {
        Lab(ruleSet: ruleSet(rules, patches: patches), scopes: table, mode: mode)
    }

    private static func letters(_ lab: Lab, _ packets: [[UInt8]] = ActionMatrixTests.talk) -> String {
        ActionMatrixTests.letters(lab.send(packets))
    }

    private static let passing = "..........."
    private static let dropping = "...dddddddd"
    private static let rejecting = "...rddddddd"

    @Test(arguments: [
        ("drop", PatchStage.off, passing, []), ("drop", .shadow, passing, ["1"]), ("drop", .enforce, dropping, ["1!"]),
        ("reject", .off, passing, []), ("reject", .shadow, passing, ["1"]), ("reject", .enforce, rejecting, ["1!"]),
        ("alert", .off, passing, []), ("alert", .shadow, passing, ["1"]), ("alert", .enforce, passing, ["1"]),
        ("pass", .off, passing, []), ("pass", .shadow, passing, []), ("pass", .enforce, passing, []),
    ] as [(String, PatchStage, String, [String])])
    func stages(action: String, stage: PatchStage, letters: String, alerts: [String]) {
        for mode in [PipelineConfiguration.Mode.prevent, .detect] {
            let lab = Self.lab(Self.dropEvil.replacing("drop", with: action), Self.table([.init(stage: stage, place: 1)]), mode: mode)
            #expect(Self.letters(lab) == (mode == .prevent ? letters : Self.passing), "\(action) \(stage)")
            lab.finish()
            #expect(lab.alerts == (mode == .prevent ? alerts : alerts.map { $0.replacing("!", with: "") }))
            let counters = lab.pipeline.counters
            let expected: (UInt64, UInt64, UInt64) = switch stage {
            case .off: (0, 0, 1)
            case .shadow: (0, 1, 0)
            case .canary, .enforce: (1, 0, 0)
            }
            #expect((counters.policyEnforced, counters.policyShadowed, counters.policyOff) == expected, "\(action) \(stage)")
        }
    }

    /// A pass of a patch in shadow lets nothing past the patches in force; a drop in shadow is no drop for those behind it.
    @Test func aShadowChangesNoVerdict() {
        let rules = """
            pass http any any -> any any (http.uri; content:"/evil"; sid:1;)
            reject http any any -> any any (http.uri; content:"evil"; sid:2;)
            """
        let table = Self.table([.init(stage: .shadow)])
        #expect(Self.letters(Self.lab(rules, table)) == Self.rejecting)
        #expect(Self.letters(Self.lab(rules, Self.table([.init(stage: .enforce)]))) == Self.passing)
        let two = Self.lab(Self.dropEvil + "\n" + #"reject http any any -> any any (http.uri; content:"evil"; sid:2;)"#, table)
        #expect(Self.letters(two) == Self.rejecting && two.alerts == ["1", "2!"])
    }

    @Test func aShadowRewritesAndBypassesNothing() {
        let rewriting = #"alert tcp any any -> any any (content:"/evil"; replace:"/good"; sid:1;)"#
        #expect(Self.letters(Self.lab(rewriting, Self.table([.init(stage: .enforce)]))).contains("w"))
        #expect(Self.letters(Self.lab(rewriting, Self.table([.init(stage: .shadow)]))) == Self.passing)
        let bypassing = #"alert http any any -> any any (http.uri; content:"/evil"; bypass; sid:1;)"#
        #expect(Self.letters(Self.lab(bypassing, Self.table([.init(stage: .enforce)]))).contains("b"))
        #expect(Self.letters(Self.lab(bypassing, Self.table([.init(stage: .shadow)]))) == Self.passing)
    }

    /// What is off leaves no trace that another rule could see.
    @Test func whatIsOffSetsNothing() {
        let rules = """
            alert http any any -> any any (http.uri; content:"/evil"; flowbits:set,seen; noalert; sid:1;)
            drop http any any -> any any (http.uri; content:"/fine"; flowbits:isset,seen; sid:2;)
            """
        #expect(Self.letters(Self.lab(rules, Self.table([.init(stage: .shadow)]))) == ".......dddd")
        #expect(Self.letters(Self.lab(rules, Self.table([.init(stage: .off)]))) == Self.passing)
    }

    /// The server's container decides, then the client's, then what holds without one.
    @Test(arguments: [
        (nil, nil, "0"), (1, nil, "1"), (nil, 1, "1"), (1, 2, "2"), (2, 1, "1"), (9, nil, "0"), (nil, 9, "0"), (1, 9, "0"),
    ] as [(UInt32?, UInt32?, String)])
    func roles(client: UInt32?, server: UInt32?, row: String) {
        for enforced in 0..<3 {
            let cells = (0..<3).map { ScopePeriod.Cell(stage: $0 == enforced ? .enforce : .shadow, place: UInt16($0 % 2)) }
            let lab = Self.lab(Self.dropEvil, Self.table(cells))
            lab.place(client: client, server: server)
            let letters = ActionMatrixTests.letters(lab.sendBetweenContainers(ActionMatrixTests.talk))
            #expect(letters == (row == "\(enforced)" ? Self.dropping : Self.passing), "\(String(describing: client)) \(String(describing: server))")
        }
    }

    /// A flow whose container becomes known, or is another one, follows what holds for that one.
    @Test func aFlowFollowsItsContainers() {
        let rule = #"drop http any any -> any any (http.method; content:"GET"; sid:1;)"#
        let lab = Self.lab(rule, Self.table([.init(stage: .shadow), .init(stage: .enforce)]))
        let packets = ActionMatrixTests.talk
        #expect(lab.sendBetweenContainers(Array(packets[..<7])).allSatisfy { $0 == .accept })
        lab.place(client: nil, server: 1)
        #expect(ActionMatrixTests.letters(lab.sendBetweenContainers(Array(packets[7...]))) == "dddd")
    }

    /// A packet that no flow takes up is judged by its own ends.
    @Test(arguments: [(1, nil, true), (nil, 1, true), (nil, nil, false), (1, 2, false), (2, 1, true)] as [(UInt32?, UInt32?, Bool)])
    func packetsWithoutAFlow(client: UInt32?, server: UInt32?, isDropped: Bool) throws {
        let lab = Self.lab(
            "drop ip any any -> any any (fragbits:M; sid:1;)", Self.table([.init(stage: .shadow), .init(stage: .enforce), .init(stage: .shadow)]))
        lab.place(client: client, server: server)
        let whole = PacketBuilder.web.udp(payload: [UInt8](repeating: 0x78, count: 60))
        let first = try #require(PacketBuilder.web.fragments(of: whole, bytes: 16).first)
        #expect(lab.sendBetweenContainers([first]) == [isDropped ? .drop : .accept])
        #expect(lab.alerts == [isDropped ? "1!" : "1"])
    }

    @Test func aRuleOfNoPatchActsAsItIsWritten() {
        let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: .off)]), patches: [:])
        #expect(Self.letters(lab) == Self.dropping)
        lab.finish()
        #expect(lab.records.first?.patch == nil)
    }

    @Test func theAlertSaysWhichLineItWas() throws {
        let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: .shadow, place: 1)]))
        _ = Self.letters(lab)
        lab.finish()
        let event = try #require(lab.events.first { if case .alert = $0.body { true } else { false } })
        var encoder = EventEncoder()
        let line = String(decoding: encoder.line(event), as: UTF8.self)
        #expect(line.contains(#""rempart":{"patch":"demo","stage":"shadow","policy":"policy.yaml:2","buffer":"http.uri""#), "\(line)")
        #expect(line.contains(#""action":"allowed""#) && line.contains(#""verdict":{"action":"alert"}"#))
    }

    // MARK: Canary

    /// Both directions and both ways of seeing a flow agree, and a larger share holds the smaller one.
    @Test func theSampleIsTheFlows() {
        var inTenth = 0
        for port in UInt16(1024)..<5024 {
            let client = PacketBuilder.to(port: 80, from: port)
            let there = DecodedPacket(raw: client.tcp(flags: .syn, sequence: 1))
            let back = DecodedPacket(raw: client.reversed.tcp(flags: [.syn, .ack], sequence: 1))
            #expect(FlowKey(there).sample == FlowKey(back).sample && FlowKey(there).sample < 10_000)
            if FlowKey(there).sample < 1000 { inTenth += 1 }
        }
        #expect((320...480).contains(inTenth), "\(inTenth) of 4,000 in a tenth")
    }

    @Test func aCanaryIsEnforcedOnItsShare() {
        var (enforced, shadowed) = (0, 0)
        let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: .canary, share: 2500)]))
        for port in UInt16(2000)..<2200 {
            let client = PacketBuilder.to(port: 80, from: port)
            let isIn = FlowKey(DecodedPacket(raw: client.tcp(flags: .syn, sequence: 1))).sample < 2500
            let verdicts = lab.send(Conversation.web("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n", client: client).packets)
            #expect(verdicts.contains(.drop) == isIn, "port \(port)")
            if isIn { enforced += 1 } else { shadowed += 1 }
        }
        #expect(enforced > 20 && shadowed > 100)
        #expect(lab.pipeline.counters.policyEnforced == UInt64(enforced) && lab.pipeline.counters.policyCanaryShadowed == UInt64(shadowed))
        #expect(lab.records.count { $0.patch?.isEnforcedCanary == true } == enforced)
        #expect(lab.records.count { $0.patch?.isEnforcedCanary == false } == shadowed)
    }

    @Test(arguments: [(0, passing), (10_000, dropping)] as [(UInt16, String)])
    func noneAndAllOfTheFlows(share: UInt16, letters: String) {
        #expect(Self.letters(Self.lab(Self.dropEvil, Self.table([.init(stage: .canary, share: share)]))) == letters)
    }

    // MARK: Exceptions

    private static func exception(
        _ subject: ScopeException.Subject = .patches([1]), path: String? = nil, source: String? = nil,
        until: Timestamp = Timestamp(nanoseconds: .max)
    ) -> ScopeException {
        ScopeException(
            subject: subject, path: path.flatMap { Glob($0) }, source: source.flatMap { AddressRange(text: $0) }, until: until,
            place: "policy.yaml:30", reason: "our scanner", lastDay: "2026-12-31")
    }

    /// Which exceptions hold, under each stage.
    @Test(arguments: [
        (exception(), true), (exception(.rule(sid: 1)), true), (exception(.rule(sid: 2)), false), (exception(.patches([2])), false),
        (exception(path: "/evil*"), true), (exception(path: "/ev?l"), true), (exception(path: "/fine"), false), (exception(path: "*"), true),
        (exception(source: "198.18.0.2"), true), (exception(source: "198.18.0.0/15"), true), (exception(source: "198.18.0.3"), false),
        (exception(source: "fd00::/8"), false), (exception(path: "/evil", source: "198.18.0.3"), false),
        (exception(until: start), false), (exception(until: start.advanced(byNanoseconds: 60_000_000_000)), true),
    ] as [(ScopeException, Bool)])
    func exceptions(exception: ScopeException, holds: Bool) {
        for stage in PatchStage.allCases {
            let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: stage, share: 10_000)], exceptions: [exception]))
            let acts = stage == .enforce || stage == .canary
            #expect(Self.letters(lab) == (acts && !holds ? Self.dropping : Self.passing), "\(stage) \(exception)")
            lab.finish()
            #expect(lab.alerts == (stage == .off ? [] : acts && !holds ? ["1!"] : ["1"]), "\(stage) \(exception)")
            #expect(lab.pipeline.counters.policyExcepted == (holds && stage != .off ? 1 : 0))
            #expect(lab.records.allSatisfy { ($0.patch?.exception?.reason == "our scanner") == holds })
        }
    }

    /// A path that some server may take for another one is not excepted.
    @Test(arguments: [
        ("/evil", true), ("http://a/evil", true), ("/%65vil", true), ("/evil?x=/../y", true), ("/evil/deeper", true),
        ("/evil/../admin", false), ("/evil/./x", false), ("/evil/%2e%2e/admin", false), ("/evil%2f..%2fadmin", false),
        ("/evil;/x", false), ("/evil%3bx", false), ("/evil\\..\\admin", false), ("/evil%5cadmin", false), ("/evil%252fx", false),
        ("/evil%3f", false), ("/evil#/admin", false), ("/evil%00", false), ("/evil%zz", false), ("/x/../evil", false),
    ])
    func pathsThatAreExcepted(target: String, isExcepted: Bool) {
        let lab = Self.lab(
            #"drop http any any -> any any (http.uri.raw; content:"evil"; fast_pattern; http.method; content:"GET"; sid:1;)"#
                + "\n" + #"drop http any any -> any any (http.method; content:"GET"; sid:3;)"#,
            Self.table([.init(stage: .enforce)], exceptions: [Self.exception(path: "/evil*")]), patches: [3: 1])
        let verdicts = lab.send(Conversation.web("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n").packets)
        lab.finish()
        // The first rule is of no patch and drops always: what counts is what the patch's own rule did.
        #expect(lab.alerts.contains("3!") == !isExcepted && (verdicts.contains(.drop) || isExcepted), "\(target): \(lab.alerts)")
    }

    /// Each request of a connection is one of its own.
    @Test func aPathIsExceptedForItsRequestOnly() {
        let lab = Self.lab(
            #"drop http any any -> any any (http.method; content:"GET"; sid:1;)"#,
            Self.table([.init(stage: .enforce)], exceptions: [Self.exception(path: "/evil")]))
        #expect(Self.letters(lab) == ".......dddd")
        lab.finish()
        #expect(lab.alerts == ["1", "1!"])
    }

    @Test(arguments: [("/evil/x", true), ("/evil/../x", false), ("/other", false)])
    func pathsInHTTP2(path: String, isExcepted: Bool) {
        let lab = Self.lab(
            #"drop http any any -> any any (http.request_body; content:"${jndi:"; sid:1;)"#,
            Self.table([.init(stage: .enforce)], exceptions: [Self.exception(path: "/evil*")]))
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(HTTP2VerdictTests.request(path: path, body: "${jndi:ldap://a}"), from: .toServer)
        #expect(lab.send(talk.packets).contains(.drop) != isExcepted)
        #expect(lab.alerts == [isExcepted ? "1" : "1!"])
    }

    /// A rule on packets or streams has no request whose path could be asked for.
    @Test(arguments: ["tcp-pkt", "tcp-stream", "tcp"])
    func aPathSaysNothingOfPacketsAndStreams(proto: String) {
        let lab = Self.lab(
            "drop \(proto) any any -> any any (content:\"/evil\"; sid:1;)",
            Self.table([.init(stage: .enforce)], exceptions: [Self.exception(path: "*")]))
        #expect(Self.letters(lab).contains("d"))
    }

    @Test func aRuleOfNoPatchCanBeExcepted() {
        let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: .off)], exceptions: [Self.exception(.rule(sid: 1))]), patches: [:])
        #expect(Self.letters(lab) == Self.passing)
        lab.finish()
        #expect(lab.alerts == ["1"] && lab.records.first?.patch?.exception?.place == "policy.yaml:30")
    }

    // MARK: Time and change

    /// The time of the packet decides what holds, backwards too.
    @Test func linesEndWithTheirDay() {
        func row(_ stage: PatchStage) -> [ScopePeriod.Row] { [.init(cells: [.init(stage: stage)])] }
        let end = Self.start.advanced(byNanoseconds: 100_000_000_000)
        let table = ScopeTable(
            patches: [.init(id: "demo", title: "")], exceptions: [],
            periods: [
                ScopePeriod(until: end, rows: row(.enforce), rowOfContainer: [:], places: []),
                ScopePeriod(until: nil, rows: row(.shadow), rowOfContainer: [:], places: []),
            ])
        let lab = Self.lab(Self.dropEvil, table)
        #expect(Self.letters(lab) == Self.dropping)
        lab.wait(seconds: 200)
        let later = Conversation.web("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n", client: .to(port: 80, from: 41_000))
        #expect(lab.send(later.packets).allSatisfy { $0 == .accept })
        lab.wait(seconds: -200)
        let earlier = Conversation.web("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n", client: .to(port: 80, from: 42_000))
        #expect(lab.send(earlier.packets).contains(.drop))
    }

    /// A flow that is open follows a new table from its next packet on.
    @Test func aNewTableHoldsForOpenFlows() {
        let rule = #"drop http any any -> any any (http.method; content:"GET"; sid:1;)"#
        let lab = Self.lab(rule, Self.table([.init(stage: .shadow)]))
        let packets = ActionMatrixTests.talk
        #expect(lab.send(Array(packets[..<7])).allSatisfy { $0 == .accept })
        lab.pipeline.adopt(Self.table([.init(stage: .enforce)]))
        #expect(ActionMatrixTests.letters(lab.send(Array(packets[7...]))) == "dddd")
        lab.finish()
        #expect(lab.alerts == ["1", "1!"])
    }

    /// What a flow still holds when it ends is judged by the table of its rules.
    @Test func aTableIsTakenUpWithItsRules() {
        let lab = Self.lab(Self.dropEvil, Self.table([.init(stage: .enforce)]))
        lab.send(ActionMatrixTests.talk[0])
        lab.pipeline.adopt(Self.ruleSet(Self.dropEvil, patches: [:]), scopes: .everything)
        #expect(ActionMatrixTests.letters(lab.send(Array(ActionMatrixTests.talk[1...]))) == "..dddddddd")
        lab.finish()
        #expect(lab.records.first?.patch == nil)
    }
}
