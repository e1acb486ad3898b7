/// What happens at a limit (Suricata's exception policies,
/// https://docs.suricata.io/en/suricata-8.0.0/configuration/exception-policies.html).
public enum ExceptionPolicy: String, Sendable, CaseIterable {
    case dropFlow = "drop-flow"
    case dropPacket = "drop-packet"
    case reject
    case rejectBoth = "rejectboth"
    case bypass
    case passFlow = "pass-flow"
    case passPacket = "pass-packet"
    case ignore

    /// As in EVE and in the counters: `drop_flow`.
    var counterName: String { String(rawValue.map { $0 == "-" ? "_" : $0 }) }

    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// What is left of the policy where there is no flow that it could act on.
    var withoutFlow: ExceptionPolicy {
        switch self {
        case .dropFlow: .dropPacket
        case .passFlow: .passPacket
        case .bypass: .ignore
        case .dropPacket, .passPacket, .reject, .rejectBoth, .ignore: self
        }
    }

    /// Suricata's `auto`: fail closed in prevent mode, never act in detect mode.
    public static func auto(_ mode: PipelineConfiguration.Mode) -> ExceptionPolicy {
        mode == .prevent ? .dropFlow : .ignore
    }
}

/// Where an exception policy can apply; raw values as in EVE and in the counters.
public enum ExceptionTarget: String, Sendable, CaseIterable {
    case flowMemcap = "flow_memcap"
    case streamMemcap = "stream_memcap"
    case streamMidstream = "stream_midstream"
    case streamReassembly = "stream_reassembly"
    case defragMemcap = "defrag_memcap"
    case appLayerError = "app_layer_error"
    case appLayerMemcap = "app_layer_memcap"
}

/// One policy for each target.
public struct ExceptionPolicies: Sendable {
    private var policies: [ExceptionPolicy]

    public init(all policy: ExceptionPolicy) {
        policies = ExceptionTarget.allCases.map { $0.hasFlow ? policy : policy.withoutFlow }
    }

    /// Memcaps fail closed in prevent mode; traffic that was there before the daemon, or that no
    /// parser understands, goes on being inspected as a stream.
    public static func defaults(_ mode: PipelineConfiguration.Mode) -> ExceptionPolicies {
        var result = ExceptionPolicies(all: .auto(mode))
        result[.streamMidstream] = .ignore
        result[.appLayerError] = .ignore
        return result
    }

    public subscript(target: ExceptionTarget) -> ExceptionPolicy {
        get { policies[target.index] }
        set { policies[target.index] = target.hasFlow ? newValue : newValue.withoutFlow }
    }
}

extension ExceptionTarget {
    /// As in Suricata's stats records: `exception_policy.tcp.midstream.drop_flow`.
    var counterName: String {
        switch self {
        case .flowMemcap: "flow.memcap"
        case .streamMemcap: "tcp.ssn_memcap"
        case .streamMidstream: "tcp.midstream"
        case .streamReassembly: "tcp.reassembly"
        case .defragMemcap: "defrag.memcap"
        case .appLayerError: "app_layer.error"
        case .appLayerMemcap: "app_layer.memcap"
        }
    }

    /// At these limits there is no flow: only the packet can be judged.
    var hasFlow: Bool { self != .flowMemcap && self != .defragMemcap }

    /// Policies that can act there in this mode, for the counters.
    func policies(_ mode: PipelineConfiguration.Mode) -> [ExceptionPolicy] {
        ExceptionPolicy.allCases.filter { policy in
            switch policy {
            case .ignore: false
            case .dropFlow: mode == .prevent && hasFlow
            case .dropPacket: mode == .prevent && self != .streamMidstream
            case .passPacket: self != .streamMidstream
            case .passFlow, .bypass: hasFlow
            case .reject, .rejectBoth: true
            }
        }
    }

    var index: Int {
        switch self {
        case .flowMemcap: 0
        case .streamMemcap: 1
        case .streamMidstream: 2
        case .streamReassembly: 3
        case .defragMemcap: 4
        case .appLayerError: 5
        case .appLayerMemcap: 6
        }
    }
}
