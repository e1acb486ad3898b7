import TestSupport
import Testing
import Wire

@testable import AppLayer

struct SSHTests {
    private static func packet(_ payload: [UInt8]) -> [UInt8] {
        let length = payload.count + 1 + 4
        return [0, 0, UInt8(length >> 8), UInt8(length & 0xff), 4] + payload + [0, 0, 0, 0]
    }

    static let keyExchange: [UInt8] = {
        let lists = ["kex", "host", "enc-c", "enc-s", "mac-c", "mac-s", "none", "zlib", "", ""]
        var payload = [20] + [UInt8](repeating: 7, count: 16)
        for list in lists { payload += [0, 0, 0, UInt8(list.utf8.count)] + Array(list.utf8) }
        return packet(payload + [0, 0, 0, 0, 0])
    }()
    static let newKeys = packet([21])
    static let client = Array("SSH-2.0-Lib_1.2 with comment\r\n".utf8) + keyExchange + newKeys + [0xff, 0xee]
    static let server = Array("hello\r\nSSH-1.99-Srv\n".utf8) + keyExchange + newKeys + [1, 2, 3]

    private func feed(_ pieces: Int, _ connection: SSHConnection) {
        for (bytes, direction) in [(Self.client, Direction.toServer), (Self.server, .toClient)] {
            for start in stride(from: 0, to: bytes.count, by: pieces) {
                let piece = Array(bytes[start..<min(bytes.count, start + pieces)])
                connection.consume(piece.span, direction: direction)
            }
        }
    }

    @Test(arguments: [1, 2, 5, 64, 10_000]) func anyCutsTellTheSame(pieces: Int) throws {
        let connection = SSHConnection()
        feed(pieces, connection)
        let transaction = try #require(connection.transactions.first as? SSHTransaction)
        func text(_ buffer: Buffer, _ direction: Direction) -> String? {
            transaction.buffer(buffer, direction: direction, index: 0).map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        #expect(text(.sshProto, .toServer) == "2.0" && text(.sshSoftware, .toServer) == "Lib_1.2")
        #expect(text(.sshProto, .toClient) == "1.99" && text(.sshSoftware, .toClient) == "Srv")
        #expect(text(.sshHasshString, .toServer) == "kex;enc-c;mac-c;none" && text(.sshHasshString, .toClient) == nil)
        #expect(text(.sshHasshServerString, .toClient) == "kex;enc-s;mac-s;zlib")
        // printf 'kex;enc-c;mac-c;none' | md5sum
        #expect(text(.sshHassh, .toServer) == "2e188b84467466031b90acab11deb384")
        #expect(connection.isFinished && transaction.events.map(\.name.description) == ["invalid_banner"])
    }

    @Test func aBannerWithoutEndIsCut() throws {
        let connection = SSHConnection()
        let banner = Array("SSH-2.0-".utf8) + [UInt8](repeating: 0x61, count: 400)
        connection.consume(banner.span, direction: .toServer)
        let transaction = try #require(connection.transactions.first as? SSHTransaction)
        #expect(transaction.client.software.count == 255 - 8 && transaction.isSettled(.sshSoftware, direction: .toServer))
        #expect(transaction.events.map(\.name.description) == ["long_banner"])
    }

    /// What follows a banner that is too long is read all the same, wherever it is cut.
    @Test(arguments: [1, 7, 10_000]) func theKeyExchangeBehindALongBanner(pieces: Int) throws {
        let connection = SSHConnection()
        let bytes = Array("SSH-2.0-".utf8) + [UInt8](repeating: 0x61, count: 400) + [0x0d, 0x0a] + Self.keyExchange
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            connection.consume(bytes.span.extracting(start..<min(bytes.count, start + pieces)), direction: .toServer)
        }
        let transaction = try #require(connection.transactions.first as? SSHTransaction)
        #expect(transaction.client.software.count == 255 - 8)
        #expect(transaction.events.map(\.name.description) == ["long_banner"])
        #expect(transaction.buffer(.sshHasshString, direction: .toServer, index: 0)?.bytes == Array("kex;enc-c;mac-c;none".utf8))
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<500 {
            var bytes = Self.client
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            let connection = SSHConnection()
            for start in stride(from: 0, to: bytes.count, by: 9) {
                let piece = Array(bytes[start..<min(bytes.count, start + 9)])
                connection.consume(piece.span, direction: .toServer)
            }
            connection.finish(.toServer)
            #expect(connection.transactionCount == 1)
        }
    }
}
