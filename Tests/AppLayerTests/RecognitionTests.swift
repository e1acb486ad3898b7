import TestSupport
import Testing
import Wire

@testable import AppLayer

struct RecognitionTests {
    private func stream(_ bytes: [UInt8], _ direction: Direction = .toServer, port: UInt16 = 4444) -> AppProtocol {
        let session = AppLayerSession(limits: AppLayerLimits(), ports: ProtocolPorts(client: 40000, server: port, dns: [53]))
        session.consume(bytes.span, direction: direction, offset: 0)
        return session.appProtocol
    }

    private func datagram(_ bytes: [UInt8], port: UInt16 = 4444) -> AppProtocol {
        let session = AppLayerSession(limits: AppLayerLimits(), ports: ProtocolPorts(client: 40000, server: port, dns: [53]))
        session.consumeDatagram(bytes.span, direction: .toServer)
        return session.appProtocol
    }

    @Test(arguments: [
        ("EHLO a\r\n", AppProtocol.smtp), ("helo a\r\n", .smtp), ("USER a\r\n", .ftp), ("RFB 003.008\n", .rfb),
        ("INVITE sip:a@b SIP/2.0\r\n", .sip), ("a1 CAPABILITY\r\n", .imap), ("CAPA\r\n", .pop3), ("GET / HTTP/1.1\r\n", .http1),
        ("SSH-2.0-x\r\n", .ssh), ("nothing known\r\n", .unknown), ("EHL", .unknown),
    ]) func linesOfClients(text: String, expected: AppProtocol) { #expect(stream(Array(text.utf8)) == expected) }

    @Test(arguments: [
        ("220 mail ESMTP\r\n", UInt16(4444), AppProtocol.smtp), ("220 ready\r\n", 25, .smtp), ("220 ready\r\n", 21, .ftp),
        ("220 vsFTPd\r\n", 4444, .ftp), ("220 ready\r\n", 4444, .unknown), ("* OK hi\r\n", 143, .imap), ("+OK hi\r\n", 110, .pop3),
    ]) func linesOfServers(text: String, port: UInt16, expected: AppProtocol) {
        #expect(stream(Array(text.utf8), .toClient, port: port) == expected)
    }

    /// What a protocol is told by may come byte by byte.
    @Test(arguments: [
        (Array("a1 LOGIN a b\r\n".utf8), AppProtocol.imap), (Array("INVITE sip:a@b SIP/2.0\r\n".utf8), .sip),
        (Array("RFB 003.008\n".utf8), .rfb), ([0, 0, 0, 40, 0x6a, 0x81, 38, 0x30, 36, 0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10], .krb5),
    ]) func cutIntoSingleBytes(bytes: [UInt8], expected: AppProtocol) {
        let session = AppLayerSession(limits: AppLayerLimits(), ports: ProtocolPorts(client: 40000, server: 4444, dns: [53]))
        for index in bytes.indices {
            session.consume(bytes.span.extracting(index..<index + 1), direction: .toServer, offset: UInt64(index))
        }
        #expect(session.appProtocol == expected && stream(bytes) == expected)
    }

    /// Bytes that are no text in what follows the command, in a target and in a tag; and a DNS message of 18 bytes whose
    /// question goes on behind its end.
    @Test func oddBeginningsCutIntoSingleBytes() {
        let login: [UInt8] = Array("a1 LOGIN ".utf8) + [0xff, 0x20, 0x62, 0x0d, 0x0a]
        cutIntoSingleBytes(bytes: login, expected: .imap)
        let invite: [UInt8] = Array("INVITE sip:".utf8) + [0xff] + Array("@b SIP/2.0\r\n".utf8)
        cutIntoSingleBytes(bytes: invite, expected: .sip)
        let tag: [UInt8] = [0x35, 0x01] + Array(" STARTTLS\r\n".utf8)
        cutIntoSingleBytes(bytes: tag, expected: .unknown)
        let dns: [UInt8] = [0, 18, 0x31, 0x20, 0x0b, 0xc0, 0, 1, 1, 0, 0, 0, 0xc0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1]
        cutIntoSingleBytes(bytes: dns, expected: .unknown)
    }

    @Test func binaryStreams() {
        let smb: [UInt8] = [0, 0, 0, 84, 0xfe, 0x53, 0x4d, 0x42, 64, 0]
        #expect(stream(smb) == .smb && stream(Array(smb[..<5])) == .unknown)
        #expect(stream([5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0]) == .dcerpc)
        #expect(stream([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0]) == .rdp)
        #expect(stream([0x10, 12, 0, 4] + Array("MQTT".utf8) + [4, 2]) == .mqtt)
        #expect(stream([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]) == .pgsql)
        #expect(stream([0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]) == .ldap)
        #expect(stream([0xff, 0xfd, 0x18, 0xff]) == .telnet)
        let modbus: [UInt8] = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]
        #expect(stream(modbus, port: 502) == .modbus && stream(modbus) != .modbus)
    }

    @Test func datagrams() {
        #expect(datagram(Array("d1:ad2:id20:".utf8) + [1, 2]) == .bittorrentDHT)
        #expect(datagram([0, 1] + Array("a".utf8) + [0] + Array("octet".utf8) + [0]) == .tftp)
        let time = [0x1b] + [UInt8](repeating: 0, count: 47)
        #expect(datagram(time, port: 123) == .ntp && datagram(time) != .ntp)
        #expect(datagram([0x30, 0x26, 2, 1, 1, 4, 6] + Array("public".utf8)) == .snmp)
        #expect(datagram([0xc3, 0, 0, 0, 1, 8] + [UInt8](repeating: 9, count: 30)) == .quic)
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 5)
        let starts: [[UInt8]] = [[0x30, 0x84], [0x10, 0xff], [0x80], [5, 0], [0, 0], [0xff], [4], [0x6e], [0, 1], Array("220".utf8)]
        for round in 0..<4000 {
            let start = starts[round % starts.count]
            let rest = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let bytes = start + rest
            for direction in Direction.allCases { _ = stream(bytes, direction, port: [53, 21, 25, 502, 44818, 4500][round % 6]) }
            #expect(datagram(bytes, port: [53, 123, 500, 4500, 9][round % 5]) != .http1)
        }
    }
}
