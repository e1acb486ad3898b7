@testable import AppLayer
import TestSupport
import Testing
import Wire

struct HTTP2Tests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func frame(_ type: HTTP2FrameType, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff), type.rawValue, flags]
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
    }

    private static func literal(_ name: String, _ value: String, first: UInt8 = 0) -> [UInt8] {
        [first, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    private static let block =
        literal(":method", "POST") + literal(":path", "/a/../login?x=1") + literal(":authority", "shop.example:80")
        + literal("x-a", "b")

    private static let request =
        preface + frame(.settings) + frame(.headers, flags: 4, stream: 1, block)
        + frame(.data, flags: 1, stream: 1, Array("user=root".utf8))

    private static func check(_ reader: HTTPReader) {
        let exchange = reader.all.first { !$0.uri.isEmpty }
        #expect(exchange?.requestLine == "POST /a/../login?x=1 HTTP/2")
        #expect(exchange?.uri == "/login?x=1")
        #expect(exchange?.requestBody == Array("user=root".utf8))
        #expect(exchange?.requestHeaders.contains("x-a: b\r\n") == true)
        #expect(reader.eventNames.isEmpty)
        #expect(!reader.session.hasFailed)
    }

    @Test func aRequestWithPriorKnowledge() {
        let reader = HTTPReader()
        reader.feed(Self.request, .toServer)
        #expect(reader.session.appProtocol == .http2)
        Self.check(reader)
    }

    @Test func cutIntoSingleBytes() {
        let reader = HTTPReader()
        reader.feed(Self.request, .toServer, cuts: Array(1..<Self.request.count))
        Self.check(reader)
    }

    @Test func aBlockCutByContinuationAtEveryByte() {
        for cut in 0...Self.block.count {
            let reader = HTTPReader()
            let frames =
                Self.frame(.headers, stream: 1, Array(Self.block[..<cut]))
                + Self.frame(.continuation, flags: 4, stream: 1, Array(Self.block[cut...]))
            reader.feed(
                Self.preface + Self.frame(.settings) + frames + Self.frame(.data, flags: 1, stream: 1, Array("user=root".utf8)),
                .toServer)
            Self.check(reader)
        }
    }

    @Test func paddingAndPriorityAreNoPartOfWhatIsSent() {
        let reader = HTTPReader()
        let headers = Self.frame(.headers, flags: 0x2c, stream: 1, [3, 0, 0, 0, 0, 15] + Self.block + [0, 0, 0])
        let data = Self.frame(.data, flags: 9, stream: 1, [2] + Array("user=root".utf8) + [0, 0])
        reader.feed(Self.preface + Self.frame(.settings) + headers + data, .toServer)
        Self.check(reader)
    }

    @Test func trailersAddToTheHeaders() {
        let reader = HTTPReader()
        let bytes =
            Self.preface + Self.frame(.headers, flags: 4, stream: 1, Self.block) + Self.frame(.data, stream: 1, [0x41])
            + Self.frame(.headers, flags: 5, stream: 1, Self.literal("x-late", "evil"))
        reader.feed(bytes, .toServer, cuts: Array(1..<bytes.count))
        #expect(reader.all.first { !$0.uri.isEmpty }?.requestHeaders.contains("x-late: evil") == true)
    }

    /// Made by gzip and zlib of `name=${jndi:ldap://x}`.
    private static let compressed = [
        "gzip": hex("1f8b08000000000002ffcb4bcc4db555a9ceca4bc9b4ca49492cb0d2d7afa805002b92882015000000"),
        "deflate": hex("789ccb4bcc4db555a9ceca4bc9b4ca49492cb0d2d7afa805005446078b"),
    ]

    private static func message(_ flag: UInt8, _ bytes: [UInt8]) -> [UInt8] { [flag, 0, 0, 0, UInt8(bytes.count)] + bytes }

    @Test(arguments: ["gzip", "deflate"], [true, false])
    func messagesOfGRPC(coding: String, isCut: Bool) throws {
        let compressed = try #require(Self.compressed[coding])
        let headers = Self.block + Self.literal("content-type", "application/grpc+proto") + Self.literal("grpc-encoding", coding)
        let body =
            Self.message(0, Array("plain".utf8)) + Self.message(1, compressed) + Self.message(1, [])
            + Self.message(1, Array("not compressed".utf8)) + Self.message(1, compressed) + [1, 0, 0]
        let bytes =
            Self.preface + Self.frame(.settings) + Self.frame(.headers, flags: 4, stream: 1, headers)
            + Self.frame(.data, stream: 1, Array(body.prefix(20))) + Self.frame(.data, flags: 1, stream: 1, Array(body.dropFirst(20)))
        let reader = HTTPReader()
        reader.feed(bytes, .toServer, cuts: isCut ? Array(1..<bytes.count) : [])
        func shown(_ flag: UInt8, _ sent: Int, _ text: String) -> [UInt8] { [flag, 0, 0, 0, UInt8(sent)] + Array(text.utf8) }
        let exploit = shown(1, compressed.count, "name=${jndi:ldap://x}")
        #expect(
            reader.all.first { !$0.uri.isEmpty }?.requestBody
                == shown(0, 5, "plain") + exploit + [1, 0, 0, 0, 0] + shown(1, 14, "not compressed") + exploit + [1, 0, 0])
        #expect(reader.eventNames == ["failed_decompression"])
    }

    /// Nothing says that they are compressed.
    @Test func messagesOfGRPCAsTheyWereSent() {
        let headers = Self.block + Self.literal("content-type", "application/grpc")
        let body = Self.message(1, Self.compressed["gzip"] ?? [])
        let reader = HTTPReader()
        reader.feed(
            Self.preface + Self.frame(.settings) + Self.frame(.headers, flags: 4, stream: 1, headers)
                + Self.frame(.data, flags: 1, stream: 1, body), .toServer)
        #expect(reader.all.first { !$0.uri.isEmpty }?.requestBody == body)
    }

    @Test func anUpgradeFromHTTP1() {
        let reader = HTTPReader()
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n".utf8) + Self.frame(.settings), .toClient)
        reader.feed(Self.request, .toServer)
        #expect(reader.session.appProtocol == .http2)
        #expect(reader.session.originalProtocol == .http1)
        #expect(reader.all.contains { $0.uri == "/login?x=1" })
    }

    @Test(arguments: [
        (Self.frame(.headers, flags: 4, stream: 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), "header_integer_overflow"),
        (Self.frame(.headers, flags: 4, stream: 1, [0xfe]), "invalid_header"),
        (Self.frame(.headers, flags: 4, stream: 1, [0x00, 0x05, 0x41]), "extra_header_data"),
        (Self.frame(.ping, [1]), "invalid_frame_length"), (Self.frame(.data, [1]), "data_stream_zero"),
        (Self.frame(.ping, stream: 1, Array(repeating: 0, count: 8)), "invalid_frame_header"),
        (Self.frame(.headers, flags: 12, stream: 1, [9, 0x82]), "invalid_frame_data"),
    ])
    func whatReceiversRefuseIsAnEvent(bytes: [UInt8], event: String) {
        let reader = HTTPReader()
        reader.feed(Self.preface + bytes, .toServer)
        #expect(reader.eventNames == [event])
    }

    @Test func aBlockWithoutEndIsGivenUp() {
        let reader = HTTPReader()
        reader.feed(Self.preface + Self.frame(.headers, stream: 1, []), .toServer)
        for _ in 0..<8 {
            reader.feed(Self.frame(.continuation, stream: 1, Array(repeating: 0, count: 16_000)), .toServer)
        }
        #expect(reader.eventNames == ["reassembly_limit_reached"] && reader.session.hasFailed)
    }

    // MARK: Header compression

    private static func decode(_ blocks: [String]) throws -> [String] {
        var decoder = HPACKDecoder(limits: AppLayerLimits())
        var output = HPACKDecoder.Output()
        for block in blocks {
            output = HPACKDecoder.Output()
            try decoder.decode(hex(block), into: &output)
        }
        return output.fields.map { String(decoding: $0.name + [0x3d] + $0.value, as: UTF8.self) }
    }

    /// RFC 7541, appendices C.3 and C.4: three requests, the later ones with references to the table.
    @Test func theRequestsOfTheStandard() throws {
        let expected = [
            ":method=GET", ":scheme=https", ":path=/index.html", ":authority=www.example.com", "custom-key=custom-value",
        ]
        let plain = [
            "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ]
        let huffman = [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ]
        #expect(try Self.decode(plain) == expected)
        #expect(try Self.decode(huffman) == expected)
    }

    /// RFC 7541, section 5.2: the end-of-string symbol, padding of zeros, padding of a whole byte.
    @Test func badPaddingIsRefused() {
        #expect(HPACKHuffman.decode([0xff, 0xff, 0xff, 0xff][...]) == nil)
        #expect(HPACKHuffman.decode([0x18][...]) == nil)
        #expect(HPACKHuffman.decode([0x1f, 0xff][...]) == nil)
        #expect(HPACKHuffman.decode([0x1f][...]) == Array("a".utf8))
    }
}
