import TestSupport

/// Protocols that are not text.
extension Seeds {
    static let http2Preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: Int = 0, _ payload: [UInt8] = []) -> [UInt8] {
        Bytes.number(payload.count, 3) + [type, flags] + Bytes.number(stream, 4) + payload
    }

    private static func field(_ name: String, _ value: String, first: UInt8 = 0) -> [UInt8] {
        [first] + Bytes.vector(Array(name.utf8), 1) + Bytes.vector(Array(value.utf8), 1)
    }

    /// Without the preface, which the target sends first.
    @Sendable static func http2() -> [[UInt8]] {
        let settings = frame(4, [0, 3, 0, 0, 0, 100, 0, 1, 0, 0, 0x10, 0])
        let block =
            field(":method", "POST") + field(":path", "/a/../login?x=1") + field(":authority", "shop.example:80")
            + field("x-a", "b", first: 0x40) + field("cookie", "a=b")
        // RFC 7541, appendix C.4: Huffman strings and the dynamic table.
        let packed = [
            hex("828684418cf1e3c2e5f23a6ba0ab90f4ff"), hex("828684be5886a8eb10649cbf"),
            hex("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"),
        ]
        let answer = [0x88] + field("content-type", "text/html") + field("content-length", "2")
        let request = settings + frame(1, flags: 4, stream: 1, block) + frame(0, flags: 1, stream: 1, Array("user=root".utf8))
        let response = settings + frame(4, flags: 1) + frame(1, flags: 4, stream: 1, answer) + frame(0, flags: 1, stream: 1, Array("ok".utf8))
        let cut = frame(1, stream: 3, Array(block[..<20])) + frame(9, flags: 4, stream: 3, Array(block[20...]))
        let padded = frame(1, flags: 0x2d, stream: 5, [3, 0, 0, 0, 0, 15] + block + [0, 0, 0])
        let others =
            frame(2, stream: 1, [0, 0, 0, 0, 9]) + frame(3, stream: 1, [0, 0, 0, 8]) + frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
            + frame(8, [0, 0, 0x40, 0]) + frame(7, [0, 0, 0, 1, 0, 0, 0, 0]) + frame(5, flags: 4, stream: 1, [0, 0, 0, 2] + block)
        let trailers = frame(0, stream: 1, [0x41]) + frame(1, flags: 5, stream: 1, field("x-late", "evil"))
        let tables = packed.enumerated().flatMap { frame(1, flags: 5, stream: 2 * $0.offset + 1, $0.element) }
        return [
            Talk.input([request, response]), Talk.input([settings + cut + padded]), Talk.input([request + others, response]),
            Talk.input([settings + frame(1, flags: 4, stream: 1, block) + trailers]), Talk.input([settings + tables]),
            Talk.input([settings + frame(1, flags: 5, stream: 1, [0x3f, 0xe1, 0x1f, 0x20] + block)]),
        ]
    }

    private static func dnsName(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { Bytes.vector(Array($0.utf8), 1) } + [0]
    }

    static let dnsQuery = hex("1234 0100 0001 0000 0000 0000") + dnsName("a.example.org") + hex("0001 0001")

    static let dnsAnswers: [[UInt8]] = {
        func record(_ type: Int, _ data: [UInt8]) -> [UInt8] { hex("c00c") + Bytes.number(type, 2) + hex("0001 0000003c") + Bytes.vector(data, 2) }
        let records = [
            record(1, [198, 18, 0, 1]), record(28, [UInt8](repeating: 1, count: 16)), record(5, [1, 0x62, 0xc0, 14]), record(15, [0, 10, 1, 0x6d, 0xc0, 14]),
            record(16, [2, 0x68, 0x69, 1, 0x21]), record(33, [0, 1, 0, 2, 0, 80, 1, 0x73, 0]), record(44, [1, 2, 0xab]), record(12, [0xc0, 12]),
            record(6, [1, 0x6d, 0, 1, 0x72, 0] + [UInt8](repeating: 1, count: 20)), record(41, []), record(65, [0, 1, 0]),
        ]
        func message(_ records: [[UInt8]]) -> [UInt8] {
            hex("1234 8180 0001") + Bytes.number(records.count, 2) + hex("0000 0000") + dnsName("a.example.org") + hex("0001 0001") + records.joined()
        }
        return [message(records), message([records[0]]), hex("1234 8183 0001 0000 0000 0000") + dnsName("a.example.org") + hex("0001 0001")]
    }()

    @Sendable static func dnsStreams() -> [[UInt8]] {
        dnsAnswers.map { Talk.input([Bytes.vector(dnsQuery, 2), Bytes.vector($0, 2)]) }
            + [Talk.input([Bytes.vector(dnsQuery, 2) + Bytes.vector(dnsQuery, 2), Bytes.vector(dnsAnswers[1], 2)])]
    }

    @Sendable static func datagrams() -> [[UInt8]] {
        dnsAnswers.map { [0] + Talk.input([dnsQuery, $0]) }
            + [
                [1] + Talk.input([dnsQuery, dnsAnswers[0]]), [0] + hex("1234 0100 0001 0000 0000 0000 0161 c00c 0001 0001"),
                [2, 0x1b] + [UInt8](repeating: 0, count: 47), [8, 0, 1] + Array("a\u{0}octet\u{0}".utf8), [1] + Array("d1:ad2:id20:".utf8),
                [3] + hex("302602010104067075626c6963a01902010102010002010030"), [5] + Array("INVITE sip:a@b SIP/2.0\r\n\r\n".utf8),
                [4] + hex("c300000001088394c8f03e5157080000449e00000002"), [6] + hex("0101060000000001") + [UInt8](repeating: 0, count: 240),
            ]
    }

    private static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 3, 1] + Bytes.vector(body, 2) }

    static let tlsClient: [UInt8] = {
        let name = Bytes.vector([0] + Bytes.vector(Array("shop.example".utf8), 2), 2)
        let extensions: [(Int, [UInt8])] = [
            (0, name), (16, Bytes.vector(Bytes.vector(Array("h2".utf8), 1) + Bytes.vector(Array("http/1.1".utf8), 1), 2)), (10, Bytes.vector([0, 29, 0, 23], 2)),
            (11, [1, 0]), (13, Bytes.vector([4, 3, 8, 4], 2)), (43, [4, 3, 4, 3, 3]), (0x0a0a, []), (35, []),
        ]
        let all = extensions.flatMap { Bytes.number($0.0, 2) + Bytes.vector($0.1, 2) }
        let suites = Bytes.vector([0x13, 1, 0xc0, 0x2f, 0x0a, 0x0a], 2)
        return record(22, [1] + Bytes.vector([3, 3] + [UInt8](repeating: 7, count: 32) + [0] + suites + [1, 0] + Bytes.vector(all, 2), 3))
    }()

    @Sendable static func tls() -> [[UInt8]] {
        let hello = [2] + Bytes.vector([3, 3] + [UInt8](repeating: 9, count: 32) + [0, 0xc0, 0x2f, 0] + Bytes.vector([0xff, 1, 0, 1, 0], 2), 3)
        let chain = [11] + Bytes.vector(Bytes.vector(Bytes.vector(certificate, 3) + Bytes.vector(certificate, 3), 3), 3)
        let done: [UInt8] = [14, 0, 0, 0]
        let server = record(22, hello) + record(22, chain) + record(22, done)
        let client = record(22, [16] + Bytes.vector([1, 2, 3], 3)) + record(20, [1]) + record(22, [UInt8](repeating: 0xee, count: 40))
        let half = tlsClient.count / 2
        let cut = record(22, Array(tlsClient[5..<half])) + record(22, Array(tlsClient[half...]))
        return [
            Talk.input([tlsClient, server, client, record(20, [1]) + record(23, [1, 2, 3])]), Talk.input([cut, record(22, hello + chain + done)]),
            Talk.input([tlsClient, record(21, [2, 40])]), Talk.input([tlsClient + record(24, [1, 0x40, 0, 1, 2])]),
            // A hello in the form of SSLv2.
            Talk.input([hex("802e 01 0300 0015 0000 0010 000001 000002 000003 000004 000005 000006 000007") + [UInt8](repeating: 3, count: 16)]),
        ]
    }

    /// Self-signed for shop.example.
    static let certificate = hex(
        """
        308201ec30820192a0030201020214262a560b8bcd55c54c49fffc20a5f89a0a918a77300a06082a8648ce3d0403023036310b300906035504061302
        41413110300e060355040a0c0752656d706172743115301306035504030c0c73686f702e6578616d706c65301e170d3236313132343138313634385a
        170d3336313132313138313634385a3036310b30090603550406130241413110300e060355040a0c0752656d706172743115301306035504030c0c73
        686f702e6578616d706c653059301306072a8648ce3d020106082a8648ce3d030107034200046dfa1fe338c0b918fefd015f67908c99067ad870f444
        6f0639287d3a8b7ea3ab764a3515c251718e12ce841ca8a4dd487ea6a80f57964c8027b3e6b3b733c4b4a37e307c301d0603551d0e04160414ab866b
        6fa057a0d89c3379fe148f80eea8a487ed301f0603551d23041830168014ab866b6fa057a0d89c3379fe148f80eea8a487ed300f0603551d130101ff
        040530030101ff30290603551d1104223020820c73686f702e6578616d706c6582107777772e73686f702e6578616d706c65300a06082a8648ce3d04
        0302034800304502206d3c34768b34661368aa434e1d04070da79d76273cd0595579e177ed7c22c0ea022100c09032934e9f9d1481876e6272e100f3
        77887fd21fbe2110688dff1c5e19b65b
        """)
}
