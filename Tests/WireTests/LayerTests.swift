import TestSupport
import Testing
import Traffic
import Wire

@Suite struct LayerTests {
    private let decoder = PacketDecoder()

    private func decode(_ bytes: [UInt8], _ link: LinkType = .ethernet) -> DecodedPacket {
        decoder.decode(bytes.span, link: link, checksums: .verify)
    }

    @Test func theDatagramIsFoundInEveryFrame() throws {
        for frame in Frames.all {
            var packet = decode(frame.bytes, frame.link)
            var bytes = frame.bytes
            if frame.isTunnel {
                let tunnel = try #require(packet.tunnel, "\(frame.name)")
                bytes = Array(bytes[tunnel.offset..<tunnel.offset + tunnel.length])
                packet = decode(bytes, tunnel.link)
            }
            #expect(packet.invalid == nil && packet.transport == .udp && packet.destinationPort == 80, "\(frame.name)")
            #expect(packet.checksum == .valid && packet.events.isEmpty, "\(frame.name): \(packet.events.members)")
            #expect(Array(bytes[packet.payloadOffset...].prefix(packet.payloadLength)) == [1, 2, 3], "\(frame.name)")
        }
    }

    @Test func tagsAreKept() {
        #expect(decode(Frames.ethernet(0x88a8, hex("0064 8100 0065 0800") + Frames.datagram)).vlans.ids == [100, 101])
        let tagged = decode(Frames.ethernet(0x893f, hex("000000000000 8100 0007 0800") + Frames.datagram))
        #expect(tagged.vlans.ids == [7] && tagged.layers == [.eTag, .vlan])
        let mirrored = hex("10640000 00000000") + Frames.ethernet(0x8100, hex("0002 0800") + Frames.datagram)
        #expect(decode(mirrored, .erspan).vlans.ids == [100, 2])
    }

    /// What ends the decoding: a frame that is cut or contradicts itself.
    @Test func fatalDefects() {
        let four = hex("0001 8100 0002 8100 0003 8100 0004 0800")
        let cases: [(DecodeEvent, LinkType, [UInt8])] = [
            (.vlanHeaderTooSmall, .ethernet, Frames.ethernet(0x8100, hex("0001 08"))),
            (.vlanTooManyLayers, .ethernet, Frames.ethernet(0x8100, four + Frames.datagram)),
            (.ieee8021ahHeaderTooSmall, .ethernet, Frames.ethernet(0x88e7, hex("00000064") + Frames.addresses)),
            (.vnTagHeaderTooSmall, .ethernet, Frames.ethernet(0x8926, hex("00000000 08"))),
            (.eTagHeaderTooSmall, .ethernet, Frames.ethernet(0x893f, hex("000000000000"))),
            (.fabricPathPacketTooSmall, .ethernet, Frames.ethernet(0x8903, hex("0001") + Frames.addresses)),
            (.mplsHeaderTooSmall, .ethernet, Frames.ethernet(0x8847, hex("00064040 0006"))),
            (.mplsPacketTooSmall, .ethernet, Frames.ethernet(0x8847, hex("00065140 450000"))),
            (.nshHeaderTooSmall, .ethernet, Frames.ethernet(0x894f, hex("0fc60101 000000"))),
            (.pppoePacketTooSmall, .ethernet, Frames.ethernet(0x8864, hex("1100 0001 0002 00"))),
            (.pppoePacketTooSmall, .ethernet, Frames.ethernet(0x8863, hex("1109 0000"))),
            (.pppPacketTooSmall, .ppp, hex("ff03 00")), (.pppIPv4TooSmall, .ppp, hex("0021 4500")),
            (.pppIPv6TooSmall, .ppp, hex("0057 6000")), (.pppCompressedTCPTooSmall, .ppp, hex("002f 4500")),
            (.ciscoHDLCPacketTooSmall, .ciscoHDLC, hex("0f0008")), (.erspanHeaderTooSmall, .erspan, hex("10640000 000000")),
            (.erspanUnsupportedVersion, .erspan, hex("20640000 00000000") + Frames.ethernet(0x0800, Frames.datagram)),
            (.linuxCookedPacketTooSmall, .linuxCooked, hex("0000 0001")), (.nullUnsupportedType, .null, hex("07000000 45")),
            (.sctpPacketTooSmall, .rawIP, PacketBuilder.web.ip([0, 1, 0, 2], IPProtocol.sctp)),
            (.espPacketTooSmall, .rawIP, PacketBuilder.web.ip([0, 1, 0, 2], IPProtocol.encapsulatingSecurityPayload)),
            (.igmpPacketTooSmall, .rawIP, PacketBuilder.web.ip([0x11, 0, 0, 0], IPProtocol.igmp)),
        ]
        for (event, link, bytes) in cases {
            let packet = decode(bytes, link)
            #expect(packet.invalid == event && packet.events.members.contains(event), "\(event)")
        }
        let tags = [UInt8](repeating: 0, count: 4) + hex("8926")
        #expect(decode(Frames.ethernet(0x8926, (0..<20).flatMap { _ in tags })).invalid == .tooManyLayers)
    }

