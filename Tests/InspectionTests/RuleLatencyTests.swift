import Detection
import Events
import Inspection
import RuleLanguage
import Synchronization
import TestSupport
import Testing
import Wire

/// Rules that take too long, by a clock that the test turns.
struct RuleLatencyTests {
    /// Each reading moves it on, so that a check takes as long as one step.
    private final class Clock: Sendable {
        private let state: Mutex<(now: UInt64, step: UInt64)>
        private let readings = Mutex<Int>(0)

        init(step: UInt64) { state = Mutex((0, step)) }

        var step: UInt64 {
            get { state.withLock { $0.step } }
            set { state.withLock { $0.step = newValue } }
        }
        var count: Int { readings.withLock { $0 } }

        func read() -> UInt64 {
            readings.withLock { $0 += 1 }
            return state.withLock { state in
                state.now += state.step
                return state.now
            }
        }

        var checkClock: CheckClock { CheckClock(wall: { self.read() }, thread: { self.read() }) }
    }

    private static let slow: UInt64 = 6_000_000

    private final class Bench {
        let pipeline: Pipeline
        let clock: Clock
        private(set) var events: [Event] = []
        private var seconds: Int64 = 1_700_000_000
        private var port: UInt16 = 20_000

        init(_ rules: String, step: UInt64 = slow, _ change: (inout RuleLatencyPolicy) -> Void = { _ in }) {
            clock = Clock(step: step)
            var configuration = PipelineConfiguration(mode: .prevent)
            change(&configuration.latency)
            pipeline = Pipeline(configuration: configuration, ruleSet: Lab.compile(rules), clock: clock.checkClock)
        }

        /// Datagrams that the rules look at, a millisecond apart; returns how many were dropped.
        @discardableResult
        func send(_ count: Int, _ payload: String = "needle") -> Int {
            var dropped = 0
            for number in 0..<count {
                port &+= 1
                let packet = PacketBuilder.to(port: 99, from: port).udp(payload: Array(payload.utf8))
                let time = Timestamp(nanoseconds: seconds * 1_000_000_000 + Int64(number) * 1_000_000)
                let verdict = pipeline.process(
                    packet.span, metadata: PacketMetadata(time: time, link: .rawIP, verifiesChecksums: true))
                if verdict == .drop { dropped += 1 }
            }
            events += pipeline.takeEvents()
            return dropped
        }

        func wait(seconds: Int64) {
            self.seconds += seconds
            pipeline.tick(now: Timestamp(nanoseconds: self.seconds * 1_000_000_000))
            events += pipeline.takeEvents()
        }

        var alerts: Int { events.count { if case .alert = $0.body { true } else { false } } }

        /// `rule_suspended 7`, `rule_resumed 7`.
        var notices: [String] {
            events.compactMap {
                guard case .anomaly(let record) = $0.body, record.latency != nil else { return nil }
                return "\(record.event) \(record.signatureID ?? 0)"
            }
        }
    }

    private let alert = #"alert udp any any -> any any (msg:"slow"; content:"needle"; sid:7;)"#
    private let drop = #"drop udp any any -> any any (msg:"slow"; content:"needle"; sid:7;)"#

    @Test func aSlowRuleIsLeftOutAndTakenBack() {
        let bench = Bench(alert)
        bench.send(20)
        // The first check has the rule watched, the next five are over the limit.
        #expect(bench.notices == ["rule_suspended 7"] && bench.alerts == 6)
        let counters = bench.pipeline.counters
        #expect(counters.rulesSuspended == 1 && counters.ruleSuspensions == 1 && counters.ruleOverruns == 5)
        #expect(bench.pipeline.ruleCosts.skippedTotal == 14 && bench.pipeline.ruleCosts.checks == [6])
        bench.wait(seconds: 29)
        #expect(bench.notices.count == 1 && bench.send(1) == 0 && bench.alerts == 6)
        bench.clock.step = 1000
        bench.wait(seconds: 2)
        #expect(bench.notices == ["rule_suspended 7", "rule_resumed 7"])
        #expect(bench.pipeline.counters.rulesSuspended == 0 && bench.pipeline.counters.ruleChecksSkipped == 15)
        bench.send(3)
        #expect(bench.alerts == 9)
    }

