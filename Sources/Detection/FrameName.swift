import AppLayer
import RuleLanguage
import Wire

/// The value of `frame`: `PROTOCOL.FRAME`, or the frame alone in a rule on its protocol
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/frame-keywords.html).
struct FrameName {
    let text: String

    /// nil for the name of any other buffer.
    init?(_ buffer: String) {
        guard buffer.hasPrefix(RuleOption.framePrefix) else { return nil }
        text = String(buffer.dropFirst(RuleOption.framePrefix.count))
    }

    /// The protocol that the name begins with, if it does.
    private var named: (protocols: [AppProtocol], frame: String)? {
        let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, let protocols = AppProtocol.named(parts[0]) else { return nil }
        return (protocols, parts[1])
    }

    private var frame: String { named?.frame ?? text }

    /// Whose frame it is in a rule on `proto`.
    func protocols(_ proto: ProtocolTest?) throws(CompileError) -> [AppProtocol] {
        let ofRule = proto?.appProtocols ?? []
        guard let named else {
            guard !ofRule.isEmpty else {
                throw CompileError(
                    message: "the rule's protocol does not say whose frame '\(text)' is: expected 'frame:PROTOCOL.FRAME'")
            }
            return ofRule
        }
        guard ofRule.isEmpty || named.protocols.contains(where: ofRule.contains) else {
            throw CompileError(
                message: "'\(text)' is a frame of \(named.protocols[0].name), but the rule is on \(ofRule[0].name)")
        }
        return named.protocols
    }

    func buffer(_ proto: ProtocolTest) throws(CompileError) -> Buffer {
        let protocols = try protocols(proto)
        let isOnStream = proto.ipProtocols.isEmpty || proto.ipProtocols.contains(IPProtocol.tcp)
        let isOnDatagrams = protocols.contains(.dns) && (proto.ipProtocols.isEmpty || proto.ipProtocols.contains(IPProtocol.udp))
        guard !proto.isPacketOnly, isOnStream || isOnDatagrams && frame != "stream" else {
            throw CompileError(message: "the rule's protocol has no frame '\(text)'")
        }
        if frame == "stream" { return .frameStream }
        let names = protocols.map { RuleOption.framePrefix + Self.prefix($0) + "." + frame }
        if let found = names.lazy.compactMap({ Buffer(keyword: $0) }).first { return found }
        let known = Buffer.allCases.filter { $0.isFrame && $0.protocols.contains(where: protocols.contains) }
            .map { String($0.keyword.dropFirst(RuleOption.framePrefix.count)) }
        throw CompileError(
            message: "\(protocols[0].name) has no frame '\(frame)': expected \(known.joined(separator: ", "))")
    }

    private static func prefix(_ appProtocol: AppProtocol) -> String { appProtocol == .http1 ? "http1" : appProtocol.name }

    /// A frame that Suricata has and this engine does not make.
    static func withoutParser(in rule: Rule, _ proto: ProtocolTest) -> String? {
        for case .payload(let option) in rule.options {
            guard let name = option.buffer.flatMap(FrameName.init), let protocols = try? name.protocols(proto) else { continue }
            if protocols.contains(where: { silent[$0]?.contains(name.frame) == true }) { return name.text }
        }
        return nil
    }

    private static let silent: [AppProtocol: Set<String>] = [
        .smb: [
            "nbss.pdu", "nbss.hdr", "nbss.data", "smb1.pdu", "smb1.hdr", "smb1.data", "smb2.pdu", "smb2.hdr", "smb2.data",
            "smb3.pdu", "smb3.hdr", "smb3.data",
        ],
        .sip: [
            "pdu", "request.line", "response.line", "request.headers", "response.headers", "request.body", "response.body",
        ],
        .telnet: ["pdu", "ctl", "data"], .rfb: ["pdu"], .ldap: ["pdu"], .enip: ["pdu"], .snmp: ["pdu"], .pgsql: ["pdu"],
        .dcerpc: ["pdu", "hdr", "data"], .mqtt: ["pdu", "header", "data"],
        .nfs: [
            "rpc.pdu", "rpc.hdr", "rpc.data", "rpc.creds", "nfs.pdu", "nfs.status", "nfs4.pdu", "nfs4.hdr", "nfs4.ops",
            "nfs4.status",
        ],
    ]
}
