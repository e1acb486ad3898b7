@testable import AppLayer
import TestSupport
import Testing
import Wire

/// Messages of WebSocket, however frames and segments cut them.
struct WebSocketTests {
    typealias Bytes = WebSocketBytes

    struct Message: Equatable {
        var direction: Direction
        var payload: String
        var opcodes: [UInt64]
        var flags: [UInt64]
        var events: [String] = []
    }

    /// Feeds a session and keeps what each message held when it was whole.
    final class Reader {
        let session: AppLayerSession
        /// In the order in which they began.
        var messages: [Message] { whole.sorted { $0.key < $1.key }.map(\.value) }
        private var whole: [UInt64: Message] = [:]
        private var payloads: [UInt64: [UInt8]] = [:]
        private(set) var frames = 0

        init(limits: AppLayerLimits = AppLayerLimits(), extensions: String? = nil, isOpen: Bool = true) {
            session = AppLayerSession(limits: limits)
            guard isOpen else { return }
            feed(Bytes.request(extensions: extensions), .toServer)
            feed(Bytes.answer(extensions: extensions), .toClient)
        }

        func feed(_ bytes: [UInt8], _ direction: Direction, size: Int = .max) {
            var at = 0
            while at < bytes.count {
                let end = size < bytes.count - at ? at + size : bytes.count
                session.consume(bytes[at..<end].span, direction: direction, offset: UInt64(at))
                collect()
                at = end
            }
        }

        func collect() {
            for case let message as WebSocketTransaction in session.transactions {
                if let view = message.buffer(.websocketPayload, direction: message.direction, index: 0) {
                    var bytes = payloads[message.id] ?? []
                    let known = bytes.count - Int(view.offset)
                    if known < 0 { bytes += [UInt8](repeating: 0x3f, count: -known) }
                    bytes += view.bytes[max(0, known)...]
                    payloads[message.id] = bytes
                }
                frames += message.takeUntold().count
                guard message.isComplete(message.direction) else { continue }
                whole[message.id] = Message(
                    direction: message.direction, payload: String(decoding: payloads[message.id] ?? [], as: UTF8.self),
                    opcodes: numbers(.websocketOpcode, message), flags: numbers(.websocketFlags, message),
                    events: message.events.map(\.name.description))
            }
            session.finishInspection()
        }

        private func numbers(_ number: TransactionNumber, _ message: WebSocketTransaction) -> [UInt64] {
            var result: [UInt64] = []
            while let value = message.number(number, direction: message.direction, index: result.count) { result.append(value) }
            return result
        }
    }

