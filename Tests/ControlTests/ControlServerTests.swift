@testable import Control
import Foundation
import Glibc
import Logging
import NIOCore
import TestSupport
import Testing

/// Answers as a daemon would, with fixed numbers.
private struct FixedService: ControlService {
    let reloads: Bool

    func status() async -> StatusReport {
        var report = StatusReport(
            version: "1", mode: "prevent", uptimeSeconds: 1, queues: [0, 1], rulesLoaded: 3, rulesFailed: 0, reloads: 0,
            flowsActive: 2, packets: 10, blocked: 1, eventsLost: 0)
        report.containers = ["docker": 1]
        report.runtimes = await containers().runtimes
        return report
    }
    func counters() async -> [CounterValue] {
        [CounterValue(name: "ips.blocked", value: 1), CounterValue(name: "decoder.pkts", value: 10)]
    }
    func reload() async throws -> ReloadReport {
        guard reloads else { throw ControlFailure(status: 422, "site.rules:3:1: error: no") }
        return ReloadReport(rulesLoaded: 3, rulesFailed: 0, rulesRemoved: 2, seconds: 0.1, diagnostics: [])
    }
    func reopen() async throws -> ReopenReport { ReopenReport(reopened: true) }
    func flows(limit: Int) async -> [FlowReport] { [] }
    func decisions(limit: Int) async -> [DecisionReport] { [] }
    func containers() async -> ContainersReport {
        var web = ContainerReport(id: "85bc", name: "web", runtime: "docker", image: "docker.io/shop/web:1")
        web.labels = ["app": "shop"]
        return ContainersReport(
            containers: [web],
            runtimes: [
                RuntimeReport(
                    runtime: "docker", place: "/run/a \"b\"", state: "following", reason: nil, since: Date(timeIntervalSince1970: 0))
            ])
    }
    func ruleCosts(by order: String, limit: Int) async throws -> [RuleCostReport] {
        guard order == "cost" else { throw ControlFailure(status: 400, "no order '\(order)'") }
        return [
            RuleCostReport(
                sid: 7, gid: 1, rev: 2, action: "drop", signature: "m", place: "a.rules:1", checks: 10, matches: 1,
                totalNanoseconds: 5000, averageNanoseconds: 500, longestNanoseconds: 900, overruns: 0, suspended: 0)
        ]
    }
    func policy() async -> any Encodable & Sendable { ["file": "policy.yaml"] }
    func promotions() async -> any Encodable & Sendable { ["lines": "all"] }
    func changePolicy(_ request: Data) async throws -> any Encodable & Sendable {
        guard request == Data("{\"patch\":\"demo\"}".utf8) else { throw ControlFailure(status: 422, "no line for it") }
        return [["patch": "demo"]]
    }
    func unblock(_ request: UnblockRequest) async throws -> UnblockReport { UnblockReport(unblocked: request.all == true ? 4 : 1) }
}

