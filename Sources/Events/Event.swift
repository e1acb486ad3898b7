public import Wire

/// One EVE record (https://docs.suricata.io/en/suricata-8.0.0/output/eve/eve-json-format.html).
public struct Event: Sendable {
    public var header: EventHeader
    public var body: Body

    /// Indirect: records are large, and an event is handed on several times.
    public indirect enum Body: Sendable {
        /// The second value is EVE `app_proto`.
        case alert(AlertRecord, appProtocol: String?)
        case drop(DropRecord)
        case flow(FlowEventRecord, appProtocol: String?)
        case http(HTTPRecord)
        case fileInfo(FileInfoRecord)
        /// A packet that a rule's `tag` follows.
        case packet(PayloadRecord)
        case dns(DNSEventRecord)
        case dnsOverHTTP(HTTPRecord, DNSEventRecord)
        case ssh(SSHRecord)
        case ftp(FTPRecord)
        case ftpData(FTPDataRecord)
        case smtp(SMTPRecord)
        case tls(TLSRecord)
        case webSocket(WebSocketRecord)
        case anomaly(AnomalyRecord)
        case stream(StreamRecord)
        case stats(StatsRecord)
        case patch(PatchStepRecord)
    }

    public init(header: EventHeader, body: Body) {
        self.header = header
        self.body = body
    }
}

/// The fields that every packet- or flow-bound record starts with.
public struct EventHeader: Sendable {
    public var time = Timestamp(nanoseconds: 0)
    public var flowID: UInt64? = nil
    public var captureNumber: UInt64? = nil
    /// Of a replayed packet; whoever reads the capture puts it in.
    public var captureFile: String? = nil
    public var inputInterface: String? = nil
    /// 0 when unknown; whoever writes the event off the packet path puts the name in.
    public var inputInterfaceIndex: UInt32 = 0
    /// Numbers of the containers at the ends, 0 for none; whoever writes the event off the packet path puts the names in.
    public var sourceContainer: UInt32 = 0
    public var destinationContainer: UInt32 = 0
    public var containers: (source: ContainerRecord?, destination: ContainerRecord?) = (nil, nil)
    public var vlanIDs: [UInt16] = []
    /// Hardware addresses of an Ethernet frame, the lower 48 bits of each.
    public var ethernet: (source: UInt64, destination: UInt64)? = nil
    /// IPv6 addresses in RFC 5952's short form; else with every digit (`ipv6-compress`).
    public var compressesIPv6 = false
    public var source: IPAddress? = nil
    public var sourcePort: UInt16? = nil
    public var destination: IPAddress? = nil
    public var destinationPort: UInt16? = nil
    /// IANA number; written as Suricata writes it (`TCP`, `UDP`, `ICMP`, `IPv6-ICMP`, …).
    public var ipProtocol: UInt8? = nil
    public var icmpType: UInt8? = nil
    public var icmpCode: UInt8? = nil
    public var packetSource: String? = nil
    public var transactionID: UInt64? = nil
    /// EVE `xff`: for whom a proxy speaks.
    public var forwardedFor: IPAddress? = nil
    /// Names of the flow's flowbits (`metadata.flowbits`; `traffic/id/…` and `traffic/label/…` go to `traffic`).
    public var flowbits: [String] = []
    /// `metadata.flowints`
    public var flowIntegers: [(name: String, value: UInt32)] = []
    /// What expressions captured: `metadata.flowvars` and `metadata.pktvars`.
    public var flowVariables: [(name: String, value: [UInt8])] = []
    public var packetVariables: [(name: String, value: [UInt8])] = []
    /// `metadata.entropy`.
    public var entropies: [(name: String, value: Double)] = []
    public init() {}

    var hasVariables: Bool {
        !flowIntegers.isEmpty || !flowVariables.isEmpty || !packetVariables.isEmpty || !entropies.isEmpty
    }

    func text(_ address: IPAddress?) -> String? {
        address.map { compressesIPv6 ? $0.description : $0.expanded }
    }
}
