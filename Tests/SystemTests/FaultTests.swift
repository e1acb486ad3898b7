import Foundation
import TestSupport
import Testing

/// What becomes of traffic when the daemon, its disk or its socket are in trouble. Without root and network namespaces
/// these tests are skipped.
@Suite(.serialized, .enabled(if: TestTopology.isSupported, "needs root and network namespaces"), .timeLimit(.minutes(4)))
struct FaultTests {
    private let rule = "drop http any any -> any any (http.uri; content:\"/evil\"; sid:1;)\n"
    private let hurried = ["--max-time", "1"]

    /// Requests one after the other; their status codes come to `answers`. Each may take as long as TCP needs to send its
    /// SYN three times more (RFC 6298 section 2: after 1, 2 and 4 s).
    private func load(_ site: Site, _ count: Int) throws -> Process {
        try site.launch(
            in: site.topology.client,
            ["sh", "-c", "for i in $(seq \(count)); do curl -s -o /dev/null -m 15 -w '%{http_code}\\n' \(site.url)/; done"],
            output: "answers")
    }

    private func answers(_ site: Site) throws -> [Substring] { try site.folder.text("answers").split(separator: "\n") }

    private func signal(_ site: Site, _ number: Int32) throws { kill(try #require(site.ipsd).processIdentifier, number) }

    @Test func killedUnderLoadAndStartedAgain() throws {
        let site = try Site()
        try site.startDaemon(rules: rule)
        let running = try load(site, 150)
        try site.wait("the load runs") { try answers(site).count > 20 }
        try site.end(try #require(site.ipsd))
        // Open: what nobody inspects passes, also what the dead process had in hand, once it is sent again.
        #expect(site.request("/evil") == "404")
        try site.startDaemon(rules: rule)
        #expect(site.request("/evil", hurried) == "000")
        running.waitUntilExit()
        #expect(try answers(site) == [Substring](repeating: "200", count: 150))
    }

    @Test func killedWhereTheHookFailsClosed() throws {
        let site = try Site()
        try site.startDaemon(rules: rule, hook: ["--fail-closed"])
        #expect(site.request("/") == "200")
        try site.end(try #require(site.ipsd))
        #expect(site.request("/", hurried) == "000" && site.request("/evil", hurried) == "000")
        try site.startDaemon(rules: rule, hook: ["--fail-closed"])
        #expect(site.request("/") == "200" && site.request("/evil", hurried) == "000")
    }

    @Test func frozenAndThawed() throws {
        let site = try Site()
        try site.startDaemon(rules: rule)
        try signal(site, SIGSTOP)
        // Held, not let go: the queue has room.
        #expect(site.request("/evil", hurried) == "000" && site.request("/", hurried) == "000")
        let waiting = try site.launch(
            in: site.topology.client, ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "\(site.url)/"], output: "late")
        Thread.sleep(forTimeInterval: 0.5)
        try signal(site, SIGCONT)
        waiting.waitUntilExit()
        #expect(try site.folder.text("late") == "200")
        #expect(site.request("/evil", hurried) == "000" && !site.serverLog.contains("/evil"))
    }

    @Test(arguments: [true, false]) func frozenUntilTheQueueIsFull(failsOpen: Bool) throws {
        let site = try Site()
        let configuration = try site.folder.write("ipsd.yaml", "queue: {fail-open: \(failsOpen), receive-buffer: 64 KiB}\n")
        try site.startDaemon(rules: rule, arguments: ["--config", configuration])
        #expect(site.request("/evil", hurried) == "000")
        try signal(site, SIGSTOP)
        let flood = "for i in $(seq 600); do printf '%01000d' $i >/dev/udp/\(TestTopology.serverIPv4)/9; done"
        _ = try site.topology.run(in: site.topology.client, ["bash", "-c", flood])
        #expect(site.request("/") == (failsOpen ? "200" : "000"))
        try signal(site, SIGCONT)
        try site.wait("requests pass") { site.request("/") == "200" }
        #expect(site.request("/evil", hurried) == "000")
        let stats = try JSONDecoder().decode([String: UInt64].self, from: Data(try site.control("stats", "--json").utf8))
        #expect((stats[failsOpen ? "nfq.unseen_fail_open" : "nfq.dropped_overrun"] ?? 0) > 100)
    }

    @Test func aFullDiskCostsEventsAndNothingElse() throws {
        let site = try Site()
        let (disk, rules) = ("\(site.folder.path)/disk", try site.folder.write("site.rules", rule))
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        // A mount namespace of its own: the file system goes with the daemon.
        let mount = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none \(disk) && exec \"$@\"", "sh"]
        let process = try site.launchDaemon(["--rules", rules, "--eve", "\(disk)/eve.json"], log: "ipsd.log", prefix: mount)
        try site.wait("ipsd is ready") { site.log.contains("ready") || !process.isRunning }
        try site.topology.run(in: site.topology.host, ["\(Site.programs)/ipsctl", "hook", "install", "--queues", "0"])
        func onDisk(_ command: String...) throws -> String {
            try site.topology.run(in: site.topology.host, ["nsenter", "-m", "-t", "\(process.processIdentifier)"] + command)
        }
        func lost() throws -> UInt64 {
            let status = try JSONSerialization.jsonObject(with: Data(try site.control("status", "--json").utf8))
            return ((status as? [String: Any])?["events_lost"] as? NSNumber)?.uint64Value ?? 0
        }
        let running = try load(site, 120)
        running.waitUntilExit()
        #expect(try answers(site) == [Substring](repeating: "200", count: 120))
        #expect(site.request("/evil", hurried) == "000" && process.isRunning)
        try site.wait("lost events are counted") { try lost() > 0 }
        #expect(site.log.contains("eve.json"), "the log names the file: \(site.log)")
        // Room again: events are written again, each a whole line.
        _ = try onDisk("truncate", "-s", "0", "\(disk)/eve.json")
        #expect(site.request("/after") == "404")
        try site.wait("events are written again") { try onDisk("cat", "\(disk)/eve.json").contains("/after") }
        #expect(throws: Never.self) { _ = try Site.records(try onDisk("cat", "\(disk)/eve.json")) }
    }

    @Test func aHammeredControlSocket() throws {
        let site = try Site()
        try site.startDaemon(rules: rule)
        let running = try load(site, 100)
        // Some say nothing, some begin and never end, some say nonsense, some ask for a lot.
        var connections: [UnixConnection] = []
        for number in 0..<120 {
            guard let connection = try? UnixConnection(path: site.socket) else { continue }
            switch number % 4 {
            case 0: break
            case 1: connection.send(Array("GET /v1/status HTTP/1.1\r\nHost: a\r\nX-Slow: ".utf8))
            case 2: connection.send([UInt8](repeating: 0xff, count: 4096))
            default: connection.send(Array("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\nx".utf8))
            }
            connections.append(connection)
        }
        let questions = try site.launch(
            in: site.topology.host,
            ["curl", "-Z", "-s", "-m", "10", "-o", "/dev/null", "--unix-socket", site.socket, "http://ipsd/v1/flows?limit=[1-100]"],
            output: "questions")
        #expect(site.request("/evil", hurried) == "000")
        running.waitUntilExit()
        questions.waitUntilExit()
        #expect(try answers(site) == [Substring](repeating: "200", count: 100))
        withExtendedLifetime(connections) {}
        connections = []
        try site.wait("the socket answers") { (try? site.control("status").contains("mode prevent")) == true }
        #expect(try site.endDaemon() == 0)
    }
}
