import Detection
import Events
import Flow
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// Every packet of one connection with two requests, under rules of every type and action.
struct ActionMatrixTests {
    static let talk: [[UInt8]] = {
        // 0-2 handshake, 3 "evil" request, 4 its acknowledgment, 5 response, 6 acknowledgment, 7-10 the same for "fine".
        var talk = Conversation.web("GET /evil HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
        talk.send(Array("GET /fine HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8), from: .toServer)
        talk.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
        return talk.packets
    }()

    /// A letter for each packet: `.` accepted, `d` dropped, `r` rejected, `b` bypassed.
    static func letters(_ verdicts: [Verdict]) -> String {
        String(verdicts.map { verdict -> Character in
            switch verdict {
            case .accept: "."
            case .drop: "d"
            case .reject: "r"
            case .rewrite: "w"
            case .bypass: "b"
            }
        })
    }

    static let kinds: [(name: String, header: String, options: String)] = [
        ("ip_only", "tcp any any -> any any", ""),
        ("like_ip_only", "ip [198.18.0.0/15,!192.0.2.1] any -> any any", ""),
        ("pd_only", "tcp any any -> any any", "app-layer-protocol:http;"),
        ("packet", "tcp-pkt any any -> any any", #"content:"/evil";"#),
        ("packet_dsize", "tcp any any -> any any", #"content:"/evil"; dsize:>1;"#),
        ("header", "tcp any any -> any 80", "tcp.flags:S;"),
        ("packet_stream", "tcp any any -> any any", #"content:"/evil";"#),
        ("stream", "tcp-stream any any -> any any", #"content:"/evil";"#),
        ("app_tx", "http any any -> any any", #"http.uri; content:"/evil";"#),
        ("app_layer", "http any any -> any any", "flow:to_server,established;"),
        ("file", "http any any -> any any", #"flow:to_client; file.data; content:"body";"#),
        ("response", "http any any -> any any", #"flow:to_client; http.stat_code; content:"200";"#),
    ]

    /// What a rule does by itself: the whole flow from where it matches on, or the packets that match.
    @Test func whatADropReaches() {
        let expected = [
            "ip_only": "ddddddddddd", "like_ip_only": "ddddddddddd", "pd_only": "...dddddddd", "packet": "...d.......",
            "packet_dsize": "...d.......", "header": "d..........", "packet_stream": "...dddddddd", "stream": "...dddddddd",
            "app_tx": "...dddddddd", "app_layer": "...dddddddd", "file": ".....dddddd", "response": ".....dddddd",
        ]
        for kind in Self.kinds {
            let rule = "\(kind.header) (\(kind.options) sid:1;)"
            let letters = expected[kind.name] ?? ""
            let lab = Lab("drop " + rule)
            #expect(Self.letters(lab.send(Self.talk)) == letters, "\(kind.name)")
            lab.finish()
            #expect(lab.alerts == ["1!"] && lab.drops.first == "rules 1", "\(kind.name)")
            let isFlow = letters.hasSuffix("d")
            #expect(lab.drops.dropFirst().allSatisfy { $0 == "flow drop" } && lab.drops.count == letters.count { $0 == "d" })
            #expect(lab.flows.map(\.action) == [isFlow ? "drop" : nil], "\(kind.name)")

            let rejecting = Lab("reject " + rule)
            let first = letters.firstIndex(of: "d") ?? letters.startIndex
            let rejected = letters.replacingCharacters(at: first, with: "r")
            #expect(Self.letters(rejecting.send(Self.talk)) == rejected, "\(kind.name)")

            let beside = Lab("drop " + rule, mode: .detect)
            #expect(Self.letters(beside.send(Self.talk)) == "...........")
            beside.finish()
            #expect(beside.alerts.first == "1" && beside.drops.isEmpty, "\(kind.name)")
            #expect(beside.flows.map(\.action) == [isFlow ? "drop" : nil], "\(kind.name)")
        }
    }

    /// A pass before a drop of the same request: what it reaches goes, what comes before it or is another packet does not.
    @Test func whatAPassReaches() {
        let passing = "..........."
        let expected = [
            "ip_only": passing, "like_ip_only": passing, "pd_only": passing, "packet": passing, "packet_dsize": passing,
            "header": "...dddddddd", "packet_stream": passing, "stream": passing, "app_tx": passing, "app_layer": passing,
            "file": "...dddddddd", "response": "...dddddddd",
        ]
        for kind in Self.kinds {
            let lab = Lab(
                """
                drop http any any -> any any (http.uri; content:"/evil"; sid:2;)
                pass \(kind.header) (\(kind.options) sid:1;)
                """)
            #expect(Self.letters(lab.send(Self.talk)) == expected[kind.name], "\(kind.name)")
            lab.finish()
            #expect(lab.alerts == (expected[kind.name] == passing ? [] : ["2!"]), "\(kind.name)")
        }
    }

    /// A pass on one packet is no pass for the next one.
    @Test func aPassOnAPacketIsNoneForTheFlow() {
        let lab = Lab(
            """
            pass tcp-pkt any any -> any any (content:"/evil"; sid:1;)
            drop tcp-pkt any any -> any any (content:"GET "; sid:2;)
            """)
        #expect(Self.letters(lab.send(Self.talk)) == ".......d...")
        lab.finish()
        #expect(lab.flows.map(\.action) == [nil])
    }

    /// The order of actions is by rank, not by place in the file nor by priority; alerts of lower rank are still written.
    @Test func theOrderOfActions() {
        let rules = [
            "alert": #"alert http any any -> any any (http.uri; content:"/evil"; priority:1; sid:1;)"#,
            "reject": #"reject http any any -> any any (http.uri; content:"/evil"; priority:1; sid:2;)"#,
            "drop": #"drop http any any -> any any (http.uri; content:"/evil"; priority:3; sid:3;)"#,
            "pass": #"pass http any any -> any any (http.uri; content:"/evil"; priority:4; sid:4;)"#,
        ]
        let cases: [([String], letters: String, alerts: [String])] = [
            (["alert", "drop"], "...dddddddd", ["3!", "1"]), (["alert", "reject"], "...rddddddd", ["2!", "1"]),
            (["reject", "drop"], "...rddddddd", ["3!", "2!"]), (["drop", "pass"], "...........", []),
            (["alert", "pass"], "...........", []), (["alert", "reject", "drop", "pass"], "...........", []),
            (["reject", "alert", "drop"], "...rddddddd", ["3!", "2!", "1"]),
        ]
        for (names, letters, alerts) in cases {
            let texts = names.compactMap { rules[$0] }
            for text in [texts, texts.reversed()] {
                let lab = Lab(text.joined(separator: "\n"))
                #expect(Self.letters(lab.send(Self.talk)) == letters, "\(names)")
                #expect(lab.alerts == alerts, "\(names)")
            }
        }
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with character: Character) -> String {
        String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
    }
}
