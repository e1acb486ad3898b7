import AppLayer
import TestSupport
import Wire

/// FTP and mail.
extension Seeds {
    /// After the server's greeting, which the target sends first.
    @Sendable static func ftp() -> [[UInt8]] {
        [
            Talk.input(
                "USER anonymous\r\nPASS a b\r\n", "331 Name ok\r\n230 In\r\n", "PASV\r\n",
                "227 Entering Passive Mode (198,18,0,3,10,1)\r\n", "RETR f\r\n", "150 Opening\r\n226 Done\r\n", "QUIT\r\n", "221 Bye\r\n"),
            Talk.input("PORT 198,18,0,2,10,1\r\nEPRT |1|198.18.0.2|2561|\r\nSTOR x\r\n", "200 ok\r\n200 ok\r\n150 go\r\n"),
            Talk.input("AUTH TLS\r\n", "234 go\r\n") + Talk.switchMark + tlsClient,
        ]
    }

    /// What control connections announce: a download and an upload.
    static let announced: [FTPTransfer] = ["RETR", "STOR"].compactMap { command in
        let session = AppLayerSession(limits: AppLayerLimits(), ports: ProtocolPorts(client: 40_000, server: 21))
        let turns: [(String, Direction)] = [
            ("220 ready\r\n", .toClient), ("PASV\r\n", .toServer), ("227 Entering Passive Mode (198,18,0,3,10,1)\r\n", .toClient),
            ("\(command) f\r\n", .toServer),
        ]
        for (text, direction) in turns { session.consume(Array(text.utf8).span, direction: direction, offset: 0) }
        return session.takeExpectedFlows().first?.transfer
    }

    @Sendable static func transfers() -> [[UInt8]] {
        let png = hex("89504e470d0a1a0a0000000d49484452")
        return [
            [0] + Talk.input([[], png + Array("rest".utf8)]), [1] + Array("text\r\n".utf8), [0] + Talk.input("up", "down", "up again"),
            [1] + Array("before".utf8) + Talk.gapMark + Array("behind".utf8),
        ]
    }

    private static let envelope = "MAIL FROM:<a@b> SIZE=9\r\nRCPT TO:<c@d>\r\n"

    private static func mail(_ message: String) -> [UInt8] {
        Talk.input("EHLO a\r\n\(envelope)DATA\r\n", "250-mail\r\n250 SIZE\r\n250 ok\r\n250 ok\r\n354 go\r\n", message + "\r\n.\r\nQUIT\r\n", "250 ok\r\n")
    }

    static let plainMail = Talk.input(
        "EHLO a\r\n", "250-mail\r\n250 STARTTLS\r\n", "\(envelope)DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n",
        "From: a\r\nTo: c\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhttp://a.example/\r\n.\r\nQUIT\r\n",
        "250 ok\r\n")

    /// After the server's greeting, which the target sends first.
    @Sendable static func smtp() -> [[UInt8]] {
        let multipart = """
            From: A <a@example>\r\nSubject: =?utf-8?B?aGk=?=\r\nContent-Type: multipart/mixed; boundary="q"\r\n\r
            preamble\r\n--q\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r
            <a href=3D"http://x.example/y">=\r\n..dot\r\n--q\r
            Content-Disposition: attachment; filename*0="e"; filename*1=".exe"\r\nContent-Transfer-Encoding: base64\r\n\r
            ZXZpbCBj\r\nb2Rl\r\n--q--\r\nepilogue
            """
        let nested = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n"
        return [
            plainMail, mail(multipart), mail(nested), mail("Subject: a\r\n folded\r\n\r\n..\r\n"),
            Talk.input("EHLO a\r\nSTARTTLS\r\n", "250 ok\r\n220 go\r\n") + Talk.switchMark + tlsClient,
            Talk.input("HELO a\r\n\(envelope)BDAT 12\r\nSubject: a\r\nBDAT 6 LAST\r\n\r\nbody", "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"),
            Talk.input("\(envelope)DATA\r\n", "250 ok\r\n250 ok\r\n554 no\r\n", "RSET\r\nMAIL FROM:<>\r\nQUIT\r\n", "250 ok\r\n250 ok\r\n221 bye\r\n"),
        ]
    }
}