    /// What is noted of a frame without IP, or with IP that can be looked at all the same.
    @Test func noted() {
        let arp = hex("0001 0800 06 04 0001 0242c6120002 c6120002 000000000000 c6120003")
        func changed(_ at: Int, _ value: UInt8) -> [UInt8] {
            var bytes = arp
            bytes[at] = value
            return Frames.ethernet(0x0806, bytes)
        }
        let cases: [([DecodeEvent], LinkType, [UInt8])] = [
            ([], .ethernet, Frames.ethernet(0x0806, arp)), ([.arpUnsupportedHardware], .ethernet, changed(1, 6)),
            ([.arpUnsupportedProtocol], .ethernet, changed(2, 0x86)), ([.arpInvalidHardwareSize], .ethernet, changed(4, 8)),
            ([.arpInvalidProtocolSize], .ethernet, changed(5, 16)), ([.arpUnsupportedOpcode], .ethernet, changed(7, 99)),
            ([.arpPacketTooSmall], .ethernet, Frames.ethernet(0x0806, Array(arp.prefix(27)))),
            ([.ethernetUnknownType], .ethernet, Frames.ethernet(0x88cc, [1, 2, 3])),
            ([.vlanUnknownType], .ethernet, Frames.ethernet(0x8100, hex("0001 88cc 01"))),
            ([.vnTagUnknownType], .ethernet, Frames.ethernet(0x8926, hex("00000000 88cc 01"))),
            ([.eTagUnknownType], .ethernet, Frames.ethernet(0x893f, hex("000000000000 88cc 01"))),
            ([.mplsBadRouterAlert], .ethernet, Frames.ethernet(0x8847, hex("00001140") + Frames.datagram)),
            ([.mplsBadImplicitNull], .ethernet, Frames.ethernet(0x8847, hex("00003140") + Frames.datagram)),
            ([.mplsReservedLabel], .ethernet, Frames.ethernet(0x8847, hex("0000d140") + Frames.datagram)),
            ([.mplsUnknownPayload], .ethernet, Frames.ethernet(0x8847, hex("00065140 f0000000"))),
            ([.nshUnsupportedVersion], .ethernet, Frames.ethernet(0x894f, hex("4fc60101") + Frames.nsh(1))),
            ([.nshBadHeaderLength], .ethernet, Frames.ethernet(0x894f, hex("0fc10101 00000000 00"))),
            ([.nshBadHeaderLength], .ethernet, Frames.ethernet(0x894f, Frames.nsh(1))),
            ([.nshReservedType], .ethernet, Frames.ethernet(0x894f, hex("0fc20001 00000000") + Frames.datagram)),
            ([.nshUnsupportedType], .ethernet, Frames.ethernet(0x894f, Frames.nsh(4) + [0])),
            ([.nshUnknownPayload], .ethernet, Frames.ethernet(0x894f, Frames.nsh(0x77) + [0])),
            ([.pppoeWrongCode], .ethernet, Frames.ethernet(0x8864, hex("1109 0001 0002 0021") + Frames.datagram)),
            ([], .ethernet, Frames.ethernet(0x8863, hex("1109 0000 0008 01010000 01030000"))),
            ([.pppoeWrongCode], .ethernet, Frames.ethernet(0x8863, hex("1133 0000 0000"))),
            ([.pppoeMalformedTags], .ethernet, Frames.ethernet(0x8863, hex("1109 0000 0008 01010000 0103 0009"))),
            ([.pppoeMalformedTags], .ethernet, Frames.ethernet(0x8863, hex("1109 0000 00ff 01010000"))),
            ([.pppUnsupportedProtocol], .ppp, hex("c021 0101")), ([.pppWrongType], .ppp, hex("4444 0101")),
        ]
        for (events, link, bytes) in cases {
            let packet = decode(bytes, link)
            #expect(packet.events.members == events, "\(events) in \(packet.events.members)")
            #expect(packet.invalid == nil && packet.addressFamily == nil, "\(events)")
        }
    }

    @Test func sctpHasPorts() {
        let packet = decode(PacketBuilder.web.ip(hex("1234 0035 00000001 00000000 aabb"), IPProtocol.sctp), .rawIP)
        #expect(packet.transport == .sctp && packet.sourcePort == 0x1234 && packet.destinationPort == 53)
        #expect(packet.payloadLength == 2)
    }
}
