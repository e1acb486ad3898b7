import TestSupport
import Testing
import Wire

struct PacketDecoderTests {
    private let decoder = PacketDecoder()
    private let ethernet = hex("0242c612 0003 0242c612 0002")

    private func decode(_ bytes: [UInt8], _ link: LinkType = .rawIP) -> DecodedPacket {
        decoder.decode(bytes.span, link: link, checksums: .verify)
    }

    @Test(arguments: [PacketBuilder.web, .webOverIPv6])
    func tcpFields(builder: PacketBuilder) {
        let bytes = builder.tcp(
            flags: [.syn, .ack], sequence: 0xffff_fff0, acknowledgment: 7, window: 512, urgentPointer: 3,
            options: [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8], payload: Array("data".utf8))
        let packet = decode(bytes)
        #expect(packet.invalid == nil)
        #expect(packet.transport == .tcp && packet.checksum == .valid)
        #expect(packet.source == builder.source && packet.destination == builder.destination)
        #expect(packet.sourcePort == 40_000 && packet.destinationPort == 80)
        #expect(packet.tcp.flags == [.syn, .ack] && packet.tcp.sequence == SequenceNumber(0xffff_fff0))
        #expect(packet.tcp.window == 512 && packet.tcp.urgentPointer == 3)
        #expect(packet.tcp.options.maximumSegmentSize == 1460 && packet.tcp.options.windowScale == 7)
        #expect(packet.tcp.options.sackPermitted)
        #expect(packet.tcp.options.timestampValue == 9 && packet.tcp.options.timestampEcho == 8)
        #expect(Array(bytes[packet.payloadOffset..<packet.payloadOffset + packet.payloadLength]) == Array("data".utf8))
    }

    @Test func udpAndICMP() {
        let datagram = decode(PacketBuilder.to(port: 53).udp(payload: [1, 2, 3]))
        #expect(datagram.transport == .udp && datagram.payloadLength == 3 && datagram.checksum == .valid)
        let echo = decode(PacketBuilder.web.icmp(type: 8, code: 0, rest: 0x0102_0304, payload: [9]))
        #expect(echo.transport == .icmp && echo.icmpType == 8 && echo.icmpID == 0x0102 && echo.icmpSequence == 0x0304)
        let echo6 = decode(PacketBuilder.webOverIPv6.icmp(type: 128, code: 0, rest: 0x0102_0304))
        #expect(echo6.transport == .icmpv6 && echo6.icmpType == 128 && echo6.checksum == .valid)
    }

    @Test func linkLayers() {
        let ip = PacketBuilder.web.tcp(flags: .syn, sequence: 1)
        let ip6 = PacketBuilder.webOverIPv6.tcp(flags: .syn, sequence: 1)
        #expect(decode(ethernet + hex("0800") + ip, .ethernet).transport == .tcp)
        #expect(decode(ethernet + hex("86dd") + ip6, .ethernet).addressFamily == .ipv6)
        let tagged = decode(ethernet + hex("88a8 0064 8100 0065 0800") + ip, .ethernet)
        #expect(tagged.vlans.ids == [100, 101] && tagged.transport == .tcp)
        #expect(decode(hex("0000 0001 0006 0242c612 0002 0000 0800") + ip, .linuxCooked).transport == .tcp)
        #expect(decode(hex("0800 0000 00000001 0001 00 06 0242c612 0002 0000") + ip, .linuxCooked2).transport == .tcp)
        #expect(decode(hex("02000000") + ip, .null).transport == .tcp)
        #expect(decode(ethernet + hex("0806 0001"), .ethernet).addressFamily == nil)
    }

    @Test func ipv6ExtensionHeaders() {
        let builder = PacketBuilder.webOverIPv6
        let tcp = Array(builder.tcp(flags: .syn, sequence: 1)[40...])
        let hopByHop: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
        let destination: [UInt8] = [6, 0, 1, 4, 0, 0, 0, 0]
        let packet = decode(builder.ip(hopByHop + destination + tcp, IPProtocol.hopByHop))
        #expect(packet.transport == .tcp && packet.checksum == .valid && packet.destinationPort == 80)
        let endless = decode(builder.ip(hopByHop + [60, 255, 0, 0], IPProtocol.hopByHop))
        #expect(endless.invalid == .ipv6TruncatedExtensionHeader)
        let fragment = decode(builder.fragments(of: builder.tcp(flags: .syn, sequence: 1), bytes: 8)[1])
        #expect(fragment.isFragment && fragment.fragmentOffset == 8 && fragment.ipProtocol == IPProtocol.tcp)
    }

    @Test(arguments: [PacketBuilder.web, .webOverIPv6])
    func aFlippedByteIsABadChecksum(builder: PacketBuilder) {
        var bytes = builder.tcp(flags: .ack, sequence: 1, payload: Array("payload".utf8))
        bytes[bytes.count - 1] ^= 0x40
        #expect(decode(bytes).checksum == .invalidTransport)
        #expect(decoder.decode(bytes.span, link: .rawIP, checksums: .ignore).checksum == .notVerified)
    }

    @Test func headerDefectsAreNamed() {
        var short = PacketBuilder.web.tcp(flags: .syn, sequence: 1)
        short[32] = 0x40
        #expect(decode(short).invalid == .tcpHeaderTooSmall)
        var option = PacketBuilder.web.tcp(flags: .syn, sequence: 1, options: [2, 0, 0, 0])
        option[20 + 21] = 0
        #expect(decode(option).events.contains(.tcpInvalidOptionLength))
        #expect(decode(hex("4400 0014")).invalid == .ipv4PacketTooSmall)
        #expect(decode(hex("44000014 00000000 40060000 c6120002 c6120003")).invalid == .ipv4HeaderTooSmall)
        #expect(decode([0x60] + [UInt8](repeating: 0, count: 20)).invalid == .ipv6PacketTooSmall)
        #expect(DecodeEvent.allCases.allSatisfy { DecodeEvent(name: $0.name) == $0 })
    }

    /// A packet cut anywhere is decoded or named invalid, and never points outside its bytes.
    @Test func everyTruncation() {
        let packets = [
            ethernet + hex("8100 0064 0800") + PacketBuilder.web.tcp(flags: .syn, sequence: 1, options: [2, 4, 5, 180]),
            ethernet + hex("86dd") + PacketBuilder.webOverIPv6.udp(payload: [1, 2, 3]),
            ethernet + hex("86dd") + PacketBuilder.webOverIPv6.icmp(type: 1, code: 0, payload: [1, 2, 3]),
        ]
        for bytes in packets {
            for length in 0..<bytes.count {
                let packet = decode(Array(bytes[..<length]), .ethernet)
                #expect(packet.invalid != nil, "cut to \(length)")
                #expect(packet.payloadOffset + packet.payloadLength <= max(length, packet.payloadOffset))
            }
            #expect(decode(bytes, .ethernet).invalid == nil)
        }
    }

    @Test func randomBytesStayInBounds() {
        var random = SeededRandom(seed: 20)
        let links: [LinkType] = [.ethernet, .rawIP, .linuxCooked, .linuxCooked2, .null]
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if bytes.count > 0, Bool.random(using: &random) { bytes[0] = Bool.random(using: &random) ? 0x45 : 0x60 }
            let link = links[Int.random(in: 0..<links.count, using: &random)]
            let packet = decode(bytes, link)
            guard packet.invalid == nil else { continue }
            #expect(packet.payloadOffset >= 0 && packet.payloadLength >= 0)
            #expect(packet.payloadOffset + packet.payloadLength <= bytes.count)
            #expect(packet.ipOffset + packet.ipLength <= bytes.count)
        }
    }
}
