import Detection
import Events
import Inspection
import PacketIO
import RuleLanguage
import Runtime
import TestSupport
import Testing
import Wire

struct ReplayTests {
    private func capture(_ packets: [[UInt8]], in folder: TemporaryFolder, _ name: String = "in.pcap") throws -> String {
        let path = "\(folder.path)/\(name)"
        let writer = try CaptureWriter(path: path)
        var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        for packet in packets {
            try writer.write(packet.span, link: .rawIP, time: time)
            time = time.advanced(byNanoseconds: 1_000_000)
        }
        try writer.close()
        return path
    }

    private func load(_ rules: String, _ folder: TemporaryFolder, _ configuration: inout Configuration) throws -> RuleLoader.Result {
        configuration.rulePaths = [try folder.write("my.rules", rules)]
        return try RuleLoader(configuration: configuration).load(previous: nil)
    }

    private var attack: [[UInt8]] {
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("GET /evil HTTP/1.1\r\n\r\n".utf8), from: .toServer)
        talk.close()
        return talk.packets
    }

    @Test func whatLeavesIsWhatWasAccepted() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        let rules = try load(
            #"reject http any any -> any any (http.uri; content:"/evil"; sid:1;)"# + "\nalert nonsense\n", folder, &configuration)
        #expect(rules.loaded == 1 && rules.failed == 1 && rules.diagnostics.first?.location.line == 2)
        let output = "\(folder.path)/out.pcap"
        let writer = try CaptureWriter(path: output)
        var events: [Event] = []
        let report = try Replay(configuration: configuration, loaded: rules).run(
            captures: [try capture(attack, in: folder)], forward: writer, sink: { events.append($0) })
        try writer.close()
        #expect(report.packets == UInt64(attack.count) && report.alerts == 1 && report.rejected == 1 && report.flows == 1)
        #expect(report.drops + report.rejected == UInt64(attack.count - 3))
        let reader = try CaptureReader(path: output)
        var left: [[UInt8]] = []
        while try reader.next() != nil { left.append(reader.packetBytes) }
        // The handshake, and the reset in place of the request.
        #expect(Array(left.prefix(3)) == Array(attack.prefix(3)) && left.count == 4)
        #expect(left.last.map { DecodedPacket(raw: $0).tcp.flags.contains(.rst) } == true)
        if case .stats? = events.last?.body {} else { Issue.record("the last event is not stats") }
    }

    @Test func aCaptureCutShortIsReplayedAsFarAsItGoes() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        let rules = try load("", folder, &configuration)
        let whole = try capture(attack, in: folder)
        let reader = try CaptureReader(path: whole)
        _ = try reader.next()
        let bytes = try #require(try? folder.bytes("in.pcap"))
        let cut = try folder.write("cut.pcap", Array(bytes.dropLast(7)))
        let report = try Replay(configuration: configuration, loaded: rules).run(captures: [cut], forward: nil, sink: nil)
        #expect(report.packets == UInt64(attack.count - 1) && report.captureErrors.map(\.isCutShort) == [true])
    }

    @Test func aCaptureWithNonsenseInItIsNotOneCutShort() throws {
        let folder = try TemporaryFolder()
        var configuration = Configuration()
        let rules = try load("", folder, &configuration)
        _ = try capture(attack, in: folder)
        let bytes = try #require(try? folder.bytes("in.pcap"))
        let bad = try folder.write("bad.pcap", bytes + [UInt8](repeating: 0xff, count: 16))
        let report = try Replay(configuration: configuration, loaded: rules).run(captures: [bad], forward: nil, sink: nil)
        #expect(report.packets == UInt64(attack.count) && report.captureErrors.map(\.isCutShort) == [false])
    }

    @Test func rulesOfAFolderAndMissingOnes() throws {
        let folder = try TemporaryFolder()
        try folder.write("rules/b.rules", "alert ip any any -> any any (sid:2;)")
        try folder.write("rules/a.rules", "alert ip any any -> any any (sid:1;)")
        try folder.write("rules/readme.txt", "not rules")
        var configuration = Configuration()
        configuration.rulePaths = ["\(folder.path)/rules"]
        #expect(try RuleLoader(configuration: configuration).load(previous: nil).ruleSet.rules.map(\.rule.sid) == [1, 2])
        configuration.rulePaths = ["\(folder.path)/nothing.rules"]
        #expect(throws: ConfigurationError.self) { try RuleLoader(configuration: configuration).load(previous: nil) }
    }
}
