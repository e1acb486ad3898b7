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
}

/// One policy for each target.
public struct ExceptionPolicies: Sendable {
    private var policies: [ExceptionPolicy]

    public init(all policy: ExceptionPolicy) {
        policies = Array(repeating: policy, count: ExceptionTarget.allCases.count)
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
        set { policies[target.index] = newValue }
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
        }
    }
}
