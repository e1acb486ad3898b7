import TestSupport
import Testing
import Wire

@testable import AppLayer

struct DNSTests {
    /// A header with the given flags and counts.
    static func header(flags: UInt16, counts: [UInt16]) -> [UInt8] {
        ([0x1234, flags] + counts).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static let query = header(flags: 0x0100, counts: [1, 0, 0, 0]) + name("a.example.org") + [0, 1, 0, 1]

    /// The owner is a pointer to the question's name.
    static func record(type: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 0xff)] + data
    }

    static func response(_ records: [UInt8], count: UInt16) -> [UInt8] {
        header(flags: 0x8180, counts: [1, count, 0, 0]) + name("a.example.org") + [0, 1, 0, 1] + records
    }

    private func read(_ bytes: [UInt8]) -> (DNSMessage?, DNSReader.Problems) {
        var reader = DNSReader(bytes)
        return (reader.message(), reader.problems)
    }

    @Test func everyKindOfData() throws {
        let records: [UInt8] =
            Self.record(type: 1, [198, 18, 0, 1]) + Self.record(type: 5, [1, 0x62, 0xc0, 14])
            + Self.record(type: 15, [0, 10, 1, 0x6d, 0xc0, 14]) + Self.record(type: 16, [2, 0x68, 0x69, 1, 0x21])
            + Self.record(type: 33, [0, 1, 0, 2, 0, 80, 1, 0x73, 0]) + Self.record(type: 44, [1, 2, 0xab])
            + Self.record(type: 6, [1, 0x6d, 0, 1, 0x72, 0] + [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5])
        let (read, problems) = read(Self.response(records, count: 7))
        let message = try #require(read)
        #expect(problems.isEmpty && message.answers.count == 7)
        #expect(message.answers.allSatisfy { $0.name.text == Array("a.example.org".utf8) && $0.ttl == 60 })
        guard case .address([198, 18, 0, 1]) = message.answers[0].data, case .name(let alias) = message.answers[1].data,
            case .name(let exchange) = message.answers[2].data, case .text(let text) = message.answers[3].data,
            case .srv(1, 2, 80, let host) = message.answers[4].data, case .sshfp(1, 2, [0xab]) = message.answers[5].data,
            case .soa(let soa) = message.answers[6].data
        else {
            Issue.record("a record was read as another")
            return
        }
        #expect(alias.text == Array("b.example.org".utf8) && exchange.text == Array("m.example.org".utf8))
        #expect(text == [Array("hi".utf8), Array("!".utf8)] && host.text == Array("s".utf8))
        #expect(soa.mname.text == Array("m".utf8) && soa.serial == 1 && soa.minimum == 5)
    }

    @Test func pointersEnd() {
        let loop = Self.header(flags: 0, counts: [1, 0, 0, 0]) + [1, 0x61, 0xc0, 12, 0, 1, 0, 1]
        let (message, problems) = read(loop)
        #expect(problems == .infiniteLoop && message?.queries.first?.name.text == Array("a".utf8))
        let outside = Self.header(flags: 0, counts: [1, 0, 0, 0]) + [0xc3, 0xff, 0, 1, 0, 1]
        #expect(read(outside).1 == .malformed)
    }

    @Test func longNamesAreCut() {
        let label = [60] + [UInt8](repeating: 0x61, count: 60)
        let long = Array([[UInt8]](repeating: label, count: 30).joined()) + [0]
        let (message, problems) = read(Self.header(flags: 0, counts: [1, 0, 0, 0]) + long + [0, 1, 0, 1])
        #expect(problems == .nameTooLong && message?.queries.first?.name.isTruncated == true)
        #expect(message?.queries.first?.name.text.count == 1025 && message?.queries.first?.type == 1)
    }

    @Test func whatIsWholeIsKeptBeforeWhatIsBroken() {
        let cut = Self.header(flags: 0x8000, counts: [1, 1, 1, 1]) + Self.name("a") + [0, 1, 0, 1] + [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0]
        let (authorities, first) = read(cut)
        #expect(first == .invalidAuthorities && authorities?.answers.count == 1)
        let (additionals, second) = read(cut + [0, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0])
        #expect(second == .invalidAdditionals && additionals?.authorities.count == 1)
        #expect(read([1, 2, 3]).0 == nil)
    }

    @Test(arguments: [1, 2, 3, 7, 30, 1000]) func messagesOnTCPMayBeCutAnywhere(piece: Int) {
        let session = AppLayerSession(limits: AppLayerLimits())
        let one = [0, UInt8(Self.query.count)] + Self.query
        let stream = one + one + one
        var names: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            let chunk = Array(stream[start..<min(stream.count, start + piece)])
            session.consume(chunk.span, direction: .toServer, offset: UInt64(start))
            names += session.transactions.compactMap { $0.buffer(.dnsQuery, direction: .toServer, index: 0)?.bytes }
            session.finishInspection()
        }
        #expect(session.appProtocol == .dns && session.transactionCount == 3)
        #expect(names == [[UInt8]](repeating: Array("a.example.org".utf8), count: 3))
    }

    @Test func afterAGapTheNextMessageIsFound() {
        let session = AppLayerSession(limits: AppLayerLimits())
        let one = [0, UInt8(Self.query.count)] + Self.query
        let cut = one + Array(one[..<9])
        session.consume(cut.span, direction: .toServer, offset: 0)
        session.skipGap(length: 100, direction: .toServer)
        let noise = [UInt8](repeating: 0xff, count: 40)
        session.consume(noise.span, direction: .toServer, offset: 200)
        session.consume(one.span, direction: .toServer, offset: 240)
        #expect(session.transactionCount == 2)
    }

    @Test func eachMessageIsATransactionWithItsEvents() {
        let session = AppLayerSession(limits: AppLayerLimits(), ports: ProtocolPorts(client: 4000, server: 53, dns: [53]))
        let query = Self.query
        session.consumeDatagram(query.span, direction: .toServer)
        #expect(session.transactions.count == 1 && session.transactions[0].events.isEmpty)
        session.finishInspection()
        let response = Self.response([], count: 0)
        session.consumeDatagram(response.span, direction: .toServer)
        let odd = Self.header(flags: 0x4040, counts: [1, 0, 0, 0]) + Self.name("a") + [0, 1, 0, 1]
        session.consumeDatagram(odd.span, direction: .toClient)
        let short: [UInt8] = [0, 1]
        session.consumeDatagram(short.span, direction: .toClient)
        let names = session.transactions.map { $0.events.map(\.name.description) }
        #expect(names == [["not_request"], ["not_response", "z_flag_set", "invalid_opcode"], ["malformed_data"]])
    }

    @Test func theSenderOfAResponseIsTheServer() {
        let response = Self.response(Self.record(type: 1, [198, 18, 0, 1]), count: 1)
        #expect(isFromServer(client: 53, server: 4000, response))
        #expect(!isFromServer(client: 4000, server: 53, response))
        #expect(!isFromServer(client: 53, server: 4000, Self.query))
    }

    private func isFromServer(client: UInt16, server: UInt16, _ payload: [UInt8]) -> Bool {
        ProtocolPorts(client: client, server: server, dns: [53]).isFromServer(payload.span, isDatagram: true)
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<3000 {
            var bytes = Self.response(Self.record(type: UInt8.random(in: 0...50, using: &random), [3, 1, 2, 3, 0xc0, 12]), count: 1)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            let read = read(bytes).0
            #expect(read == nil || bytes.count >= DNSReader.headerLength)
        }
    }
}