    @Test(arguments: [1, 3, .max])
    func messagesBothWays(size: Int) {
        let reader = Reader()
        #expect(reader.session.appProtocol == .websocket && reader.session.originalProtocol == .http1)
        reader.feed(Bytes.frame("hello") + Bytes.frame(opcode: 2, "bytes") + Bytes.frame(opcode: 9, ""), .toServer, size: size)
        reader.feed(Bytes.frame(mask: nil, "world") + Bytes.frame(opcode: 8, mask: nil, [0x03, 0xe8]), .toClient, size: size)
        #expect(reader.messages == [
            Message(direction: .toServer, payload: "hello", opcodes: [1], flags: [0x80]),
            Message(direction: .toServer, payload: "bytes", opcodes: [2], flags: [0x80]),
            Message(direction: .toServer, payload: "", opcodes: [9], flags: [0x80]),
            Message(direction: .toClient, payload: "world", opcodes: [1], flags: [0x80]),
            Message(direction: .toClient, payload: "\u{3}\u{fffd}", opcodes: [8], flags: [0x80]),
        ])
        #expect(reader.frames == 5)
    }

    /// A ping may stand between the frames of a message (RFC 6455, section 5.4).
    @Test(arguments: [1, 5, .max])
    func aMessageOfSeveralFrames(size: Int) {
        let reader = Reader()
        let other: [UInt8] = [1, 2, 3, 4]
        reader.feed(
            Bytes.frame(flags: 0, "hel") + Bytes.frame(opcode: 9, "are you there") + Bytes.frame(opcode: 0, flags: 0, mask: other, "lo wo")
                + Bytes.frame(opcode: 0, mask: other, "rld") + Bytes.frame("next"), .toServer, size: size)
        #expect(reader.messages.map(\.payload) == ["hello world", "are you there", "next"])
        #expect(reader.messages.map(\.opcodes) == [[1, 0], [9], [1]])
        #expect(reader.messages.map(\.flags) == [[0, 0x80], [0x80], [0x80]])
        #expect(reader.frames == 5)
    }

    /// Receivers that look at FIN alone put these together.
    @Test func aNewMessageAmidAnother() {
        let reader = Reader()
        reader.feed(Bytes.frame(flags: 0, "ab") + Bytes.frame("cd"), .toServer)
        #expect(reader.messages.map(\.payload) == ["abcd"])
    }

    @Test(arguments: [2, 8])
    func longLengths(lengthBytes: Int) {
        let reader = Reader()
        reader.feed(Bytes.frame(lengthBytes: lengthBytes, Array("hello".utf8)), .toServer, size: 1)
        #expect(reader.messages.map(\.payload) == ["hello"])
    }

    /// All of a payload is shown; rules are told that it is a long one.
    @Test func longerThanTheLimit() {
        var limits = AppLayerLimits()
        limits.websocketMaxPayloadSize = 100
        let reader = Reader(limits: limits)
        let text = String(repeating: "0123456789", count: 30_000)
        reader.feed(Bytes.frame(text), .toServer, size: 1000)
        reader.feed(Bytes.frame(flags: 0, String(repeating: "a", count: 60)), .toServer)
        reader.feed(Bytes.frame(opcode: 0, String(repeating: "b", count: 60)) + Bytes.frame(String(repeating: "c", count: 100)), .toServer)
        #expect(reader.messages.map(\.payload.utf8.count) == [300_000, 120, 100])
        #expect(reader.messages[0].payload == text)
        #expect(reader.messages.map(\.events) == [["skip_end_of_payload"], ["reassembly_limit_reached"], []])
    }

    /// Made by zlib, the second message with words of the first.
    private static let first = hex("aa562a2d4e2d52b25252a9ceca53d251aa50b232ac0500")
    private static let second = hex("aa46164cc9b4ca49492c50aa0500")

    @Test(arguments: [1, 4, .max])
    func compressedMessages(size: Int) {
        let reader = Reader(extensions: "permessage-deflate; client_max_window_bits=15")
        reader.feed(
            Bytes.frame(flags: 0xc0, Self.first) + Bytes.frame("plain") + Bytes.frame(flags: 0x40, Array(Self.second[..<5]))
                + Bytes.frame(opcode: 9, "ping") + Bytes.frame(opcode: 0, Array(Self.second[5...])), .toServer, size: size)
        reader.feed(Bytes.frame(flags: 0xc0, mask: nil, hex("f248cdc9c90700")), .toClient, size: size)
        #expect(reader.messages.map(\.payload) == [
            #"{"user":"${jn","x":1}"#, "plain", #"{"user":"${jndi:ldap"}"#, "ping", "Hello",
        ])
        #expect(reader.messages.map(\.flags) == [[0xc0], [0x80], [0x40, 0x80], [0x80], [0xc0]])
    }

    /// RFC 7692, sections 7.2.3.3 and 7.2.3.4: a block without compression, and one that says that it is the last.
    @Test(arguments: [1, .max])
    func oddBlocks(size: Int) {
        let reader = Reader(extensions: "permessage-deflate")
        reader.feed(
            Bytes.frame(flags: 0xc0, hex("000500faff48656c6c6f00")) + Bytes.frame(flags: 0xc0, hex("f348cdc9c9070000"))
                + Bytes.frame(flags: 0xc0, hex("f248cdc9c90700")) + Bytes.frame(flags: 0xc0, hex("f348cdc9c90700"))
                + Bytes.frame(flags: 0xc0, hex("f248cdc9c90700")), .toServer, size: size)
        #expect(reader.messages.map(\.payload) == Array(repeating: "Hello", count: 5))
    }

    /// The rest of what can't be decompressed is shown as it was sent, and the next message is read.
    @Test func whatIsNotCompressed() {
        let reader = Reader(extensions: "permessage-deflate")
        reader.feed(Bytes.frame(flags: 0xc0, "not deflate") + Bytes.frame(flags: 0xc0, hex("f248cdc9c90700")), .toServer)
        #expect(reader.messages.count == 2 && reader.messages[0].payload.contains("deflate"))
        #expect(reader.messages.last?.payload == "Hello")
    }

    /// Without the extension a receiver that goes on takes the bytes as they are.
    @Test func reservedBitsThatMeanNothing() {
        let reader = Reader()
        reader.feed(Bytes.frame(flags: 0xc0, "plain") + Bytes.frame(flags: 0xf0, "too"), .toServer)
        #expect(reader.messages.map(\.payload) == ["plain", "too"])
    }

    @Test func aBombIsGivenUp() {
        var limits = AppLayerLimits()
        limits.httpDecompressionLimit = 1000
        let reader = Reader(limits: limits, extensions: "permessage-deflate")
        // 4,000 bytes of one letter.
        reader.feed(Bytes.frame(flags: 0xc0, hex("ecc13101000000c2a0aceb5fc2183e40010000006f03")), .toServer)
        #expect(reader.session.hasFailed)
        #expect(reader.messages.last?.events.contains("reassembly_limit_reached") == true)
    }

    /// A client that does not wait for the answer: what it sends is read before a server can.
    @Test func framesBeforeTheAnswer() {
        let reader = Reader(isOpen: false)
        let first = Bytes.frame("early")
        reader.feed(Bytes.request() + Array(first.dropLast(2)), .toServer)
        #expect(reader.session.appProtocol == .http1 && reader.messages.isEmpty)
        reader.feed(Array(first.suffix(2)) + Array(Bytes.frame("late").prefix(3)), .toServer)
        #expect(reader.messages.map(\.payload) == ["early"])
        reader.feed(Bytes.answer(), .toClient)
        reader.feed(Array(Bytes.frame("late").dropFirst(3)), .toServer)
        #expect(reader.session.appProtocol == .websocket)
        #expect(reader.messages.map(\.payload) == ["early", "late"])
        #expect(!reader.session.transactions.contains { $0 is HTTPTransaction })
    }

    /// The server goes on with HTTP: what follows the request are requests.
    @Test func noUpgrade() {
        let reader = Reader(isOpen: false)
        reader.feed(Bytes.request(), .toServer)
        reader.feed(Array("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8), .toClient)
        #expect(reader.session.appProtocol == .http1)
        let open = reader.session.transactions.compactMap { $0 as? HTTPTransaction }
        #expect(open.map { String(decoding: $0.uri, as: UTF8.self) } == ["/next"])
        #expect(!reader.session.transactions.contains { $0 is WebSocketTransaction })
    }

    @Test func gaps() {
        let reader = Reader()
        let frame = Bytes.frame("0123456789")
        reader.feed(Array(frame.prefix(8)), .toServer)
        reader.session.skipGap(length: 3, direction: .toServer)
        reader.feed(Array(frame.dropFirst(11)) + Bytes.frame("next"), .toServer)
        #expect(reader.messages.map(\.payload) == ["01???56789", "next"])
        #expect(!reader.session.hasFailed)
        reader.session.skipGap(length: 3, direction: .toServer)
        #expect(reader.session.hasFailed)
    }

    @Test func manySmallMessagesInOneSegment() {
        let reader = Reader()
        reader.feed((0..<3000).flatMap { Bytes.frame("m\($0);") }, .toServer)
        #expect(reader.messages.count == AppLayerLimits().maxTransactions)
        #expect(reader.messages.map(\.payload).joined() == (0..<3000).map { "m\($0);" }.joined())
    }

    /// RFC 8441.
    @Test(arguments: [true, false])
    func inAStreamOfHTTP2(isAccepted: Bool) {
        func frame(_ type: UInt8, _ flags: UInt8, _ payload: [UInt8]) -> [UInt8] {
            [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff), type, flags, 0, 0, 0, 1] + payload
        }
        func field(_ name: String, _ value: String) -> [UInt8] {
            [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        let request =
            field(":method", "CONNECT") + field(":protocol", "websocket") + field(":path", "/chat")
            + field("sec-websocket-extensions", "permessage-deflate")
        let answer = field(":status", isAccepted ? "200" : "404") + field("sec-websocket-extensions", "permessage-deflate")
        let reader = Reader(isOpen: false)
        reader.feed(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0] + frame(1, 4, request), .toServer)
        reader.feed([0, 0, 0, 4, 0, 0, 0, 0, 0] + frame(1, 4, answer), .toClient)
        let message = Bytes.frame(flags: 0xc0, Self.first)
        reader.feed(frame(0, 0, Array(message.prefix(9))) + frame(0, 0, Array(message.dropFirst(9))), .toServer, size: 7)
        reader.feed(frame(0, 1, Bytes.frame(mask: nil, "answer")), .toClient)
        #expect(reader.messages.map(\.payload) == (isAccepted ? [#"{"user":"${jn","x":1}"#, "answer"] : []))
        #expect(reader.session.appProtocol == .http2)
    }
}
