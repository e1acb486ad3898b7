import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Exploits in WebSocket do not reach their receiver whole, whatever frames and segments they come in.
struct WebSocketVerdictTests {
    typealias Bytes = WebSocketBytes

    private static let rule = "drop websocket any any -> any any (websocket.payload; content:\"${jndi:\"; sid:1;)"
    private static let exploit = "user=${jndi:ldap://x}"

    /// The engine after an upgrade, and the verdicts on what followed.
    private static func verdicts(
        _ rules: String, _ bytes: [UInt8], from sender: Direction = .toServer, segmentSize: Int = 1460,
        extensions: String? = nil, mode: PipelineConfiguration.Mode = .prevent
    ) -> (lab: Lab, verdicts: [Verdict]) {
        let lab = Lab(rules, mode: mode)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        talk.send(Bytes.request(extensions: extensions), from: .toServer)
        talk.send(Bytes.answer(extensions: extensions), from: .toClient)
        let count = talk.packets.count
        talk.send(bytes, from: sender, acknowledges: false)
        return (lab, Array(lab.send(talk.packets)[count...]))
    }

    private static let cut = exploit.utf8.count / 2
    private static let ways: [(name: String, bytes: [UInt8])] = [
        ("one frame", Bytes.frame(exploit)), ("unmasked", Bytes.frame(mask: nil, exploit)), ("binary", Bytes.frame(opcode: 2, exploit)),
        ("ping", Bytes.frame(opcode: 9, exploit)), ("close", Bytes.frame(opcode: 8, Array("..".utf8) + Array(exploit.utf8))),
        ("long length", Bytes.frame(lengthBytes: 8, Array(exploit.utf8))),
        ("after another", Bytes.frame("hello") + Bytes.frame(exploit)),
        (
            "two frames",
            Bytes.frame(flags: 0, String(exploit.prefix(cut))) + Bytes.frame(opcode: 0, mask: [9, 8, 7, 6], String(exploit.dropFirst(cut)))
        ),
        (
            "a ping between",
            Bytes.frame(flags: 0, String(exploit.prefix(cut))) + Bytes.frame(opcode: 9, "") + Bytes.frame(opcode: 0, String(exploit.dropFirst(cut)))
        ),
        ("a frame for each byte", exploit.utf8.enumerated().flatMap { Bytes.frame(opcode: $0.offset == 0 ? 1 : 0, flags: 0, [$0.element]) }),
    ]

    @Test(arguments: [1, 2, 7, 1460], [Direction.toServer, .toClient])
    func anExploitDiesBeforeItsLastByte(segmentSize: Int, sender: Direction) {
        for (name, bytes) in Self.ways {
            let (lab, verdicts) = Self.verdicts(Self.rule, bytes, from: sender, segmentSize: segmentSize)
            #expect(lab.alerts == ["1!"], "\(name)")
            #expect(verdicts.last == .drop, "\(name)")
        }
    }

    @Test(arguments: [1, 3, 1460])
    func compressed(segmentSize: Int) {
        // The second message has the name from the first.
        let first = Bytes.frame(flags: 0xc0, hex("aa562a2d4e2d52b25252a9ceca53d251aa50b232ac0500"))
        let second = Bytes.frame(flags: 0xc0, hex("aa46164cc9b4ca49492c50aa0500"))
        let (lab, verdicts) = Self.verdicts(
            Self.rule, first + second, segmentSize: segmentSize, extensions: "permessage-deflate")
        #expect(lab.alerts == ["1!"] && verdicts.last == .drop)
        let (alone, passed) = Self.verdicts(Self.rule, first, segmentSize: segmentSize, extensions: "permessage-deflate")
        #expect(alone.alerts.isEmpty && passed.allSatisfy { $0 == .accept })
    }

    /// What the client sends with its request is judged when it comes, not when the server answers.
    @Test(arguments: [1, 1460])
    func beforeTheAnswer(segmentSize: Int) {
        let lab = Lab(Self.rule)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        talk.send(Bytes.request() + Bytes.frame(Self.exploit), from: .toServer, acknowledges: false)
        #expect(lab.send(talk.packets).last == .drop && lab.alerts == ["1!"])
    }

