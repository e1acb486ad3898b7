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
        #expect(connection.handsOver && connection.transactionCount == 1)
        #expect(connection.takeHandedOver(.toServer) == hello)
        let session = AppLayerSession(limits: AppLayerLimits())
        let greeting = Array("220 FTP\r\n".utf8)
        let whole: [UInt8] = [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]
        session.consume(greeting.span, direction: .toClient, offset: 0)
        session.consume(auth.span, direction: .toServer, offset: 0)
        session.consume(yes.span, direction: .toClient, offset: 9)
        session.consume(whole.span, direction: .toServer, offset: 10)
        #expect(session.appProtocol == .tls && session.originalProtocol == .ftp)
    }

    @Test(arguments: [
        ("227 Entering Passive Mode (10,0,0,1,4,1).", UInt16?(1025), UInt16?.none), ("10,0,0,1,255,255", 65535, nil),
        ("10,0,0,1,256,1", nil, nil), ("10,0,0,1,2", nil, nil), ("=1,2,3,4,0,21", 21, nil), ("", nil, nil),
        ("Entering (|||6446|)", nil, 6446), ("|1|10.0.0.1|2121|", nil, 2121), ("|2|fe80::1|70000|", nil, nil), ("||||", nil, nil), ("(", nil, nil),
    ])
    func portsOfDataConnections(text: String, plain: UInt16?, extended: UInt16?) {
        #expect(FTPAddress.port(Array(text.utf8)) == plain)
        #expect(FTPAddress.extendedPort(Array(text.utf8)) == extended)
    }

    @Test(arguments: [
        ("PASV\r\n", "227 ok (1,2,3,4,5,6)\r\n", "RETR f\r\n", "true 1286 RETR f"), ("EPSV\r\nSTOR a b\r\n", "229 ok (|||77|)\r\n", "", "true 77 STOR a b"),
        ("EPRT |1|1.2.3.4|99|\r\n", "200 ok\r\n", "APPE x\r\n", "false 99 APPE x"), ("PORT 1,2,3,4,0,20\r\n", "200 ok\r\n", "LIST\r\n", ""),
        ("PORT 1,2,3,4,0,20\r\n", "200 ok\r\n", "PASV\r\nRETR f\r\n", ""), ("RETR f\r\n", "425 no\r\n", "PORT 1,2,3,4,0,20\r\n", ""),
    ])
    func transfersAreAnnounced(first: String, reply: String, second: String, announced: String) {
        let connection = FTPConnection(limits: AppLayerLimits())
        for (text, direction) in [(first, Direction.toServer), (reply, .toClient), (second, .toServer)] {
            let bytes = Array(text.utf8)
            connection.consume(bytes.span, direction: direction)
        }
        let told = connection.takeExpectedFlows().map { flow in
            "\(flow.isToServer) \(flow.port) \(String(decoding: flow.transfer.command + [0x20] + flow.transfer.name, as: UTF8.self))"
        }
        #expect(told == (announced.isEmpty ? [] : [announced]))
        #expect(connection.takeExpectedFlows().isEmpty)
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
