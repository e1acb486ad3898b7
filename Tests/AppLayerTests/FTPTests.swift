import TestSupport
import Testing
import Wire

@testable import AppLayer

struct FTPTests {
    private func told(_ session: AppLayerSession) -> [String] {
        session.transactions.compactMap { $0 as? FTPTransaction }.filter(\.isAnswered).map { transaction in
            let command = String(decoding: transaction.command, as: UTF8.self)
            let argument = String(decoding: transaction.argument, as: UTF8.self)
            let replies = transaction.replies.map { String(decoding: $0.code + [0x3a] + $0.text, as: UTF8.self) }
            return "\(command)(\(argument)) \(replies.joined(separator: "|"))"
        }
    }

    @Test(arguments: [1, 3, 1000]) func commandsMeetTheirReplies(piece: Int) {
        let talk: [(String, Direction)] = [
            ("220-Hello\r\n220 FTP ready\r\n", .toClient), ("user anonymous\r\nPASS a b\r\n", .toServer),
            ("331 Name ok\r\n230 In\r\n", .toClient), ("RETR f\r\n", .toServer), ("150 Opening\r\n226 Done\r\n", .toClient),
        ]
        let session = AppLayerSession(limits: AppLayerLimits())
        var all: [String] = []
        for (text, direction) in talk {
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let chunk = Array(bytes[start..<min(bytes.count, start + piece)])
                session.consume(chunk.span, direction: direction, offset: 0)
                all += told(session)
                session.finishInspection()
            }
        }
        #expect(session.appProtocol == .ftp)
        #expect(all == [
            "() 220:Hello|220:FTP ready", "USER(anonymous) 331:Name ok", "PASS(a b) 230:In", "RETR(f) 150:Opening|226:Done",
        ])
    }

    @Test func buffersAndLimits() throws {
        let connection = FTPConnection(limits: AppLayerLimits())
        let long = Array("SITE ".utf8) + [UInt8](repeating: 0x61, count: 9000) + [0x0a]
        connection.consume(long.span, direction: .toServer)
        let transaction = try #require(connection.transactions.first as? FTPTransaction)
        #expect(transaction.buffer(.ftpCommand, direction: .toServer, index: 0)?.bytes == Array("SITE".utf8))
        #expect(transaction.argument.count < 4096 && transaction.events.map(\.name.description) == ["request_command_too_long"])
        #expect(transaction.buffer(.ftpReply, direction: .toClient, index: 0) == nil)
        let many = Array(String(repeating: "NOOP\r\n", count: 2000).utf8)
        connection.consume(many.span, direction: .toServer)
        #expect(connection.transactions.count == AppLayerLimits().maxTransactions)
    }

    @Test func afterTLSBeginsNothingIsRead() {
        let connection = FTPConnection(limits: AppLayerLimits())
        let (auth, yes, hello): ([UInt8], [UInt8], [UInt8]) = (Array("AUTH TLS\r\n".utf8), Array("234 Go\r\n".utf8), [0x16, 3, 1, 0x0a])
        connection.consume(auth.span, direction: .toServer)
        connection.consume(yes.span, direction: .toClient)
        connection.consume(hello.span, direction: .toServer)
        #expect(connection.isFinished && connection.transactionCount == 1)
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 8)
        let alphabet = Array("220-\r\n 19AUTHx".utf8)
        let connection = FTPConnection(limits: AppLayerLimits())
        for _ in 0..<500 {
            let bytes = (0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            connection.consume(bytes.span, direction: Bool.random(using: &random) ? .toServer : .toClient)
            connection.finishInspection()
        }
        #expect(connection.transactions.count <= AppLayerLimits().maxTransactions)
    }
}
