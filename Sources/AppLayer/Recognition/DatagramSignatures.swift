/// Protocols on UDP that are told by one datagram.
enum DatagramSignatures {
    static func guess(_ b: [UInt8], _ ports: ProtocolPorts) -> AppProtocol? {
        if isQUIC(b) { return .quic }
        if isDHCP(b) { return .dhcp }
        if b.starts(with: "d1:".utf8) || b.starts(with: "d2:ip".utf8), isDHT(b) { return .bittorrentDHT }
        if isSIP(b) { return .sip }
        if isKerberosMessage(b[...]) { return .krb5 }
        if isSNMP(b) { return .snmp }
        if isIKE(b, ports) { return .ike }
        if StreamSignatures.isNFSCall(b, at: 0) { return .nfs }
        if ports.has(123), isNTP(b) { return .ntp }
        if isTFTP(b) { return .tftp }
        if isRPCDatagram(b) { return .dcerpc }
        return nil
    }

    /// RFC 9000, section 17.2: a long header of version 1, 2, or one of the drafts or Google's.
    private static func isQUIC(_ b: [UInt8]) -> Bool {
        guard b.count >= 20, b[0] & 0xc0 == 0xc0, b[5] <= 20 else { return false }
        switch (b[1], b[2], b[3], b[4]) {
        case (0, 0, 0, 1), (0x6b, 0x33, 0x43, 0xcf), (0xff, 0, 0, _), (UInt8(ascii: "Q"), 0x30, _, _), (UInt8(ascii: "T"), 0x30, _, _):
            return true
        default: return false
        }
    }

    /// RFC 2131, section 2: Ethernet addresses and the magic cookie.
    private static func isDHCP(_ b: [UInt8]) -> Bool {
        b.count >= 240 && 1...2 ~= b[0] && b[236..<240].elementsEqual([0x63, 0x82, 0x53, 0x63])
    }

    private static func isDHT(_ b: [UInt8]) -> Bool {
        ["d1:ad2:id20:", "d1:rd2:id20:", "d1:eli", "d2:ip"].contains { b.starts(with: $0.utf8) }
    }

    private static func isSIP(_ b: [UInt8]) -> Bool {
        if b.starts(with: "SIP/2.0 ".utf8) { return true }
        let line = b.prefix(512).prefix { $0 != 0x0d && $0 != 0x0a }
        return Array(line.suffix(8)) == Array(" SIP/2.0".utf8)
    }

    /// RFC 4120, appendix A: an application tag, a SEQUENCE, and `pvno` or `msg-type` 5.
    static func isKerberosMessage(_ b: ArraySlice<UInt8>) -> Bool {
        guard let tag = b.first, [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x7e].contains(tag) else { return false }
        let version: [UInt8] = [0x02, 0x01, 0x05]
        return Array(b.prefix(24)).firstIndex(of: version) != nil
    }

    /// SEQUENCE, then version 0, 1 or 3 (RFC 3417).
    private static func isSNMP(_ b: [UInt8]) -> Bool {
        guard b.count >= 12, b[0] == 0x30 else { return false }
        let header = b[1] & 0x80 == 0 ? 2 : 2 + Int(b[1] & 0x7f)
        guard header <= 5, b.count > header + 4 else { return false }
        return b[header] == 2 && b[header + 1] == 1 && [0, 1, 3].contains(b[header + 2])
            && [0x04, 0x30].contains(b[header + 3])
    }

    /// RFC 7296, section 3.1; behind four zero bytes on port 4500.
    private static func isIKE(_ b: [UInt8], _ ports: ProtocolPorts) -> Bool {
        let start = ports.has(4500) && b.starts(with: [0, 0, 0, 0]) ? 4 : 0
        guard ports.has(500) || ports.has(4500), b.count >= start + 28 else { return false }
        let length = b[(start + 24)..<(start + 28)].reduce(0) { $0 << 8 | Int($1) }
        return (b[start + 17] == 0x10 || b[start + 17] == 0x20) && length == b.count - start
    }

    /// RFC 5905, section 7.3: versions 1 to 4, a mode of those that travel.
    private static func isNTP(_ b: [UInt8]) -> Bool {
        guard let first = b.first, 1...4 ~= first >> 3 & 7 else { return false }
        return first & 7 == 6 && b.count >= 12 || first & 7 == 7 && b.count >= 8 || b.count >= 48 && first & 7 != 0
    }

    /// RFC 1350, section 5: read or write, a name, a mode.
    private static func isTFTP(_ b: [UInt8]) -> Bool {
        guard b.count >= 9, b[0] == 0, 1...2 ~= b[1] else { return false }
        let fields = b.dropFirst(2).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, !fields[0].isEmpty else { return false }
        return ["NETASCII", "OCTET", "MAIL"].contains(String(decoding: fields[1].map(\.uppercased), as: UTF8.self))
    }

    /// Connectionless DCE/RPC: version 4.
    private static func isRPCDatagram(_ b: [UInt8]) -> Bool {
        b.count >= 80 && b[0] == 4 && b[1] <= 10 && b[4] & 0xee == 0 && b[5] <= 3 && b[2] & 0xfc == b[2] && b[3] & 0xfc == 0
    }
}

extension ProtocolPorts {
    func has(_ port: UInt16) -> Bool { client == port || server == port }
}
