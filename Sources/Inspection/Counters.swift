import AppLayer
import Detection
import Wire

/// What one worker has counted; plain numbers, read between packets. Names in `namedValues` are Suricata's.
public struct Counters: Sendable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    public var invalid: UInt64 = 0
    public var ipv4: UInt64 = 0
    public var ipv6: UInt64 = 0
    public var tcp: UInt64 = 0
    public var udp: UInt64 = 0
    public var icmp: UInt64 = 0
    public var gre: UInt64 = 0
    public var teredo: UInt64 = 0
    public var vxlan: UInt64 = 0
    public var geneve: UInt64 = 0
    public var sctp: UInt64 = 0
    /// Indexed by `LinkType.rawValue`.
    var links = [UInt64](repeating: 0, count: LinkType.allCases.count)
    /// In the order of `LayerSet.names`.
    var layers = [UInt64](repeating: 0, count: LayerSet.names.count)
    public var ipv4InIPv4: UInt64 = 0
    public var ipv6InIPv4: UInt64 = 0
    public var ipv4InIPv6: UInt64 = 0
    public var ipv6InIPv6: UInt64 = 0
    /// Indexed by `DecodeEvent.rawValue`.
    public var decodeEvents = [UInt64](repeating: 0, count: DecodeEvent.allCases.count)

    public var accepted: UInt64 = 0
    public var blocked: UInt64 = 0
    public var rejected: UInt64 = 0
    public var replaced: UInt64 = 0
    /// Indexed by `DropReason.rawValue`.
    public var dropReasons = [UInt64](repeating: 0, count: DropReason.allCases.count)
    /// Indexed as `Counters.place` says.
    var exceptions = [UInt64](repeating: 0, count: ExceptionTarget.allCases.count * ExceptionPolicy.allCases.count)

    public var flows: UInt64 = 0
    public var flowsActive: UInt64 = 0
    public var flowsPassed: UInt64 = 0
    /// Flows without an answer that made room for others.
    public var flowsForcedOut: UInt64 = 0
    /// Bytes held now: by flows and their sessions, by streams, by parsers and detection.
    public var flowBytes: UInt64 = 0
    public var reassemblyBytes: UInt64 = 0
    public var appLayerBytes: UInt64 = 0
    /// Times that a silent flow's streams were cut down for want of memory.
    public var streamsShrunk: UInt64 = 0
    public var tcpSessions: UInt64 = 0
    public var tcpMidstream: UInt64 = 0
    public var tcpOverlapsDiffering: UInt64 = 0
    public var tcpInvalid: UInt64 = 0
    public var checksumsInvalid: UInt64 = 0
    /// Indexed by the bit in `StreamEventSet`.
    var streamEvents = [UInt64](repeating: 0, count: 64)
    public var fragments: UInt64 = 0
    public var fragmentsReassembled: UInt64 = 0

    public var alerts: UInt64 = 0
    public var alertQueueOverflows: UInt64 = 0
    public var alertsSuppressed: UInt64 = 0
    /// Matches of patches' rules by what the policy made of them; those of patches that are off for the flow did nothing.
    public var policyEnforced: UInt64 = 0
    public var policyShadowed: UInt64 = 0
    /// On flows that a canary leaves out.
    public var policyCanaryShadowed: UInt64 = 0
    public var policyExcepted: UInt64 = 0
    public var policyOff: UInt64 = 0
    /// Times a rule's regular expression was given up at its limit.
    public var pcreLimits: UInt64 = 0
    /// Checks of rules over `latency.rule`'s limit, rules left out for it, and checks that were not made.
    public var ruleOverruns: UInt64 = 0
    public var ruleSuspensions: UInt64 = 0
    public var ruleChecksSkipped: UInt64 = 0
    /// Rules that are left out now.
    public var rulesSuspended: UInt64 = 0
    /// Indexed by `AppProtocol.rawValue`.
    public var appFlows = [UInt64](repeating: 0, count: AppProtocol.allCases.count)
    public var httpTransactions: UInt64 = 0

    /// The counters of exceptions that are shown: of every target that does something, the policies that it can have.
    private var shownExceptions: [(target: ExceptionTarget, policy: ExceptionPolicy)] = []

    public init() {}

    private static let linkNames: [(LinkType, String)] = [
        (.ethernet, "ethernet"), (.rawIP, "raw"), (.null, "null"), (.linuxCooked, "sll"), (.linuxCooked2, "sll2"),
        (.ciscoHDLC, "chdlc"),
    ]

    init(_ configuration: PipelineConfiguration) {
        for target in ExceptionTarget.allCases where configuration.exceptions[target] != .ignore {
            shownExceptions += target.policies(configuration.mode).map { (target, $0) }
        }
    }

    private static func place(_ target: ExceptionTarget, _ policy: ExceptionPolicy) -> Int {
        target.index * ExceptionPolicy.allCases.count + policy.index
    }

    mutating func note(_ target: ExceptionTarget, _ policy: ExceptionPolicy) {
        exceptions[Self.place(target, policy)] &+= 1
    }

    /// How often the limit was met, whatever the policy.
    private func count(of target: ExceptionTarget) -> UInt64 {
        ExceptionPolicy.allCases.reduce(0) { $0 &+ exceptions[Self.place(target, $1)] }
    }

    /// Flat dotted names as in Suricata's stats records, in a fixed order.
    public var namedValues: [(name: String, value: UInt64)] {
        var values: [(name: String, value: UInt64)] = [
            ("decoder.pkts", packets), ("decoder.bytes", bytes), ("decoder.invalid", invalid),
            ("decoder.ipv4", ipv4), ("decoder.ipv6", ipv6), ("decoder.tcp", tcp), ("decoder.udp", udp),
            ("decoder.icmp", icmp), ("decoder.sctp", sctp),
            ("decoder.gre", gre), ("decoder.teredo", teredo), ("decoder.vxlan", vxlan), ("decoder.geneve", geneve),
            ("decoder.ipv4_in_ipv4", ipv4InIPv4), ("decoder.ipv6_in_ipv4", ipv6InIPv4),
            ("decoder.ipv4_in_ipv6", ipv4InIPv6), ("decoder.ipv6_in_ipv6", ipv6InIPv6),
            ("decoder.too_many_layers", decodeEvents[Int(DecodeEvent.tooManyLayers.rawValue)]),
            ("ips.accepted", accepted), ("ips.blocked", blocked), ("ips.rejected", rejected),
            ("ips.replaced", replaced),
        ]
        for (link, name) in Self.linkNames { values.append(("decoder.\(name)", links[Int(link.rawValue)])) }
        for (index, (_, name)) in LayerSet.names.enumerated() { values.append(("decoder.\(name)", layers[index])) }
        for event in DecodeEvent.allCases { values.append(("decoder.event.\(event.name)", decodeEvents[Int(event.rawValue)])) }
        for reason in DropReason.allCases {
            values.append(("ips.drop_reason.\(reason.counterName)", dropReasons[Int(reason.rawValue)]))
        }
        for (target, policy) in shownExceptions {
            values.append(
                ("exception_policy.\(target.counterName).\(policy.counterName)", exceptions[Self.place(target, policy)]))
        }
        values += [
            ("flow.total", flows), ("flow.active", flowsActive), ("flow.passed", flowsPassed), ("flow.memcap", count(of: .flowMemcap)),
            ("flow.get_used", flowsForcedOut), ("flow.memuse", flowBytes), ("tcp.reassembly_memuse", reassemblyBytes),
            ("app_layer.memuse", appLayerBytes), ("app_layer.memcap", count(of: .appLayerMemcap)),
            ("detect.streams_shrunk", streamsShrunk),
            ("tcp.sessions", tcpSessions), ("tcp.midstream_pickups", tcpMidstream),
            ("tcp.overlap_diff_data", tcpOverlapsDiffering), ("tcp.invalid", tcpInvalid),
            ("tcp.invalid_checksum", checksumsInvalid), ("tcp.ssn_memcap_drop", count(of: .streamMemcap)),
            ("tcp.segment_memcap_drop", count(of: .streamReassembly)),
            ("tcp.reassembly_gap", count(of: .reassemblySequenceGap)),
            ("defrag.fragments", fragments), ("defrag.reassembled", fragmentsReassembled),
            ("defrag.memcap", count(of: .defragMemcap)),
            ("detect.alert", alerts), ("detect.alert_queue_overflow", alertQueueOverflows),
            ("detect.alerts_suppressed", alertsSuppressed), ("detect.pcre_limit", pcreLimits),
            ("detect.rule_overruns", ruleOverruns), ("detect.rule_suspensions", ruleSuspensions),
            ("detect.rule_checks_skipped", ruleChecksSkipped), ("detect.rules_suspended", rulesSuspended),
            ("policy.enforced", policyEnforced), ("policy.shadowed", policyShadowed),
            ("policy.canary_shadowed", policyCanaryShadowed), ("policy.excepted", policyExcepted), ("policy.off", policyOff),
        ]
        for proto in AppProtocol.allCases where proto != .unknown {
            values.append(("app_layer.flow.\(proto.name)", appFlows[Int(proto.rawValue)]))
        }
        values.append(("app_layer.tx.http", httpTransactions))
        for (name, event) in StreamEventSet.names where !event.isEmpty { values.append(("stream.\(name)", count(of: event))) }
        return values
    }
}

extension Counters {
    mutating func noteLatency(of detector: Detector) {
        (ruleOverruns, ruleSuspensions, ruleChecksSkipped, rulesSuspended) = detector.latencyTotals
    }

    mutating func note(_ events: StreamEventSet) {
        var left = events.rawValue
        while left != 0 {
            streamEvents[left.trailingZeroBitCount] &+= 1
            left &= left - 1
        }
    }

    private func count(of event: StreamEventSet) -> UInt64 {
        event.isEmpty ? 0 : streamEvents[event.rawValue.trailingZeroBitCount]
    }
}

extension DropReason {
    /// `flow drop` → `flow_drop`.
    public var counterName: String { String(name.map { $0 == " " ? "_" : $0 }) }
}

extension Counters {
    /// Packets that a rule dropped or rejected itself, those of blocked flows after it left out.
    public var droppedByRules: UInt64 { dropReasons[Int(DropReason.rules.rawValue)] }
}
