import AppLayer
import Detection
import Events
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Wire

/// Files on data connections that the control connection has announced.
struct FTPDataTests {
    private static let file = Array("secret and evil content".utf8)

    /// The control connection as far as the transfer, and the data connection.
    private func talk(passive: Bool, upload: Bool) -> (control: Conversation, data: Conversation) {
        let client = PacketBuilder.to(port: 21)
        var control = Conversation(client: client)
        control.open()
        var said: [(String, Direction)] = [("220 FTP\r\n", .toClient), ("USER a\r\n", .toServer), ("331 ok\r\n", .toClient)]
        said += passive ? [("PASV\r\n", .toServer), ("227 ok (198,18,0,1,82,8)\r\n", .toClient)] : [("PORT 1,2,3,4,82,8\r\n", .toServer), ("200 ok\r\n", .toClient)]
        said += [(upload ? "STOR up.exe\r\n" : "RETR down.exe\r\n", .toServer), ("150 go\r\n", .toClient)]
        for (text, sender) in said { control.send(Array(text.utf8), from: sender) }
        // 82 * 256 + 8
        var builder = PacketBuilder.to(port: 21_000, from: 40_002)
        if !passive {
            builder = builder.reversed
            builder.sourcePort = 20
            builder.destinationPort = 21_000
        }
        var data = Conversation(client: builder, segmentSize: 7)
        data.open()
        data.send(Self.file, from: passive == upload ? .toServer : .toClient)
        data.close()
        return (control, data)
    }

    private func lines(_ lab: Lab, _ type: String) -> [String] {
        var encoder = EventEncoder()
        return lab.events.filter { $0.body.name == type }.map { String(decoding: encoder.line($0), as: UTF8.self) }
    }

    @Test(arguments: [true, false], [true, false]) func aTransferIsSeen(passive: Bool, upload: Bool) throws {
        let (control, data) = talk(passive: passive, upload: upload)
        let lab = Lab("") { $0.appLayer.fileDigests = [.sha1] }
        _ = lab.send(control.packets)
        _ = lab.send(data.packets)
        lab.finish()
        let (name, command) = upload ? ("up.exe", "STOR") : ("down.exe", "RETR")
        #expect(lines(lab, "ftp_data").map { $0.contains(#""ftp_data":{"filename":"\#(name)","command":"\#(command)"}"#) } == [true])
        let file = try #require(lines(lab, "fileinfo").first)
        #expect(file.contains(#""filename":"\#(name)""#) && file.contains(#""size":23"#) && file.contains(#""app_proto":"ftp-data""#) && file.contains("sha1"))
        #expect(lines(lab, "flow").contains { $0.contains(#""app_proto":"ftp-data""#) })
        let mode = lines(lab, "ftp").first { $0.contains(#""dynamic_port":21000"#) }
        #expect(mode?.contains(#""mode":"\#(passive ? "passive" : "active")""#) == true)
    }

    @Test(arguments: [
        (#"file.data; content:"evil content";"#, "1!"), (#"file.name; content:"up.exe"; ftpdata_command:stor;"#, "1!"), ("ftpdata_command:retr;", ""),
        (#"fileext:"exe"; filesize:23;"#, "1!"),
    ])
    func rulesOnTransfers(options: String, alert: String) {
        let (control, data) = talk(passive: true, upload: true)
        let lab = Lab("drop ftp-data any any -> any any (\(options) sid:1;)")
        _ = lab.send(control.packets)
        let verdicts = lab.send(data.packets)
        lab.finish()
        #expect(lab.alerts.joined() == alert)
        #expect(verdicts.contains(.drop) == !alert.isEmpty)
    }

    @Test(arguments: [
        ("ftp.mode:passive;", true), ("ftp.mode:active;", false), ("ftp.dynamic_port:21000;", true), ("ftp.dynamic_port:20000-21001;", true), ("ftp.dynamic_port:<21000;", false),
    ])
    func rulesOnTheControlConnection(options: String, isFound: Bool) {
        let lab = Lab("alert ftp any any -> any any (\(options) sid:1;)")
        _ = lab.send(talk(passive: true, upload: true).control.packets)
        lab.finish()
        #expect(lab.alerts == (isFound ? ["1"] : []))
    }

    @Test func whetherAReplyCame() {
        let lab = Lab("alert ftp any any -> any any (ftp.reply_received:no; sid:1;)\nalert ftp any any => any any (ftp.command; content:\"USER\"; ftp.reply_received:yes; sid:2;)")
        var control = Conversation(client: .to(port: 21))
        control.open()
        for (text, sender) in [("220 FTP\r\n", Direction.toClient), ("USER a\r\n", .toServer), ("331 a\r\n", .toClient), ("PASS a\r\n", .toServer)] {
            control.send(Array(text.utf8), from: sender)
        }
        _ = lab.send(control.packets)
        lab.finish()
        #expect(lab.alerts == ["2", "1"])
    }

    @Test func anAnnouncementIsForOneConnectionAndNotForLong() {
        let (control, data) = talk(passive: true, upload: false)
        let late = Lab("")
        _ = late.send(control.packets)
        late.wait(seconds: 31)
        _ = late.send(data.packets)
        late.finish()
        #expect(lines(late, "ftp_data").isEmpty)
        let twice = Lab("")
        _ = twice.send(control.packets)
        _ = twice.send(data.packets)
        _ = twice.send(talk(passive: true, upload: false).data.packets)
        twice.finish()
        #expect(lines(twice, "ftp_data").count == 1)
    }

    @Test(arguments: ["ftp.mode:sideways;", "ftp.dynamic_port:70000;", "ftp.reply_received:maybe;", "ftpdata_command:list;", "ftp.mode;"])
    func valuesAreChecked(option: String) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array("alert ftp any any -> any any (\(option) sid:1;)".utf8))
        #expect(parsed.diagnostics.map(\.severity) == [.error])
    }

    @Test(arguments: [
        #"ftp.command; content:"USER"; ftp.reply_received:yes;"#, "flow:to_server; ftp.mode:active;", #"http.uri; content:"a"; http.stat_code; content:"200";"#,
    ])
    func whatIsAboutBothDirectionsIsRefused(options: String) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array("alert tcp any any -> any any (\(options) sid:1;)".utf8))
        #expect((parsed.diagnostics + RuleSet.compile(parsed.rules).1).map(\.severity) == [.error])
    }
}
