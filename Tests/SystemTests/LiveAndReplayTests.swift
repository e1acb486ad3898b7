import Foundation
import TestSupport
import Testing

/// One engine: packets that were judged live are judged the same from a capture.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(3)))
struct LiveAndReplayTests {
    private let rules = """
        drop http any any -> any any (http.user_agent; content:"evil"; sid:1;)
        alert http any any -> any any (http.stat_code; content:"404"; sid:2;)
        alert tcp any any -> any 80 (flow:established,to_server; content:"GET "; startswith; sid:3;)
        reject http any any -> any any (http.uri; content:"/reject"; sid:4;)
        alert http any any -> any any (http.request_body; content:"needle"; sid:5;)
        """

    /// What a record says of its packet, without when and which flow number.
    private func essence(_ record: [String: Any]) -> String? {
        let type = record["event_type"] as? String ?? ""
        let place = ["src_ip", "src_port", "dest_ip", "dest_port"].map { "\(record[$0] ?? "")" }.joined(separator: " ")
        func part(_ name: String, _ key: String) -> String { "\((record[name] as? [String: Any])?[key] ?? "")" }
        switch type {
        case "alert": return "alert \(place) \(part("alert", "signature_id")) \(part("alert", "action")) \(part("verdict", "action"))"
        // ipsd's own reset goes past the recorder, not through the queue.
        case "drop" where (record["drop"] as? [String: Any])?["rst"] as? Bool == true: return nil
        case "drop": return "drop \(place) \(part("drop", "reason"))"
        case "http": return "http \(place) \(part("http", "http_method")) \(part("http", "url")) \(part("http", "status"))"
        default: return nil
        }
    }

    @Test func sameVerdictsAndEvents() throws {
        let site = try Site()
        try site.startDaemon(rules: rules)
        // The client's end of the bridge: all that the client sends is judged, and all that comes to it was.
        let capture = "\(site.folder.path)/live.pcap"
        let recorder = try site.launch(
            in: site.topology.host, ["tcpdump", "-U", "--immediate-mode", "-n", "-i", TestTopology.clientVeth, "-w", capture, "tcp"], output: "tcpdump.log")
        try site.wait("tcpdump listens") { try site.folder.text("tcpdump.log").contains("listening") }
        let body = String(repeating: "hay ", count: 3000) + "needle"
        try site.folder.write("body", body)
        #expect(site.request("/") == "200")
        #expect(site.request("/missing") == "404")
        #expect(site.request("/", ["-A", "evil", "--max-time", "1"]) == "000")
        #expect(site.request("/reject") == "000")
        #expect(site.request("/", ["--data-binary", "@\(site.folder.path)/body"]) == "405")
        #expect(site.request("/", over: site.urlOverIPv6) == "200")
        // Nothing more may be sent while the two end.
        try site.topology.run(in: site.topology.client, ["ip", "link", "set", "eth0", "down"])
        Thread.sleep(forTimeInterval: 0.5)
        try site.end(recorder)
        #expect(try site.endDaemon() == 0)

        let text = try TestTopology.runCommand(
            [
                "\(Site.programs)/ipsctl", "replay", "--checksums", "ignore", "--rules", "\(site.folder.path)/site.rules",
                "--eve", "-", capture,
            ])
        let live = try Site.records(try site.folder.text("eve.json")).compactMap(essence).sorted()
        let replayed = try Site.records(text).compactMap(essence).sorted()
        #expect(live == replayed)
        for expected in ["alert", "drop", "http"] { #expect(live.contains { $0.hasPrefix(expected) }) }
        #expect(live.contains { $0.contains(" 5 allowed") } && live.contains { $0.contains(" 4 blocked") })
    }
}
