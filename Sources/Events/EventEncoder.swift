import Wire

/// Turns events into EVE JSON lines (https://docs.suricata.io/en/suricata-8.0.0/output/eve/eve-json-format.html).
public struct EventEncoder {
    private var json = JSONWriter()

    public init() {}

    /// One line with its line end.
    public mutating func line(_ event: Event) -> [UInt8] {
        json.removeAll()
        json.object { json in
            Self.writeHeader(event, &json)
            Self.writeBody(event.body, &json)
        }
        json.newline()
        return json.bytes
    }

    private static func writeHeader(_ event: Event, _ json: inout JSONWriter) {
        let header = event.header
        json.member("timestamp", header.time.eveText)
        json.member("flow_id", header.flowID)
        json.member("in_iface", header.inputInterface)
        json.member("pcap_cnt", header.captureNumber)
        json.member("pcap_filename", header.captureFile)
        json.member("event_type", event.body.name)
        if !header.vlanIDs.isEmpty {
            json.array("vlan") { json in for id in header.vlanIDs { json.element(id) } }
        }
        json.member("src_ip", header.text(header.source))
        json.member("src_port", header.sourcePort)
        json.member("dest_ip", header.text(header.destination))
        json.member("dest_port", header.destinationPort)
        json.member("proto", header.ipProtocol.map(IPProtocolNames.name))
        json.member("ip_v", header.source.map { $0.family.rawValue })
        json.member("icmp_type", header.icmpType)
        json.member("icmp_code", header.icmpCode)
        json.member("pkt_src", header.packetSource)
        json.member("tx_id", header.transactionID)
        json.member("xff", header.forwardedFor?.expanded)
        if let ethernet = header.ethernet {
            json.object("ether") { json in
                json.member("src_mac", hardwareAddress(ethernet.source))
                json.member("dest_mac", hardwareAddress(ethernet.destination))
            }
        }
        if header.containers.source != nil || header.containers.destination != nil {
            json.object("containers") { json in
                header.containers.source?.write("src", &json)
                header.containers.destination?.write("dest", &json)
            }
        }
        if !header.flowbits.isEmpty || header.hasVariables { writeMetadata(header, &json) }
    }

    private static func hardwareAddress(_ address: UInt64) -> String {
        let bytes = stride(from: 40, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address >> UInt64($0)) }
        return bytes.map { Printable.hex([$0]) }.joined(separator: ":")
    }

    private static func writeMetadata(_ header: EventHeader, _ json: inout JSONWriter) {
        let names = header.flowbits
        let ids = names.filter { $0.hasPrefix("traffic/id/") }.map { String($0.dropFirst(11)) }
        let labels = names.filter { $0.hasPrefix("traffic/label/") }.map { String($0.dropFirst(14)) }
        let others = names.filter { !$0.hasPrefix("traffic/") }
        if !ids.isEmpty || !labels.isEmpty {
            json.object("traffic") { json in
                if !ids.isEmpty { json.array("id") { json in for id in ids { json.element(id) } } }
                if !labels.isEmpty { json.array("label") { json in for label in labels { json.element(label) } } }
            }
        }
        guard !others.isEmpty || header.hasVariables else { return }
        json.object("metadata") { json in
            if !others.isEmpty { json.array("flowbits") { json in for name in others { json.element(name) } } }
            if !header.flowIntegers.isEmpty {
                json.object("flowints") { json in
                    for (name, value) in header.flowIntegers { json.member(named: name, UInt64(value)) }
                }
            }
            write(header.flowVariables, "flowvars", &json)
            write(header.packetVariables, "pktvars", &json)
            if !header.entropies.isEmpty {
                json.object("entropy") { json in
                    for (name, value) in header.entropies { json.member(named: name, value) }
                }
            }
        }
    }

    private static func write(_ variables: [(name: String, value: [UInt8])], _ key: StaticString, _ json: inout JSONWriter) {
        guard !variables.isEmpty else { return }
        json.array(key) { json in
            for (name, value) in variables { json.object { $0.member(named: name, Printable.text(value)) } }
        }
    }

    private static func writeBody(_ body: Event.Body, _ json: inout JSONWriter) {
        switch body {
        case .alert(let alert, let appProtocol):
            alert.write(&json)
            alert.writeOwn(&json)
            json.member("app_proto", appProtocol)
            alert.http?.write(&json)
            alert.dns?.write(&json)
            alert.ssh?.write(&json)
            alert.ftp?.write(&json)
            alert.ftpData?.write(&json)
            alert.smtp?.write(&json)
            alert.tls?.write(&json)
            alert.webSocket?.write(&json)
            if !alert.files.isEmpty {
                json.array("files") { json in for file in alert.files { json.object { file.writeMembers(&$0) } } }
            }
            alert.frame?.write(&json)
            alert.tunnel?.write(&json)
            alert.flow?.write(&json)
            alert.payload.write(&json)
            json.member("direction", alert.direction)
            alert.verdict.write(&json)
        case .drop(let drop):
            drop.write(&json)
            json.member("direction", drop.direction)
        case .flow(let flow, let appProtocol):
            json.member("app_proto", appProtocol)
            json.member("app_proto_orig", flow.originalProtocol)
            flow.write(&json)
        case .http(let http): http.write(&json)
        case .fileInfo(let file): file.write(&json)
        case .packet(let packet): packet.write(&json)
        case .dns(let dns): dns.write(&json)
        case .dnsOverHTTP(let http, let dns):
            http.write(&json)
            dns.write(&json)
        case .ssh(let ssh): ssh.write(&json)
        case .ftp(let ftp): ftp.write(&json)
        case .ftpData(let ftpData): ftpData.write(&json)
        case .smtp(let smtp): smtp.write(&json)
        case .tls(let tls): tls.write(&json)
        case .webSocket(let webSocket): webSocket.write(&json)
        case .anomaly(let anomaly): anomaly.write(&json)
        case .stream(let stream): stream.write(&json)
        case .stats(let stats): stats.write(&json)
        case .patch(let step): step.write(&json)
        }
    }
}

extension Event.Body {
    /// EVE `event_type`.
    public var name: String {
        switch self {
        case .alert: "alert"
        case .drop: "drop"
        case .flow: "flow"
        case .http: "http"
        case .fileInfo: "fileinfo"
        case .packet: "packet"
        case .dns(let dns): dns.isMulticast ? "mdns" : "dns"
        case .dnsOverHTTP: "doh2"
        case .ssh: "ssh"
        case .ftp: "ftp"
        case .ftpData: "ftp_data"
        case .smtp: "smtp"
        case .tls: "tls"
        case .webSocket: "websocket"
        case .anomaly: "anomaly"
        case .stream: "stream_tcp"
        case .stats: "stats"
        case .patch: "patch"
        }
    }
}
