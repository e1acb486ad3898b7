import Detection
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// What workers count for the promotion of patches.
struct PatchTallyTests {
    private static let one = ContainerNumber(rawValue: 7)

    private func lab(stage: PatchStage, _ counts: Bool = true) -> Lab {
        let parsed = RuleParser().parse(
            file: "lab.rules", bytes: Array(#"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#.utf8))
        let rules = parsed.rules.map { rule in
            var rule = rule
            rule.patch = 1
            return rule
        }
        let table = ScopeTable(
            patches: [.init(id: "demo", title: "")], exceptions: [],
            periods: [ScopePeriod(until: nil, rows: [.init(cells: [.init(stage: stage)])], rowOfContainer: [:], places: ["p"])])
        let lab = Lab(ruleSet: RuleSet.compile(rules).0, scopes: table, mode: .prevent) { $0.talliesPatches = counts }
        lab.place(client: nil, server: Self.one.rawValue)
        return lab
    }

    private func answered(_ target: String, status: Int, port: UInt16 = 40_000, reset: Bool = false) -> [[UInt8]] {
        var client = PacketBuilder.web
        client.sourcePort = port
        var talk = Conversation(client: client, segmentSize: 1460)
        talk.open()
        talk.send(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        talk.send(Array("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n".utf8), from: .toClient)
        if reset {
            talk.append(client.tcp(flags: .rst, sequence: talk.clientSequence))
        } else {
            talk.close()
        }
        return talk.packets
    }

    private func traffic(_ lab: Lab) -> PatchTally.Traffic {
        lab.finish()
        return lab.pipeline.takeTally().traffic[Self.one] ?? .init()
    }

    @Test func answersErrorsAndFlows() {
        let lab = lab(stage: .shadow)
        _ = lab.sendBetweenContainers(answered("/", status: 200))
        _ = lab.sendBetweenContainers(answered("/", status: 503, port: 40_001))
        _ = lab.sendBetweenContainers(answered("/", status: 200, port: 40_002, reset: true))
        let seen = traffic(lab)
        #expect(seen.answers == 3 && seen.serverErrors == 1 && seen.flows == 3 && seen.resets == 1 && seen.otherFlows == 0)
        #expect(lab.pipeline.takeTally().traffic.isEmpty, "taken once")
    }

    @Test func whatWasBlockedSaysNothingOfTheOthers() {
        let lab = lab(stage: .enforce)
        _ = lab.sendBetweenContainers(answered("/evil", status: 200, reset: true))
        lab.finish()
        let tally = lab.pipeline.takeTally()
        #expect(tally.traffic.isEmpty)
        #expect(tally.matches == [.init(container: Self.one, patch: 1): matches(acted: 1)])
    }

    @Test func matchesInShadow() {
        let lab = lab(stage: .shadow)
        _ = lab.sendBetweenContainers(answered("/evil", status: 200))
        lab.finish()
        let tally = lab.pipeline.takeTally()
        #expect(tally.traffic[Self.one]?.answers == 1)
        #expect(tally.matches == [.init(container: Self.one, patch: 1): matches(shadowed: 1)])
    }

    @Test func nothingUnlessAsked() {
        let lab = lab(stage: .shadow, false)
        _ = lab.sendBetweenContainers(answered("/evil", status: 500))
        lab.finish()
        let tally = lab.pipeline.takeTally()
        #expect(tally.traffic.isEmpty && tally.matches.isEmpty)
    }

    private func matches(acted: UInt64 = 0, shadowed: UInt64 = 0) -> PatchTally.Matches {
        var matches = PatchTally.Matches()
        (matches.acted, matches.shadowed) = (acted, shadowed)
        return matches
    }
}
