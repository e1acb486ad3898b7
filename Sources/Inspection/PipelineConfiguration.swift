public import AppLayer
public import Detection
public import Events
public import Flow
public import Wire

/// Everything that the operator can set about one worker's engine.
public struct PipelineConfiguration: Sendable {
    /// `prevent` drops; `detect` lets everything pass and says what it would have done.
    public enum Mode: String, Sendable { case prevent, detect }

    public var mode: Mode
    public var flow = FlowTableConfiguration()
    public var tcp = TCPConfiguration()
    public var fragments = FragmentConfiguration()
    /// When a rule that takes too long is left out; needs a clock.
    public var latency = RuleLatencyPolicy()
    public var appLayer = AppLayerLimits()
    public var tlsEncryption = EncryptionHandling.full
    public var sshEncryption = EncryptionHandling.full
    /// Bytes that parsers and detection may hold for all flows of a worker.
    public var appLayerMemcapBytes = 256 << 20
    public var exceptions: ExceptionPolicies
    /// Bytes of a TCP direction that are inspected; 0 is no limit (`stream.reassembly.depth`).
    public var streamDepth: UInt64 = 0
    /// Alerts written for one packet (`packet-alert-max`); drops beyond it still drop.
    public var packetAlertMax = 15
    /// Bytes of payload or stream that an alert carries (`payload-buffer-size`); 0 for none.
    public var alertPayloadBytes = 4096
    /// Alerts say how long the payload is that they carry (`payload-length`).
    public var alertsCarryPayloadLength = false
    /// Alerts carry the whole frame.
    public var alertsCarryPacket = false
    /// Records name IPv6 addresses in RFC 5952's short form (`ipv6-compress`).
    public var compressesIPv6 = false
    /// Alerts carry the links of the rule's `reference` options.
    public var alertsCarryReferences = true
    /// An alert of a rule without buffers is told of the flow's transaction when exactly one is going on
    /// (`detect.guess-applayer-tx`).
    public var guessesTransactions = false
    /// A rule that drops holds where its regular expression was given up at a limit; otherwise it does not.
    public var dropsAtExpressionLimit = false
    /// Make records of the traffic itself (`http`, `flow`, `fileinfo`, `anomaly`), which cost time. Alerts and drops
    /// are recorded in any case.
    public var recordsTraffic = true
    /// Counts what speaks for and against the promotion of patches (`Pipeline.takeTally`).
    public var talliesPatches = false
    public var records = RecordSettings()
    public var dnsRecords = DNSRecordSettings()
    /// The addresses behind proxies; nil when records carry those of the packets.
    public var forwardedFor: ForwardedFor?
    /// What records of HTTP say beside the usual.
    public var httpRecords = HTTPRecordOptions()
    /// Bytes that a worker holds of files that come as ranges, to put them together; 0 to leave it.
    public var rangeMemcapBytes = 32 << 20
    public var rangeTimeoutSeconds = 60
    public var tunnels = TunnelPorts()
    /// Decisions that a worker remembers for `ipsctl explain`.
    public var decisionCapacity = 1024

    /// Flows in different VLANs are different flows (`vlan.use-for-tracking`).
    public var tracksVLANs = true
    /// So are flows in and outside a tunnel (`decoder.recursion-level.use-for-tracking`).
    public var tracksTunnelDepth = true

    public init(mode: Mode = .prevent) {
        self.mode = mode
        exceptions = .defaults(mode)
    }
}
