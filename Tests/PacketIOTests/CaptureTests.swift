import PacketIO
import TestSupport
import Testing
import Wire

struct CaptureTests {
    private let folder: TemporaryFolder
    private let packets: [[UInt8]]

    init() throws {
        folder = try TemporaryFolder()
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("hello".utf8), from: .toServer)
        packets = talk.packets
    }

    private func read(_ path: String) throws -> (packets: [[UInt8]], links: [LinkType], times: [Int64]) {
        let reader = try CaptureReader(path: path)
        var result: ([[UInt8]], [LinkType], [Int64]) = ([], [], [])
        while let packet = try reader.next() {
            result.0.append(reader.packetBytes)
            result.1.append(packet.link)
            result.2.append(packet.time.nanoseconds)
        }
        return result
    }

    private func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    private func big(_ value: UInt32) -> [UInt8] { little(value).reversed() }

    @Test func whatIsWrittenIsRead() throws {
        let path = "\(folder.path)/a.pcap"
        let writer = try CaptureWriter(path: path)
        for (index, packet) in packets.enumerated() {
            try writer.write(packet.span, link: .rawIP, time: Timestamp(nanoseconds: 1_000_000_000 + Int64(index)))
        }
        try writer.close()
        let back = try read(path)
        #expect(back.packets == packets && back.times == (0..<Int64(packets.count)).map { 1_000_000_000 + $0 })
    }

    @Test func classicFilesOfBothByteOrdersAndResolutions() throws {
        for (magic, fraction) in [(UInt32(0xa1b2_c3d4), Int64(1000)), (0xa1b2_3c4d, 1)] {
            for order in [little, big] {
                let short: (UInt16) -> [UInt8] = { value in
                    let two = [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)]
                    return order(1)[0] == 1 ? two : two.reversed()
                }
                var file = order(magic) + short(2) + short(4) + order(0) + order(0) + order(65_535) + order(101)
                file += order(7) + order(5) + order(UInt32(packets[0].count)) + order(9_999) + packets[0]
                let back = try read(try folder.write("c.pcap", file))
                #expect(back.packets == [packets[0]] && back.links == [.rawIP] && back.times == [7_000_000_000 + 5 * fraction])
            }
        }
    }

    /// Section header, interface with nanoseconds (if_tsresol 9), an enhanced and a simple packet block.
    private var pcapng: [UInt8] {
        func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
            let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
            let length = little(UInt32(padded.count + 12))
            return little(type) + length + padded + length
        }
        let section = block(0x0a0d_0d0a, little(0x1a2b_3c4d) + [1, 0, 0, 0] + [UInt8](repeating: 0xff, count: 8))
        let interface = block(1, [101, 0, 0, 0] + little(0) + [9, 0, 1, 0, 9, 0, 0, 0] + little(0))
        let length = little(UInt32(packets[0].count))
        let time: UInt64 = 1_700_000_000_000_000_123
        let enhanced = block(
            6, little(0) + little(UInt32(time >> 32)) + little(UInt32(truncatingIfNeeded: time)) + length + length + packets[0])
        return section + interface + block(0xbad, [1, 2, 3]) + enhanced + block(3, length + packets[0])
    }

    @Test func pcapngBlocks() throws {
        let back = try read(try folder.write("a.pcapng", pcapng))
        #expect(back.packets == [packets[0], packets[0]] && back.times.first == 1_700_000_000_000_000_123)
    }

    @Test(arguments: ["", "abc", "not a capture at all, but long enough"])
    func whatIsNoCaptureIsNamed(text: String) throws {
        let path = try folder.write("bad", text)
        #expect(throws: CaptureError.self) { _ = try read(path) }
        #expect(throws: CaptureError.self) { _ = try CaptureReader(path: "/nonexistent.pcap") }
    }

    /// Cut anywhere: the whole packets before the cut, then an end or an error that says where.
    @Test func everyTruncation() throws {
        let path = "\(folder.path)/whole.pcap"
        let writer = try CaptureWriter(path: path)
        for packet in packets.prefix(3) { try writer.write(packet.span, link: .rawIP, time: Timestamp(nanoseconds: 0)) }
        try writer.close()
        for whole in [try folder.bytes("whole.pcap"), pcapng] {
            for length in 0..<whole.count {
                do {
                    _ = try read(try folder.write("cut", Array(whole[..<length])))
                } catch let error as CaptureError {
                    #expect(error.description.contains("cut"))
                }
            }
        }
    }

    @Test func mutatedFilesNeverStopTheReader() throws {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2000 {
            var bytes = pcapng
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            let path = try folder.write("mutated", bytes)
            if let back = try? read(path) { #expect(back.packets.count <= 10) }
        }
    }
}
