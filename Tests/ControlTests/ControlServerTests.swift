@testable import Control
import Foundation
import Glibc
import Logging
import TestSupport
import Testing

/// Answers as a daemon would, with fixed numbers.
private struct FixedService: ControlService {
    let reloads: Bool

    func status() async -> StatusReport {
        StatusReport(
            version: "1", mode: "prevent", uptimeSeconds: 1, queues: [0, 1], rulesLoaded: 3, rulesFailed: 0, reloads: 0,
            flowsActive: 2, packets: 10, blocked: 1, eventsLost: 0)
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
    func ruleCosts(by order: String, limit: Int) async throws -> [RuleCostReport] {
        guard order == "cost" else { throw ControlFailure(status: 400, "no order '\(order)'") }
        return [
            RuleCostReport(
                sid: 7, gid: 1, rev: 2, action: "drop", signature: "m", place: "a.rules:1", checks: 10, matches: 1,
                totalNanoseconds: 5000, averageNanoseconds: 500, longestNanoseconds: 900, overruns: 0, suspended: 0)
        ]
    }
    func unblock(_ request: UnblockRequest) async throws -> UnblockReport { UnblockReport(unblocked: request.all == true ? 4 : 1) }
}

@Suite(.serialized)
struct ControlServerTests {
    private let folder: TemporaryFolder
    private var path: String { "\(folder.path)/s.sock" }

    init() throws { folder = try TemporaryFolder() }

    /// Runs a server for the time of `body`.
    private func serving(reloads: Bool = true, _ body: (ControlClient) async throws -> Void) async throws {
        let server = ControlServer(path: path, service: FixedService(reloads: reloads), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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
            let body = Data(#"{"all": true}"#.utf8)
            #expect(try await client.post("/v1/unblock", body: body, as: UnblockReport.self).unblocked == 4)
        }
    }

    @Test func failuresSayWhy() async throws {
        try await serving(reloads: false) { (client: ControlClient) async throws in
            await #expect { _ = try await client.post("/v1/reload", as: ReloadReport.self) } throws: {
                ($0 as? ControlFailure)?.status == 422 && "\($0)".contains("site.rules:3:1")
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

    /// Sends bytes and gives what came back until the other end closed or was silent for five seconds.
    private func exchange(_ text: String, then block: [UInt8] = [], times: Int = 0) throws -> String {
        let socket = try UnixConnection(path: path)
        socket.send(Array(text.utf8))
        for _ in 0..<times where !socket.send(block) { break }
        return String(decoding: socket.receive(), as: UTF8.self)
    }
}
