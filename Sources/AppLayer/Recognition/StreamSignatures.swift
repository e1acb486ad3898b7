import Wire

/// Protocols on TCP that are told by their first bytes.
enum StreamSignatures {
    /// What `bytes`, the beginning of `direction`, begin with; `.refused` when it is none of these protocols.
    static func guess(_ bytes: [UInt8], _ direction: Direction, _ ports: ProtocolPorts) -> ProtocolDetection.Guess {
        let text = direction == .toServer ? TextSignatures.client(bytes, ports) : TextSignatures.server(bytes, ports)
        if case .recognised = text { return text }
        if let found = binary(bytes, direction, ports) { return .recognised(found) }
        // Longest of the binary signatures.
        if bytes.count < 24, mayBecomeBinary(bytes, ports) { return .undecided }
        return text
    }

    private static func binary(_ b: [UInt8], _ direction: Direction, _ ports: ProtocolPorts) -> AppProtocol? {
        if isSMB(b) { return .smb }
        if isDCERPC(b) { return .dcerpc }
        if isRDP(b, direction) { return .rdp }
        if isMQTT(b) { return .mqtt }
        if isPostgres(b, direction) { return .pgsql }
        if isNFS(b) { return .nfs }
        if isKerberos(b) { return .krb5 }
        if isLDAP(b) { return .ldap }
        if b.count >= 10, b[0] == 0x05, b[1] == 0x64, b[2] >= 5 { return .dnp3 }
        if b.count >= 3, b[0] == 0xff, 0xfb...0xfe ~= b[1] { return .telnet }
        if ports.server == 502, b.count >= 8, b[2] == 0, b[3] == 0, b[4] == 0, b[5] >= 2 { return .modbus }
        if ports.server == 44818, b.count >= 24, isENIPCommand(b[0], b[1]) { return .enip }
        return nil
    }

    /// The beginning of a signature that needs more bytes to be sure.
    private static func mayBecomeBinary(_ b: [UInt8], _ ports: ProtocolPorts) -> Bool {
        guard let first = b.first else { return true }
        if ports.server == 44818, isENIPCommand(first, b.count > 1 ? b[1] : 0) { return true }
        if ports.server == 502, b.count < 8 { return true }
        return first == 0 || first == 0x05 || first == 0x03 || first == 0x10 || first == 0x30 || first & 0x80 != 0
    }

    /// NetBIOS session header (RFC 1002, section 4.3.1), then the SMB magic.
    private static func isSMB(_ b: [UInt8]) -> Bool {
        b.count >= 8 && b[0] == 0 && b[4] >= 0xfc && b[5] == 0x53 && b[6] == 0x4d && b[7] == 0x42
    }

    /// Connection-oriented PDU, version 5.0 or 5.1, of a type that begins a conversation.
    private static func isDCERPC(_ b: [UInt8]) -> Bool {
        guard b.count >= 10, b[0] == 5, b[1] <= 1, b[2] <= 19 else { return false }
        let length = b[4] & 0x10 != 0 ? Int(b[9]) << 8 | Int(b[8]) : Int(b[8]) << 8 | Int(b[9])
        return (b[4] == 0x10 || b[4] == 0) && b[5] <= 3 && b[6] == 0 && b[7] == 0 && length >= 16
    }

    /// TPKT, then an X.224 connection request or confirm (RFC 1006, section 6).
    private static func isRDP(_ b: [UInt8], _ direction: Direction) -> Bool {
        b.count >= 6 && b[0] == 3 && b[1] == 0 && b[5] == (direction == .toServer ? 0xe0 : 0xd0)
    }

    /// MQTT 3.1, section 3.1 and MQTT 3.1.1, section 3.1: CONNECT names the protocol.
    private static func isMQTT(_ b: [UInt8]) -> Bool {
        guard b.count >= 8, b[0] == 0x10 else { return false }
        var at = 1
        while at < 5, at < b.count, b[at] & 0x80 != 0 { at += 1 }
        let rest = b[min(b.count, at + 1)...]
        return rest.starts(with: [0, 4] + Array("MQTT".utf8)) || rest.starts(with: [0, 6] + Array("MQI".utf8))
    }

    /// Startup message of protocol 3, or a request for SSL, GSS or a cancel.
    private static func isPostgres(_ b: [UInt8], _ direction: Direction) -> Bool {
        guard direction == .toServer, b.count >= 8, b[0] == 0, b[1] == 0 else { return false }
        return b[4] == 0 && b[5] == 3 && b[6] == 0 && b[7] <= 2 || b[3] == 8 && b[4] == 0x04 && b[5] == 0xd2 && b[6] == 0x16 && b[7] == 0x2f
    }

    /// A whole RPC record (RFC 5531, sections 8 and 11) that calls NFS.
    private static func isNFS(_ b: [UInt8]) -> Bool {
        b.count >= 20 && b[0] & 0x80 != 0 && isNFSCall(b, at: 4)
    }

    static func isNFSCall(_ b: [UInt8], at start: Int) -> Bool {
        b.count >= start + 16 && b[(start + 4)..<(start + 12)].elementsEqual([0, 0, 0, 0, 0, 0, 0, 2])
            && b[(start + 12)..<(start + 16)].elementsEqual([0, 0x01, 0x86, 0xa3])
    }

    /// RFC 4120, section 7.2.2: a length, then an application tag.
    private static func isKerberos(_ b: [UInt8]) -> Bool {
        b.count >= 14 && b[0] == 0 && b[1] == 0 && DatagramSignatures.isKerberosMessage(b[4...])
    }

    /// RFC 4511, section 4.1.1: SEQUENCE, message id, then an operation.
    private static func isLDAP(_ b: [UInt8]) -> Bool {
        guard b.count >= 7, b[0] == 0x30 else { return false }
        let header = b[1] & 0x80 == 0 ? 2 : 2 + Int(b[1] & 0x7f)
        guard header <= 6, b.count > header + 1, b[header] == 2, 1...4 ~= b[header + 1] else { return false }
        let operation = header + 2 + Int(b[header + 1])
        return b.count > operation && (0x60...0x79 ~= b[operation] || b[operation] == 0x42 || b[operation] == 0x4a)
    }

    private static func isENIPCommand(_ low: UInt8, _ high: UInt8) -> Bool {
        high == 0 && [0x01, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73].contains(low)
    }
}
