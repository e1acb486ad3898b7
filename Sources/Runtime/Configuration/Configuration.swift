import AppLayer
public import Containers
import Events
import Flow
public import Inspection
public import Patches
import Wire

/// What `ipsd` and `ipsctl replay` can be told, with the defaults of a container host.
/// Every value can stand in the configuration file; `docs/operations.md` lists the keys.
public struct Configuration: Sendable {
    public var mode = PipelineConfiguration.Mode.prevent
    /// Queue numbers, both ends included.
    public var queues: ClosedRange<UInt16> = 0...0
    public var queueLength: UInt32 = 65_536
    /// Bytes of each queue's netlink receive buffer.
    public var receiveBufferBytes = 32 << 20
    /// What the kernel does with packets that the daemon can't take: accept (true) or drop (false).
    public var failsOpen = true
    public var rulePaths: [String] = []
    /// Suricata's `rule-files` with the folder of the file that names them, until `default-rule-path` is known.
    var ruleFiles: [(entry: String, folder: String)] = []
    var defaultRulePath: String?
    public var patchesPath: String?
    /// Which patches hold where; nil for what their own files say.
    public var policyPath: String?
    /// The path is a default: no file there is no policy.
    public var isPolicyOptional = false
    public static let defaultPolicyPath = "/etc/rempart/policy.yaml"
    /// How the lines of the policy go on by themselves.
    public var steward = PolicySteward()
    /// Where evidence is kept over restarts.
    public var promotionStatePath = "/var/lib/rempart/promotion.json"
    /// Rule variables as written, e.g. ("HOME_NET", "[198.18.0.0/15]").
    public var addressGroups: [(name: String, value: String)] = []
    public var portGroups: [(name: String, value: String)] = []
    public var classificationFile: String?
    public var referenceFile: String?
    public var thresholdFile: String?
    public var reputationCategoriesFile: String?
    public var reputationFiles: [String] = []
    /// MaxMind's format, for `geoip`.
    public var geoDatabaseFile: String?
    public var actionOrder: [String] = []
    /// Different `flowbits` that one rule may name; nil for any number.
    public var flowbitsPerRule: Int?
    public var controlPath = "/run/rempart/ipsd.sock"
    public var eventsPath: String?
    public var statsIntervalSeconds = 10
    public var logLevel = "info"
    /// nil: as the packets or the capture say.
    public var verifiesChecksums: Bool?
    public var pipeline = PipelineConfiguration()
    /// Set when the operator named exception policies; the others follow the mode.
    public var exceptionPolicies: [ExceptionTarget: ExceptionPolicy] = [:]
    public var forwardedFor = ForwardedFor()
    /// Records carry the addresses that proxies name (`xff.enabled`).
    public var recordsForwardedFor = false
    /// Which container runtimes are followed.
    public var containers = ContainerSettings()
    /// Records name the containers at their ends.
    public var recordsContainers = true
    private var hasSuricataDefaults = false
    /// Rules see TCP data when it arrives (true) or when it is acknowledged (false). nil: when it arrives, but
    /// with Suricata's settings in detect mode when it is acknowledged.
    public var inspectsOnArrival: Bool?

    public init() {}

    /// As in Suricata, relative entries are in `default-rule-path`; without one, beside the file that names them.
    mutating func takeRuleFiles() {
        rulePaths += ruleFiles.map { Paths.resolve($0.entry, in: defaultRulePath ?? $0.folder) }
        ruleFiles = []
    }

    /// Events with all that an analyst wants of them, where speed matters less: whole frames, hashes of files.
    public mutating func enrichEvents() {
        pipeline.alertsCarryPacket = true
        pipeline.appLayer.fileDigests = Set(FileDigests.Algorithm.allCases)
    }

    /// Suricata's own defaults where they differ from ours, for users who bring their suricata.yaml: flows
    /// that were there before are not picked up, and in prevent mode limits close.
    /// - Parameter isBare: the file stands for itself; else it is what Suricata ships, whose values are not all listed.
    mutating func takeSuricataDefaults(isBare: Bool) {
        hasSuricataDefaults = true
        if isBare {
            pipeline.flow.tcp = FlowTimeouts(new: 30, established: 300, closed: 10)
            pipeline.flow.emergencyTCP = FlowTimeouts(new: 10, established: 100, closed: 5)
        }
        pipeline.tcp.acceptsMidstream = false
        pipeline.alertsCarryReferences = false
        pipeline.records.anomalies = [.applayer, .detect]
        pipeline.tlsEncryption = .trackOnly
        pipeline.sshEncryption = .trackOnly
        pipeline.tcp.hosts.standard = .bsd
        pipeline.tunnels.teredo = nil
        pipeline.appLayer.httpDoubleDecodesPath = false
        pipeline.appLayer.httpRequestBodyLimit = 4096
        pipeline.appLayer.httpResponseBodyLimit = 4096
        pipeline.appLayer.mailURLSchemes = ["http"]
    }

    /// The engine's configuration with the mode and the exception policies in place.
    public var effectivePipeline: PipelineConfiguration {
        var result = pipeline
        result.mode = mode
        result.talliesPatches = steward.lines != .none
        result.forwardedFor = recordsForwardedFor ? forwardedFor : nil
        result.exceptions = .defaults(mode)
        result.tcp.deliversOnAcknowledgment = !(inspectsOnArrival ?? (!hasSuricataDefaults || mode == .prevent))
        if hasSuricataDefaults {
            result.exceptions = ExceptionPolicies(all: .auto(mode))
            if pipeline.tcp.acceptsMidstream { result.exceptions[.streamMidstream] = .ignore }
        }
        for (target, policy) in exceptionPolicies { result.exceptions[target] = policy }
        return result
    }
}

/// Why a configuration can't be used: file, line and column (from 1) where they are known.
public struct ConfigurationError: Error, CustomStringConvertible {
    public let file: String
    public let line: Int?
    public let column: Int?
    public let message: String

    public init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if let column { place += ":\(column)" }
        return "\(place): \(message)"
    }
}
