import Foundation
import PacketIO
import TestSupport
import Testing
import Traffic
import Wire

/// From a capture to why its packets were dropped, and to the exception that lets them through: by the commands alone.
@Suite(.serialized)
struct ExplainTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("patches/demo/patch.yaml", "id: demo\ntitle: A demonstration\nstage: shadow\n")
        try folder.write(
            "patches/demo/patch.rules",
            "# one\ndrop http any any -> any any (msg:\"demo\"; http.method; content:\"GET\"; http.uri; content:\"/evil\"; fast_pattern; sid:7;)\n")
        try folder.write("policy.yaml", "patches:\n  # the shop\n  - patch: demo\n    stage: enforce\n    reason: \"seen clean\"\n")
        try folder.write(
            "containers.json", #"[{"id": "3f4e", "name": "web-1", "image": "shop/web", "addresses": ["\#(PacketBuilder.web.destination)"]}]"#)
    }

    private func run(_ arguments: String..., input: String? = nil) throws -> String {
        try TestTopology.runCommand(["\(Site.programs)/ipsctl"] + arguments, input: input)
    }

    private func replay(_ target: String) throws -> [[String: Any]] {
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        let writer = try CaptureWriter(path: "\(folder.path)/in.pcap")
        for packet in talk.packets { try writer.write(packet.span, link: .rawIP, time: Timestamp(nanoseconds: 1_700_000_000_000_000_000)) }
        try writer.close()
        _ = try run(
            "replay", "--patches", "\(folder.path)/patches", "--policy", "\(folder.path)/policy.yaml", "--containers",
            "\(folder.path)/containers.json", "--eve", "\(folder.path)/eve.json", "\(folder.path)/in.pcap")
        return try Site.records(try folder.text("eve.json"))
    }

    private func explanations(_ arguments: String...) throws -> [[String: Any]] {
        let text = try TestTopology.runCommand(
            ["\(Site.programs)/ipsctl", "explain", "--json", "--patches", "\(folder.path)/patches"] + arguments)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test func anEventIsExplained() throws {
        _ = try replay("/a/%2e%2e/evil")
        let found = try #require(try explanations("\(folder.path)/eve.json").first)
        let (rule, patch) = (found["rule"] as? [String: Any], found["patch"] as? [String: Any])
        #expect(rule?["sid"] as? Int == 7 && (rule?["place"] as? String)?.hasSuffix("demo/patch.rules:2") == true)
        #expect((rule?["text"] as? String)?.hasPrefix("drop http any any") == true)
        #expect(patch?["title"] as? String == "A demonstration" && patch?["stage"] as? String == "enforce")
        #expect((found["policy"] as? String)?.hasSuffix("/policy.yaml:3") == true)
        #expect((found["policy_text"] as? String)?.contains("reason: \"seen clean\"") == true)
        let match = found["match"] as? [String: Any]
        #expect(match?["buffer"] as? String == "http.uri" && match?["matched"] as? String == "/evil")
        #expect((found["normalisation"] as? [String: Any])?["raw"] as? String == "/a/%2e%2e/evil")
        // What readers of the older form look for stands where it stood.
        #expect(found["signature_id"] as? Int == 7 && found["matched_hex"] as? String == "2f6576696c")
        #expect(found["src_ip"] as? String == PacketBuilder.web.source.description)
        let text = try run("explain", "--patches", "\(folder.path)/patches", "\(folder.path)/eve.json")
        #expect(text.contains("sent as: /a/%2e%2e/evil") && text.contains("|/evil|") && !text.contains("--path"))
    }

    /// The command that is printed lets through what was dropped, and nothing else.
    @Test func theRemedyHelps() throws {
        #expect(try replay("/evil/x").contains { $0["event_type"] as? String == "drop" })
        let remedy = try #require(try explanations("\(folder.path)/eve.json").first?["remedy"] as? [String: Any])
        let command = try #require(remedy["command"] as? String)
        #expect(command.hasPrefix("ipsctl policy except --patch demo ") && command.contains("--path /evil/x "))
        let words = command.split(separator: " ").dropFirst().map(String.init)
        let answer = try TestTopology.runCommand(["\(Site.programs)/ipsctl"] + words + ["\(folder.path)/policy.yaml"])
        #expect(answer.hasPrefix("\(folder.path)/policy.yaml:8: added"))
        #expect(try folder.text("policy.yaml").contains("  # the shop\n") && folder.text("policy.yaml").contains(try #require(remedy["policy"] as? String)))
        let after = try replay("/evil/x")
        #expect(!after.contains { $0["event_type"] as? String == "drop" })
        #expect(after.contains { (($0["rempart"] as? [String: Any])?["exception"] as? [String: Any])?["reason"] as? String == "why" })
        #expect(try replay("/evil/y").contains { $0["event_type"] as? String == "drop" })
        let excepted = try run("explain", "\(folder.path)/eve.json")
        #expect(excepted.contains("policy: enforce"))
    }

    /// What an attacker writes into a request is one word to a shell.
    @Test func aCommandIsNotTheAttackers() throws {
        _ = try replay("/evil/'$(id)`id`|&")
        let remedy = try #require(try explanations("\(folder.path)/eve.json").first?["remedy"] as? [String: Any])
        let command = try #require(remedy["command"] as? String)
        let words = try TestTopology.runCommand(["sh", "-c", "ipsctl() { printf '%s\\n' \"$@\"; }; \(command)"])
        #expect(words.split(separator: "\n").contains("/evil/'$(id)`id`|&"), "\(words)")
    }

    @Test(arguments: ["", "nonsense\n", "[]\n", "{\"flow_id\": 1}\n"])
    func whatIsNoEventIsRefused(text: String) throws {
        #expect {
            _ = try run("explain", "-", input: text)
        } throws: { "\($0)".contains("status 2") && "\($0)".contains("standard input") }
    }

    @Test(arguments: [
        (["policy", "check", "policy.yaml"], "patches:\n  - patch: demo\n    stage: enforse\n", 1, "policy.yaml:3:12: error: stage: 'enforse'"),
        (["policy", "check", "none.yaml"], "", 2, "none.yaml: no such file"),
        (["policy", "show", "policy.yaml"], "patches: [", 2, "policy.yaml:"),
        (["policy", "except", "--until", "2026-12-31", "--reason", "r", "policy.yaml"], "", 2, "expected --patch or --sid"),
        (["policy", "except", "--sid", "1", "--until", "2026-13-31", "--reason", "r", "policy.yaml"], "", 2, "--until: expected a day"),
        (["policy", "except", "--sid", "1", "--where", "imge=x", "--until", "2026-12-31", "--reason", "r", "policy.yaml"], "", 2, "did you mean image?"),
        (["policy", "show", "--containers", "policy.yaml", "policy.yaml"], "{}", 2, "policy.yaml:"),
    ] as [([String], String, Int, String)])
    func badInput(arguments: [String], policy: String, status: Int, says: String) throws {
        try folder.write("policy.yaml", policy)
        let arguments = arguments.map { $0.hasSuffix(".yaml") ? "\(folder.path)/\($0)" : $0 }
        #expect {
            _ = try TestTopology.runCommand(["\(Site.programs)/ipsctl"] + arguments)
        } throws: { error in
            let failure = error as? TestTopology.CommandFailure
            return failure?.status == Int32(status) && failure?.standardError.contains(says) == true
        }
    }
}