    @Test func theRecordSaysWhichRuleAndWhy() throws {
        let bench = Bench(alert)
        bench.send(8)
        bench.wait(seconds: 31)
        let records = bench.events.compactMap { event -> AnomalyRecord? in
            if case .anomaly(let record) = event.body, record.latency != nil { record } else { nil }
        }
        try #require(records.count == 2)
        let (left, back) = (try #require(records[0].latency), try #require(records[1].latency))
        #expect(left.signature == "slow" && left.action == "alert" && left.microseconds == 6000 && left.seconds == 30)
        #expect(left.skipped == nil && back.skipped == 2 && back.seconds == nil)
        var encoder = EventEncoder()
        let event = try #require(bench.events.first { if case .anomaly = $0.body { true } else { false } })
        let line = String(decoding: encoder.line(event), as: UTF8.self)
        #expect(line.contains(#""event":"rule_suspended","signature_id":7,"signature":"slow","action":"alert""#), "\(line)")
    }

    /// What protects is not switched off by traffic that takes long, unless the operator wants it.
    @Test func rulesThatDropAreLeftOutOnlyWhenAsked() {
        let protecting = Bench(drop)
        #expect(protecting.send(50) == 50 && protecting.notices.isEmpty)
        #expect(protecting.pipeline.ruleCosts.overrunTotal == 49)
        let all = Bench(drop) { $0.scope = .all }
        #expect(all.send(50) == 6 && all.notices == ["rule_suspended 7"])
        let none = Bench(alert) { $0.scope = .none }
        none.send(50)
        #expect(none.alerts == 50 && none.notices.isEmpty)
    }

    @Test func rulesThatOthersBuildUponAreKept() {
        let bench = Bench(#"alert udp any any -> any any (content:"needle"; flowbits:set,seen; sid:1;)"#)
        bench.send(50)
        #expect(bench.alerts == 50 && bench.notices.isEmpty && bench.pipeline.ruleCosts.overrunTotal == 49)
    }

    @Test func theThresholdIsWithinAWindow() {
        let bench = Bench(alert) {
            $0.threshold = 3
            $0.windowSeconds = 2
        }
        bench.send(3)
        #expect(bench.notices.isEmpty)
        bench.wait(seconds: 5)
        bench.send(2)
        #expect(bench.notices.isEmpty)
        bench.send(1)
        #expect(bench.notices == ["rule_suspended 7"])
    }

    /// One slow check by the wall's clock, such as while the worker waits for the processor, leaves nothing out.
    @Test func oneSlowCheckChangesNothing() {
        let bench = Bench(alert)
        bench.send(1)
        bench.clock.step = 1000
        bench.send(200)
        #expect(bench.notices.isEmpty && bench.alerts == 201)
        // Watched at every check, until a window has passed.
        #expect(bench.clock.count == 402)
        bench.wait(seconds: 11)
        bench.send(1)
        let before = bench.clock.count
        bench.send(160)
        #expect(bench.clock.count - before == 20)
    }

    @Test func oneCheckInSixteenIsTimed() {
        let bench = Bench(alert, step: 100)
        bench.send(160)
        #expect(bench.clock.count == 20)
        let costs = bench.pipeline.ruleCosts
        #expect(costs.checks == [160] && costs.matches == [160] && costs.longest == [100] && costs.overruns == [0])
        #expect(costs.nanoseconds == [100 * (1 + 9 * 16)])
    }

    @Test func withoutAClockNothingIsTimed() {
        let lab = Lab(alert)
        lab.send(PacketBuilder.to(port: 99).udp(payload: Array("needle".utf8)))
        #expect(lab.pipeline.ruleCosts.checks == [1] && lab.pipeline.ruleCosts.nanoseconds == [0])
        let off = Bench(alert) { $0.sampleInterval = 0 }
        off.send(50)
        #expect(off.clock.count == 0 && off.alerts == 50 && off.pipeline.ruleCosts.checks == [50])
    }

    @Test func aReloadKeepsTheNumbersOfRulesThatDidNotChange() {
        let bench = Bench(alert)
        bench.send(20)
        let other = #"alert udp any any -> any any (content:"needle"; priority:1; sid:1;)"#
        bench.pipeline.adopt(Lab.compile("\(other)\n\(alert)", previous: bench.pipeline.ruleSet))
        let costs = bench.pipeline.ruleCosts
        #expect(costs.checks == [0, 6] && costs.suspensions.keys.sorted() == [1])
        bench.send(1)
        #expect(bench.notices == ["rule_suspended 7"])
        // Changed, it gets a new chance.
        let changed = alert.replacing("sid:7;", with: "sid:7; rev:2;")
        bench.pipeline.adopt(Lab.compile(changed, previous: bench.pipeline.ruleSet))
        #expect(bench.pipeline.ruleCosts.suspensions.isEmpty && bench.pipeline.ruleCosts.checks == [0])
        bench.send(1)
        #expect(bench.notices == ["rule_suspended 7", "rule_resumed 7"])
    }

    /// A regular expression that tries again from each of very many places.
    @Test func trafficFlowsOnWhileACatastrophicExpressionIsLeftOut() throws {
        let rule = #"alert http any any -> any any (http.request_body; content:"a"; pcre:"/^(a+)+$/R"; sid:9;)"#
        var configuration = PipelineConfiguration(mode: .prevent)
        configuration.latency.limitNanoseconds = 1000
        let ticks = Clock(step: 50_000)
        let pipeline = Pipeline(configuration: configuration, ruleSet: Lab.compile(rule), clock: ticks.checkClock)
        var time: Int64 = 1_700_000_000_000_000_000
        var answered = 0
        for port in 0..<12 {
            let body = String(repeating: "a", count: 400) + "!"
            let talk = Conversation.web(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n\(body)",
                client: .to(port: 80, from: UInt16(30_000 + port)))
            for packet in talk.packets {
                time += 1_000_000
                let verdict = pipeline.process(
                    packet.span,
                    metadata: PacketMetadata(time: Timestamp(nanoseconds: time), link: .rawIP, verifiesChecksums: true))
                if verdict == .accept { answered += 1 }
            }
        }
        #expect(pipeline.counters.rulesSuspended == 1 && answered == Int(pipeline.counters.packets))
        let before = pipeline.counters.pcreLimits
        pipeline.tick(now: Timestamp(nanoseconds: time + 31_000_000_000))
        #expect(pipeline.counters.rulesSuspended == 0 && before > 0)
    }
}
