import Foundation
import LocalHTTP
import Testing

@testable import Containers

/// A runtime that lies, hangs, vanishes and never stops.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DockerFollowerTests {
    private let runtime: FakeRuntime
    private let inventory = Inventory()
    private let tracker: Tracker
    private let status: RuntimeStatusBoard

    init() throws {
        runtime = try FakeRuntime()
        tracker = Tracker(inventory: inventory) { _ in }
        status = RuntimeStatusBoard { _, _ in }
    }

    /// Follows the runtime for the time of `body`.
    private func following(_ body: () async throws -> Void) async throws {
        var timing = DockerFollower.Timing()
        timing.checkInterval = .milliseconds(300)
        let follower = DockerFollower(socket: runtime.path, runtime: .docker, tracker: tracker, status: status, timing: timing)
        tracker.start()
        defer { tracker.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await follower.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    private var names: [String] { inventory.snapshot.containers.map(\.name).sorted() }

    private func wait(_ what: String, until condition: () -> Bool) async throws {
        for _ in 0..<1500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("waited for: \(what); have \(names), \(status.all)")
    }

    @Test("Containers that run, come, are renamed and go")
    func events() async throws {
        runtime.answerContainers(["a", "b"])
        try runtime.listen()
        try await following {
            try await wait("the two") { names == ["n-a", "n-b"] }
            runtime.answer("/containers/c/json", .json(FakeRuntime.inspected("c", process: 77_000_000)))
            runtime.say(#"{"Type":"container","Action":"start","Actor":{"ID":"c"}}"#)
            try await wait("a third") { names == ["n-a", "n-b", "n-c"] }
            runtime.answer("/containers/a/json", .status(404))
            runtime.say(#"{"Type":"container","Action":"destroy","Actor":{"ID":"a"}}"#)
            try await wait("one has gone") { names == ["n-b", "n-c"] }
        }
    }

    @Test("An event that was lost is made up for, and so is one that is none")
    func lostEvents() async throws {
        runtime.answerContainers(["a"])
        try runtime.listen()
        try await following {
            try await wait("one") { names == ["n-a"] }
            runtime.answerContainers(["b"])
            runtime.answer("/containers/a/json", .status(404))
            runtime.say(#"{"Type":"container","Action":"exec_start: sh","Actor":{"ID":"../../etc"}}"#)
            try await wait("the other") { names == ["n-b"] }
        }
    }

    @Test("A runtime that vanishes is followed again, and meanwhile its containers stay as long as they live")
    func vanishes() async throws {
        runtime.answerContainers(["a"])
        // This process lives.
        runtime.answer("/containers/a/json", .json(FakeRuntime.inspected("a", process: Int(getpid()))))
        try runtime.listen()
        try await following {
            try await wait("one") { names == ["n-a"] }
            runtime.vanish()
            try await wait("it is missed") { if case .absent? = status.all.first?.state { true } else { false } }
            #expect(names == ["n-a"])
            runtime.answerContainers(["b"])
            try runtime.listen()
            try await wait("it is back") { names == ["n-b"] && status.all.first?.state == .following }
        }
    }

    @Test("Lies keep what was known", arguments: [
        FakeRuntime.Answer.json("{}"), .json("[{\"Id\":7}]"), .raw("nonsense\r\n\r\n"), .status(500),
        .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]"), .endlessHeader,
    ])
    func lies(_ lie: FakeRuntime.Answer) async throws {
        runtime.answerContainers(["a"])
        runtime.answer("/containers/a/json", .json(FakeRuntime.inspected("a", process: Int(getpid()))))
        try runtime.listen()
        try await following {
            try await wait("one") { names == ["n-a"] }
            runtime.answer("/containers/json", lie)
            try await wait("the lie is found out") { if case .failed? = status.all.first?.state { true } else { false } }
            #expect(names == ["n-a"])
            runtime.answerContainers(["a", "b"])
            runtime.answer("/containers/a/json", .json(FakeRuntime.inspected("a", process: Int(getpid()))))
            try await wait("the truth") { names == ["n-a", "n-b"] }
        }
    }

    @Test("A description of another container, and lines that are none, end the connection and not the inventory")
    func wrongAnswers() async throws {
        runtime.answerContainers(["a"])
        try runtime.listen()
        try await following {
            try await wait("one") { names == ["n-a"] }
            runtime.answer("/containers/x/json", .json(FakeRuntime.inspected("a", process: 5)))
            runtime.say(#"{"Type":"container","Action":"start","Actor":{"ID":"x"}}"#)
            try await wait("the lie is found out") { if case .failed? = status.all.first?.state { true } else { false } }
            try await wait("it is followed again") { status.all.first?.state == .following && runtime.followerCount == 1 }
            runtime.say("not JSON")
            try await wait("followed a third time") { runtime.requests.filter { $0.hasPrefix("/events") }.count >= 3 }
            try await wait("one is known") { names == ["n-a"] }
        }
    }

    @Test("Bodies and lines without end are cut off at their limits, silence at its time")
    func limits() async throws {
        runtime.answer("/body", .endlessBody)
        runtime.answer("/silence", .silence)
        runtime.answer("/header", .endlessHeader)
        try runtime.listen()
        let client = LocalHTTPClient(path: runtime.path)
        await #expect(throws: LocalHTTPFailure.tooLong(path: runtime.path, bytes: 100_000)) {
            try await client.send(.get, "/body", limits: .init(seconds: 20, bodyBytes: 100_000))
        }
        await #expect(throws: LocalHTTPFailure.timedOut(path: runtime.path)) {
            try await client.send(.get, "/silence", limits: .init(seconds: 1, bodyBytes: 100_000))
        }
        await #expect(throws: LocalHTTPFailure.self) {
            try await client.send(.get, "/header", limits: .init(seconds: 20, bodyBytes: 100_000))
        }
        await #expect(throws: LocalHTTPFailure.tooLong(path: runtime.path, bytes: 1000)) {
            try await client.follow("/body", secondsToHead: 5, lineBytes: 1000) { _ in } onLine: { _ in }
        }
        await #expect(throws: LocalHTTPFailure.timedOut(path: runtime.path)) {
            try await client.follow("/silence", secondsToHead: 1, lineBytes: 1000) { _ in } onLine: { _ in }
        }
    }

    @Test("Fifty containers a second come and go, and those that stay are known in the end")
    func churn() async throws {
        runtime.answerContainers(["stays"])
        try runtime.listen()
        try await following {
            try await wait("one") { names == ["n-stays"] }
            for round in 0..<100 {
                let id = "c\(round)"
                runtime.answer("/containers/\(id)/json", .json(FakeRuntime.inspected(id, process: 80_000_000 + round)))
                runtime.say("{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"\(id)\"}}")
                if round % 10 != 0 {
                    runtime.answer("/containers/\(id)/json", .status(404))
                    runtime.say("{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"\(id)\"}}")
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            runtime.answerContainers(["stays"] + (0..<10).map { "c\($0 * 10)" })
            try await wait("those that stay") { names == (["n-stays"] + (0..<10).map { "n-c\($0 * 10)" }).sorted() }
            let numbers = inventory.snapshot.containers.map(\.number)
            #expect(Set(numbers).count == numbers.count)
        }
    }
}
