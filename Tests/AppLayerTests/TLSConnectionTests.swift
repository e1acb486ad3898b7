import TestSupport
import Testing
import Wire

@testable import AppLayer

@Suite struct TLSConnectionTests {
    static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * (width - 1 - $0))) }
    }

    static func vector(_ bytes: [UInt8], _ width: Int) -> [UInt8] { number(bytes.count, width) + bytes }

    static func clientHello(_ name: String) -> [UInt8] {
        let entry: [UInt8] = [0] + vector(Array(name.utf8), 2)
        let extensions = number(0, 2) + vector(vector(entry, 2), 2) + number(16, 2) + vector(vector(vector(Array("h2".utf8), 1), 2), 2)
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + vector([0x13, 0x01, 0x0a, 0x0a], 2) + [1, 0] + vector(extensions, 2)
        return [1] + vector(body, 3)
    }

    static func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type, 3, 1] + vector(body, 2) }

    @Test func aHelloCutAnywhereReadsTheSame() throws {
        let message = Self.clientHello("www.example.org")
        // The message runs over two records.
        let bytes = Self.record(22, Array(message[..<20])) + Self.record(22, Array(message[20...]))
        for cut in bytes.indices {
            let connection = TLSConnection()
            connection.consume(bytes.span.extracting(0..<cut), direction: .toServer)
            connection.consume(bytes.span.extracting(cut..<bytes.count), direction: .toServer)
            let transaction = try #require(connection.transactions.first)
            #expect(transaction.buffer(.tlsSNI, direction: .toServer, index: 0)?.bytes == Array("www.example.org".utf8))
            #expect(transaction.buffer(.tlsALPN, direction: .toServer, index: 0)?.bytes == Array("h2".utf8))
            #expect(transaction.buffer(.ja3String, direction: .toServer, index: 0)?.bytes == Array("771,4865,0-16,,".utf8))
            #expect(
                transaction.buffer(.ja4Hash, direction: .toServer, index: 0)?.bytes.starts(with: "t12d0102h2_".utf8) == true)
        }
    }

    @Test func aHeartbeatThatAsksForMoreThanItHasIsTold() throws {
        let connection = TLSConnection()
        connection.consume(Self.record(22, Self.clientHello("a")).span, direction: .toServer)
        connection.consume(Self.record(24, [1, 0x40, 0, 1, 2]).span, direction: .toServer)
        let names = try #require(connection.transactions.first).events.map(\.name.description)
        #expect(names.contains("overflow_heartbeat_message"))
    }

    @Test func wrongRecordsFail() throws {
        for (bytes, event) in [([22, 9, 9, 0, 1], "invalid_record_version"), ([99, 3, 1, 0, 1], "invalid_record_type")] as [([UInt8], String)] {
            let connection = TLSConnection()
            connection.consume(bytes.span, direction: .toServer)
            #expect(connection.hasFailed)
            #expect(try #require(connection.transactions.first).events.contains { $0.name.description == event })
        }
    }

    @Test func randomBytesDoNotTrap() {
        var state: UInt64 = 88_172_645_463_325_252
        func random() -> UInt8 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        for _ in 0..<3000 {
            let connection = TLSConnection()
            let noise = (0..<Int(random())).map { _ in random() }
            connection.consume(Self.record(22, [[1, 2, 11][Int(random()) % 3]] + Self.vector(noise, 3)).span, direction: .toServer)
            connection.consume(Self.record(22, [[2, 11][Int(random()) % 2]] + Self.vector(noise, 3)).span, direction: .toClient)
            _ = try? X509Certificate(noise)
            #expect(connection.transactions.count == 1)
        }
    }

    @Test func datesOfCertificates() {
        #expect(CivilDate.seconds(year: 1970, month: 1, day: 1) == 0)
        #expect(CivilDate.text(-86_400) == "1969-12-31T00:00:00")
        #expect(CivilDate.text(CivilDate.seconds(year: 2038, month: 12, day: 31) + 603) == "2038-12-31T00:10:03")
        #expect(CivilDate.text(CivilDate.seconds(year: 2000, month: 2, day: 29)) == "2000-02-29T00:00:00")
    }
}
