import Events
import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Flows that were there before the engine, packet by packet: under rules of every type, policy and mode.
struct MidstreamVerdictTests {
    /// The conversation of the action matrix, from a packet on.
    private func letters(
        from first: Int, rules: String, mode: PipelineConfiguration.Mode = .prevent, policy: ExceptionPolicy = .ignore,
        picksUp: Bool = true
    ) -> (letters: String, lab: Lab) {
        let lab = Lab(rules, mode: mode) {
            $0.exceptions[.streamMidstream] = policy
            $0.tcp.acceptsMidstream = picksUp
        }
        return (ActionMatrixTests.letters(lab.send(Array(ActionMatrixTests.talk[first...]))), lab)
    }

    /// What a drop reaches when the flow is seen from its SYN/ACK, the bare acknowledgment, the request or the answer on.
    @Test func rulesOfEveryType() {
        let expected = [
            "ip_only": ["dddddddddd", "ddddddddd", "dddddddd", "dddddd"],
            "like_ip_only": ["dddddddddd", "ddddddddd", "dddddddd", "dddddd"],
            "pd_only": ["..dddddddd", ".dddddddd", "dddddddd", "dddddd"],
            "packet": ["..d.......", ".d.......", "d.......", "......"],
            "packet_dsize": ["..d.......", ".d.......", "d.......", "......"],
            "header": ["..........", ".........", "........", "......"],
            "packet_stream": ["..dddddddd", ".dddddddd", "dddddddd", "......"],
            "stream": ["..dddddddd", ".dddddddd", "dddddddd", "......"],
            "app_tx": ["..dddddddd", ".dddddddd", "dddddddd", "......"],
            // To the server, of which the acknowledgment comes first.
            "app_layer": ["..dddddddd", ".dddddddd", "dddddddd", ".ddddd"],
            "file": ["....dddddd", "...dddddd", "..dddddd", "dddddd"],
            "response": ["....dddddd", "...dddddd", "..dddddd", "dddddd"],
        ]
        for kind in ActionMatrixTests.kinds {
            let rule = "drop \(kind.header) (\(kind.options) sid:1;)"
            #expect([1, 2, 3, 5].map { letters(from: $0, rules: rule).letters } == expected[kind.name], "\(kind.name)")
        }
    }

    /// From the request on, where flows are picked up and where they are not.
    @Test func policiesOfEveryKind() {
        let rule = #"drop http any any -> any any (http.uri; content:"/evil"; sid:1;)"#
        let (all, none, first) = ("dddddddd", "........", "d.......")
        let expected: [ExceptionPolicy: (pickedUp: String, other: String, action: String?)] = [
            .dropFlow: (all, all, "drop"), .dropPacket: (first, all, nil), .reject: ("rddddddd", "rddddddd", "drop"),
            .rejectBoth: ("rddddddd", "rddddddd", "drop"), .bypass: ("b.......", "b.......", "pass"),
            .passFlow: (none, none, "pass"), .passPacket: (none, none, nil), .ignore: (all, none, nil),
        ]
        for policy in ExceptionPolicy.allCases {
            for picksUp in [true, false] {
                let (letters, lab) = letters(from: 3, rules: rule, policy: policy, picksUp: picksUp)
                lab.finish()
                let isByRule = policy == .ignore && picksUp
                #expect(letters == (picksUp ? expected[policy]?.pickedUp : expected[policy]?.other), "\(policy) \(picksUp)")
                #expect(lab.alerts == (isByRule ? ["1!"] : []) && lab.flows.map(\.action) == [isByRule ? "drop" : expected[policy]?.action])
                let reason = letters.contains("d") ? isByRule ? "rules 1" : "stream midstream" : nil
                #expect(lab.drops.first == reason, "\(policy) \(picksUp)")

                let (beside, detecting) = self.letters(from: 3, rules: rule, mode: .detect, policy: policy, picksUp: picksUp)
                #expect(beside == (policy == .bypass ? "b......." : none) && detecting.drops.isEmpty, "\(policy) \(picksUp)")
            }
        }
    }
}
