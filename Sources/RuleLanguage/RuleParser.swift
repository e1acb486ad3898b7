/// Reads rule files in Suricata's language (https://docs.suricata.io/en/suricata-8.0.0/rules/intro.html).
public struct RuleParser: Sendable {
    private let variables: RuleVariables
    private let classifications: Classifications
    private let references: References

    public struct Result: Sendable {
        public var rules: [Rule] = []
        public var diagnostics: [Diagnostic] = []
    }

    public init(
        variables: RuleVariables = RuleVariables(), classifications: Classifications = Classifications(),
        references: References = References()
    ) {
        self.variables = variables
        self.classifications = classifications
        self.references = references
    }

    /// All rules of a file; each one that can't be read is diagnosed and the others go on.
    public func parse(file: String, bytes: [UInt8]) -> Result {
        let text = RuleText(file: file, bytes: bytes)
        var result = Result()
        for line in text.logicalLines() {
            var reader = OptionReader(classifications: classifications, references: references, text: text)
            do throws(RuleError) {
                let rule = try rule(line, &reader)
                result.rules.append(rule)
                result.diagnostics += reader.warnings.map {
                    text.diagnostic(.warning, $0, sid: rule.sid)
                }
            } catch {
                let sid = reader.rule.sid == 0 ? Self.sid(in: line) : reader.rule.sid
                let severity: Diagnostic.Severity = error.skipsRule ? .warning : .error
                result.diagnostics.append(text.diagnostic(severity, error, sid: sid))
            }
        }
        return result
    }

    private func rule(_ line: Field, _ reader: inout OptionReader) throws(RuleError) -> Rule {
        guard let open = try headerEnd(line) else {
            throw RuleError("expected '(' with the rule's options after the header", offset: line.endIndex - 1, code: .syntax)
        }
        let reason = try RuleError.coded(.syntax) { () throws(RuleError) in try OptionReader.unmetRequirement(line[open...]) }
        if let reason { throw RuleError(skipping: reason, at: line) }
        reader.rule.location = reader.text.location(line.startIndex)
        reader.rule.text = line.text
        reader.rule.length = line.count
        reader.rule.lineStarts = reader.text.lineStarts(in: line)
        do throws(RuleError) {
            try readHeader(line[line.startIndex..<open], &reader.rule)
        } catch {
            var error = error
            error.code = error.code ?? .header
            throw error
        }
        try reader.readOptions(line[open...])
        if line.contains(where: { $0 >= 0x80 }), String(validating: line, as: UTF8.self) == nil { reader.noteEncoding(line) }
        return reader.rule
    }

    /// The header ends at the first '(' outside brackets.
    private func headerEnd(_ line: Field) throws(RuleError) -> Int? {
        line.firstIndex(of: UInt8(ascii: "("))
    }

    private func readHeader(_ header: Field, _ rule: inout Rule) throws(RuleError) {
        var rest = header.trimmed
        let action = try Self.token(&rest)
        try Self.read(action: action, &rule)
        let proto = try Self.token(&rest)
        guard Self.protocols.contains(proto.text.lowercased()) else {
            let known = Spelling.nearest(to: proto.text.lowercased(), among: Self.protocols)
            throw RuleError(
                proto.isEmpty ? "expected a protocol after the action" : "'\(proto.text)' is not a protocol", at: proto,
                suggestion: known)
        }
        rule.header.proto = proto.text.lowercased()
        let (source, sourcePort, arrow) = (try Self.token(&rest), try Self.token(&rest), try Self.token(&rest))
        let (destination, destinationPort) = (try Self.token(&rest), try Self.token(&rest))
        guard !destinationPort.isEmpty else {
            throw RuleError(
                "the header is not whole: expected 'action protocol source port -> destination port'", at: action)
        }
        guard rest.isEmpty else {
            throw RuleError("unexpected '\(rest.text)' after the destination port; expected '('", at: rest)
        }
        rule.header.source = try addresses(source)
        rule.header.sourcePorts = try ports(sourcePort)
        switch arrow.text {
        case "->": break
        case "=>": rule.header.isTransactional = true
        case "<>": rule.header.isBidirectional = true
        default: throw RuleError("'\(arrow.text)' is not a direction: expected '->', '<>' or '=>'", at: arrow)
        }
        rule.header.destination = try addresses(destination)
        rule.header.destinationPorts = try ports(destinationPort)
        rule.header.hasNegatedAddress = variables.hasNegation(source) || variables.hasNegation(destination)
    }

    private func addresses(_ field: Field) throws(RuleError) -> AddressSet {
        try RuleError.coded(.address) { () throws(RuleError) in try variables.addressSet(field) }
    }

    private func ports(_ field: Field) throws(RuleError) -> PortSet {
        try RuleError.coded(.port) { () throws(RuleError) in try variables.portSet(field) }
    }

    private static func read(action: Field, _ rule: inout Rule) throws(RuleError) {
        switch action.text.lowercased() {
        case "alert": rule.action = .alert
        case "drop": rule.action = .drop
        case "pass": rule.action = .pass
        case "reject", "rejectsrc": rule.action = .reject
        case "rejectdst":
            rule.action = .reject
            rule.rejectTarget = .destination
        case "rejectboth":
            rule.action = .reject
            rule.rejectTarget = .both
        default:
            throw RuleError(
                "'\(action.text)' is not an action: expected alert, drop, reject, rejectsrc, rejectdst, rejectboth or pass",
                at: action,
                suggestion: Spelling.nearest(to: action.text.lowercased(), among: Self.actions))
        }
    }

    static let actions = ["alert", "drop", "pass", "reject", "rejectsrc", "rejectdst", "rejectboth"]

    /// The next word; one that begins a list runs to the closing bracket.
    static func token(_ rest: inout Field) throws(RuleError) -> Field {
        var depth = 0
        var end = rest.startIndex
        while end < rest.endIndex {
            let byte = rest[end]
            if byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "]") { depth -= 1 }
            if byte.isSpace, depth <= 0 { break }
            end += 1
        }
        let token = rest[rest.startIndex..<end]
        guard depth <= 0 else { throw RuleError("the list has no closing ']'", at: token) }
        rest = rest[end...].trimmed
        return token
    }

    /// The sid of a rule that could not be read as a whole.
    private static func sid(in line: Field) -> UInt32? {
        let text = line.text
        guard let range = text.firstRange(of: "sid:") else { return nil }
        return UInt32(text[range.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
    }

    static let protocols = appProtocols.union([
        "tcp", "tcp-pkt", "tcp-stream", "udp", "icmp", "icmpv4", "icmpv6", "ip", "ip4", "ipv4", "ip6", "ipv6", "sctp",
        "pkthdr", "ether", "arp",
    ])

    static let appProtocols: Set<String> = [
        "http", "http1", "http2", "dns", "mdns", "tls", "ssl", "ssh", "smtp", "ftp",
        "ftp-data", "smb", "dcerpc", "imap", "pop3", "nfs", "tftp", "krb5", "ntp", "dhcp", "snmp", "sip", "rfb", "mqtt",
        "rdp", "modbus", "dnp3", "enip", "ike", "ikev2", "quic", "pgsql", "telnet", "websocket", "ldap", "doh2",
        "bittorrent-dht", "msn", "irc", "jabber", "template", "http2",
    ]
}
