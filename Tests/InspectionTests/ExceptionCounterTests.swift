import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// What the statistics say of exception policies.
struct ExceptionCounterTests {
    private func counters(_ lab: Lab, _ prefix: String) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for (name, value) in lab.pipeline.counters.namedValues where name.hasPrefix(prefix) {
            result[String(name.dropFirst(prefix.count))] = value
        }
        return result
    }

    private let talk = Conversation.web("GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    @Test func onlyPoliciesThatCanActHaveACounter() {
        let lab = Lab("") {
            $0.exceptions = ExceptionPolicies(all: .dropFlow)
            $0.exceptions[.streamMidstream] = .ignore
        }
        let all = counters(lab, "exception_policy.")
        #expect(!all.keys.contains { $0.hasPrefix("tcp.midstream") })
        #expect(all["tcp.reassembly.drop_flow"] == 0 && all["tcp.reassembly.pass_packet"] == 0 && all["tcp.reassembly.ignore"] == nil)
        // Where there is no flow, only the packet can be judged.
        #expect(all["flow.memcap.drop_packet"] == 0 && all["flow.memcap.drop_flow"] == nil && all["defrag.memcap.bypass"] == nil)
        let beside = Lab("", mode: .detect) { $0.exceptions = ExceptionPolicies(all: .passFlow) }
        let passing = counters(beside, "exception_policy.tcp.midstream.")
        #expect(passing == ["pass_flow": 0, "bypass": 0, "reject": 0, "rejectboth": 0])
    }

    @Test func eachPacketOfAFlowThatIsNotFollowedCounts() {
        for (policy, counter, count) in [(ExceptionPolicy.passFlow, "pass_flow", 2 as UInt64), (.dropFlow, "drop_flow", 1)] {
            let lab = Lab("") {
                $0.exceptions[.streamMidstream] = policy
                $0.tcp.acceptsMidstream = false
            }
            // The handshake was before our time.
            _ = lab.send(Array(talk.packets[3...]))
            #expect(counters(lab, "exception_policy.tcp.midstream.")[counter] == count)
        }
    }

    @Test func sessionsBeyondTheMemcap() {
        for (policy, isOpen) in [(ExceptionPolicy.dropFlow, false), (.ignore, true)] {
            let lab = Lab(#"alert tcp-pkt any any -> any any (content:"GET"; sid:1;)"#) {
                $0.tcp.sessionMemcapBytes = 1
                $0.exceptions[.streamMemcap] = policy
            }
            let verdicts = lab.send(talk.packets)
            #expect(verdicts.allSatisfy { $0 == (isOpen ? .accept : .drop) } && lab.alerts == (isOpen ? ["1"] : []))
            #expect(lab.drops.first == (isOpen ? nil : "stream memcap"))
            #expect(counters(lab, "tcp.")["ssn_memcap_drop"] == (isOpen ? UInt64(talk.packets.count) : 1))
        }
    }

    @Test func segmentsBeyondTheMemcap() {
        let lab = Lab("") { $0.tcp.reassemblyMemcapBytes = 1 }
        #expect(lab.send(talk.packets).last == .drop)
        #expect(lab.drops.first == "stream reassembly" && lab.flows.isEmpty)
        #expect(counters(lab, "exception_policy.tcp.reassembly.")["drop_flow"] == 1)
        #expect(counters(lab, "tcp.")["segment_memcap_drop"] == 1)
    }
}