    @Test(arguments: [1, 7, 1460])
    func normalMessagesPass(segmentSize: Int) {
        let bytes = Bytes.frame("user=jndi") + Bytes.frame(flags: 0, "${jnd") + Bytes.frame(opcode: 9, "i:") + Bytes.frame(opcode: 0, "x")
        let (lab, verdicts) = Self.verdicts(Self.rule, bytes, segmentSize: segmentSize)
        #expect(lab.alerts.isEmpty && verdicts.allSatisfy { $0 == .accept }, "\(lab.drops)")
    }

    @Test(arguments: [
        ("websocket.opcode:ping", ["1"]), ("websocket.opcode:9", ["1"]), ("websocket.opcode:!0", ["1", "1", "1"]),
        ("websocket.opcode:>8", ["1"]), ("websocket.opcode:continuation", ["1"]), ("websocket.flags:!fin", ["1"]),
        ("websocket.flags:fin,!comp", ["1", "1", "1"]), ("websocket.flags:&0x40=0x40", []), ("websocket.flags:128", ["1", "1", "1"]),
        ("websocket.mask:>0", ["1", "1", "1"]), ("websocket.mask:939139389", ["1", "1", "1"]), ("websocket.mask:7", []),
        ("app-layer-protocol:websocket; websocket.opcode:text", ["1", "1"]),
        ("websocket.payload; content:\"hello\"; startswith; bsize:11", ["1"]),
        ("websocket.payload; content:!\"e\"", ["1"]), ("websocket.payload; pcre:\"/^p/\"", ["1"]),
    ])
    func keywords(options: String, alerts: [String]) {
        for header in ["websocket", "tcp"] {
            let bytes = Bytes.frame(flags: 0, "hello") + Bytes.frame(opcode: 9, "pg") + Bytes.frame(opcode: 0, " world") + Bytes.frame("three")
            let (lab, _) = Self.verdicts("alert \(header) any any -> any any (\(options); sid:1;)", bytes)
            #expect(lab.alerts == alerts, "\(header) \(options)")
        }
    }

    @Test func eventsAndFrames() {
        let rules = """
            alert websocket any any -> any any (app-layer-event:websocket.skip_end_of_payload; sid:1;)
            alert websocket any any -> any any (app-layer-event:websocket.reassembly_limit_reached; sid:2;)
            alert websocket any any -> any any (frame:header; content:"|81 85|"; startswith; sid:3;)
            alert tcp any any -> any any (frame:websocket.pdu; content:"|81 05|hello"; bsize:7; sid:4;)
            alert websocket any any -> any any (frame:data; content:"again"; bsize:5; sid:5;)
            """
        let long = String(repeating: "a", count: 70_000)
        #expect(Self.verdicts(rules, Bytes.frame(long)).lab.alerts == ["1"])
        #expect(Self.verdicts(rules, Bytes.frame(flags: 0, long)).lab.alerts == ["1", "2"])
        #expect(Self.verdicts(rules, Bytes.frame("hello")).lab.alerts == ["3"])
        #expect(Self.verdicts(rules, Bytes.frame(mask: nil, "hello") + Bytes.frame(mask: nil, "again")).lab.alerts == ["4", "5"])
    }

    @Test func recordsOfFrames() throws {
        let bytes = Bytes.frame(flags: 0, "hel") + Bytes.frame(opcode: 10, "") + Bytes.frame(opcode: 0, "lo") + Bytes.frame(opcode: 5, mask: nil, "x")
        let (lab, _) = Self.verdicts("alert websocket any any -> any any (websocket.opcode:pong; sid:1;)", bytes)
        lab.finish()
        let records: [WebSocketRecord] = lab.events.compactMap {
            if case .webSocket(let record) = $0.body { record } else { nil }
        }
        #expect(records.map(\.opcode) == ["text", "continuation", "pong", "unknown-5"])
        #expect(records.map(\.isFinal) == [false, true, true, true])
        #expect(records.map(\.mask) == [0x37fa_213d, 0x37fa_213d, 0x37fa_213d, nil])
        let alert = try #require(lab.events.compactMap { if case .alert(let alert, _) = $0.body { alert } else { nil } }.first)
        #expect(alert.webSocket?.opcode == "pong")
        #expect(lab.flows.first?.originalProtocol == "http")
    }
}