@Suite(.serialized)
struct ControlServerTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/s.sock" }

    init() throws { folder = try TemporaryFolder() }

    /// Runs a server for the time of `body`.
    private func serving(
        reloads: Bool = true, idleTimeout: TimeAmount = .seconds(60), _ body: (ControlClient) async throws -> Void
    ) async throws {
        let server = ControlServer(
            path: path, service: FixedService(reloads: reloads), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            idleTimeout: idleTimeout)
        let (ready, signal) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run { signal.yield() }
                signal.finish()
            }
            var iterator = ready.makeAsyncIterator()
            _ = await iterator.next()
            try await body(ControlClient(path: path))
            group.cancelAll()
            _ = try? await group.next()
        }
    }

    @Test func everyQuestionIsAnswered() async throws {
        try await serving { (client: ControlClient) async throws in
            #expect(try await client.get("/v1/status", as: StatusReport.self).rules_loaded == 3)
            #expect(try await client.get("/v1/stats", as: [String: UInt64].self)["ips.blocked"] == 1)
            #expect(try await client.post("/v1/reload", as: ReloadReport.self).rules_loaded == 3)
            #expect(try await client.post("/v1/reload", as: ReloadReport.self).rules_removed == 2)
            #expect(try await client.get("/v1/rules/top?limit=5", as: [RuleCostReport].self).map(\.checks) == [10])
            #expect(try await client.post("/v1/reopen", as: ReopenReport.self).reopened)
            for path in ["/containers", "/v1/containers"] {
                #expect(try await client.get(path, as: ContainersReport.self).containers.map(\.name) == ["web"])
            }
            let body = Data(#"{"all": true}"#.utf8)
            #expect(try await client.post("/v1/unblock", body: body, as: UnblockReport.self).unblocked == 4)
            #expect(try await client.get("/v1/promotions", as: [String: String].self) == ["lines": "all"])
            let request = Data("{\"patch\":\"demo\"}".utf8)
            #expect(try await client.post("/v1/promotions", body: request, as: [[String: String]].self) == [["patch": "demo"]])
        }
    }

    @Test func failuresSayWhy() async throws {
        try await serving(reloads: false) { (client: ControlClient) async throws in
            await #expect { _ = try await client.post("/v1/reload", as: ReloadReport.self) } throws: {
                ($0 as? ControlFailure)?.status == 422 && "\($0)".contains("site.rules:3:1")
            }
            await #expect { _ = try await client.post("/v1/promotions", body: Data("x".utf8), as: [String].self) } throws: {
                ($0 as? ControlFailure)?.status == 422 && "\($0)".contains("no line for it")
            }
            await #expect { _ = try await client.post("/v1/unblock", body: Data("{".utf8), as: UnblockReport.self) } throws: {
                ($0 as? ControlFailure)?.status == 400
            }
            await #expect { _ = try await client.get("/v1/rules/top?sort=no", as: [RuleCostReport].self) } throws: {
                ($0 as? ControlFailure)?.status == 400
            }
            await #expect { _ = try await client.get("/v1/nothing", as: StatusReport.self) } throws: {
                ($0 as? ControlFailure)?.status == 404
            }
        }
        await #expect { _ = try await ControlClient(path: path).get("/v1/status", as: StatusReport.self) } throws: {
            "\($0)".contains("no ipsd answers")
        }
    }

    @Test func prometheusText() async throws {
        try await serving { (_: ControlClient) async throws in
            let text = try exchange("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(text.contains("200 OK") && text.contains("# TYPE"))
            #expect(text.split(separator: "\n").contains { $0.hasPrefix("rempart_") && $0.contains(" 10") })
            #expect(text.contains("rempart_containers{runtime=\"docker\"} 1\n"))
            #expect(
                text.contains(
                    "rempart_container_runtime_followed{runtime=\"docker\",place=\"/run/a \\\"b\\\"\"} 1\n"))
        }
    }

    @Test func nobodyElseMayEvenConnect() async throws {
        try await serving { (_: ControlClient) async throws in
            var info = stat()
            #expect(unsafe stat(path, &info) == 0)
            #expect(info.st_mode & 0o007 == 0)
        }
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test func peersAreTold() {
        #expect(PeerCredentials(userID: 0, groupID: 0).mayControl(group: nil))
        #expect(!PeerCredentials(userID: 65_534, groupID: 65_534).mayControl(group: nil))
        #expect(!PeerCredentials(userID: 65_534, groupID: 65_534).mayControl(group: 4321))
        #expect(PeerCredentials(userID: 65_534, groupID: 4321).mayControl(group: 4321))
    }

    @Test func aSecondServerIsRefusedAndAStaleSocketIsNot() async throws {
        try await serving { (client: ControlClient) async throws in
            let second = ControlServer(path: path, service: FixedService(reloads: true), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await #expect(throws: ControlFailure.self) { try await second.run {} }
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
        try folder.write("s.sock", "left behind")
        try await serving { (client: ControlClient) async throws in
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
    }

    @Test(arguments: ["\u{0}\u{1}\u{2}\u{3}garbage\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /v1/reload HTTP/1.1\r\nContent-Length: -5\r\n\r\n"])
    func whatIsNotHTTPEndsTheConnection(text: String) async throws {
        try await serving { (client: ControlClient) async throws in
            let answer = try exchange(text)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
    }

    @Test func aBodyWithoutEndIsRefused() async throws {
        try await serving { (client: ControlClient) async throws in
            let head = "POST /v1/unblock HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n"
            let answer = try exchange(head, then: [UInt8](repeating: 0x61, count: 1 << 20), times: 1024)
            #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
    }

    @Test func headersWithoutEndAreRefused() async throws {
        try await serving { (client: ControlClient) async throws in
            for line in ["X: \(String(repeating: "a", count: 1 << 16))", "X: a\r\n"] {
                let answer = try exchange("GET /v1/status HTTP/1.1\r\n", then: Array(String(repeating: line, count: 64).utf8), times: 64)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
            }
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
    }

    @Test(arguments: ["", "GET /v1/sta", "POST /v1/unblock HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"])
    func aClientThatFallsSilentIsLetGo(text: String) async throws {
        try await serving(idleTimeout: .milliseconds(50)) { (_: ControlClient) async throws in
            let socket = try UnixConnection(path: path)
            if !text.isEmpty { socket.send(Array(text.utf8)) }
            _ = socket.receive()
            #expect(!socket.send([0x61]), "still open")
        }
    }

    /// Whatever comes for JSON is told from what was asked.
    @Test(arguments: [
        (#"{"all": true}"#, 200), (#"{"flow_id": 18446744073709551615}"#, 200), (#"{"flow_id": 18446744073709551616}"#, 400),
        (#"{"flow_id": -1}"#, 400), (#"{"flow_id": 1e400}"#, 400), (#"{"all": "yes"}"#, 400), ("", 400), ("\0", 400), ("{", 400),
        ("\u{feff}[]", 400), (String(repeating: "[", count: 16_000), 400), (String(repeating: #"{"all":"#, count: 2000), 400),
        (#"{"all": true, "address": ""# + String(repeating: "9", count: 15_000) + "\"}", 200),
    ])
    func bodiesThatAreJSONOrNot(body: String, status: Int) async throws {
        try await serving { (_: ControlClient) async throws in
            let head = "POST /v1/unblock HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            #expect(try exchange(head + body).hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    /// Changed requests, always the same ones: each is answered in HTTP or not at all, and the server goes on.
    @Test func changedRequests() async throws {
        let requests = [
            "GET /v1/flows?limit=10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /v1/rules/top?sort=cost&limit=%31 HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /v1/unblock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{\"all\": true}\r\n0\r\n\r\n",
            "POST /v1/unblock HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n{\"flow_id\": 1}",
        ].map { Array($0.utf8) }
        var random = SeededRandom(seed: 5)
        try await serving { (client: ControlClient) async throws in
            for round in 0..<400 {
                var bytes = requests[round % requests.count]
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.insert(contentsOf: Array("\r\n \0:%/-9".utf8).shuffled(using: &random).prefix(2), at: place)
                    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 4))
                    default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                let socket = try UnixConnection(path: path)
                socket.send(bytes)
                socket.finishSending()
                let answer = socket.receive()
                #expect(answer.isEmpty || answer.starts(with: "HTTP/1.".utf8), "\(bytes)")
            }
            #expect(try await client.get("/v1/status", as: StatusReport.self).packets == 10)
        }
    }

    /// Sends bytes and gives what came back until the other end closed or was silent for five seconds.
    private func exchange(_ text: String, then block: [UInt8] = [], times: Int = 0) throws -> String {
        let socket = try UnixConnection(path: path)
        socket.send(Array(text.utf8))
        for _ in 0..<times where !socket.send(block) { break }
        return String(decoding: socket.receive(), as: UTF8.self)
    }
}
