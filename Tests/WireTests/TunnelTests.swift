import TestSupport
import Testing
import Traffic
import Wire

@Suite struct TunnelTests {
    private let outer = PacketBuilder.to(port: 4789)
    private let inner = PacketBuilder.web.udp(payload: [1, 2, 3])
    private let ethernet: [UInt8] = [UInt8](repeating: 2, count: 12) + [0x08, 0x00]

    private func ip(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var header: [UInt8] = [0x45, 0, 0, UInt8(20 + payload.count), 0, 0, 0, 0, 64, proto, 0, 0]
        header += [198, 18, 0, 2, 198, 18, 0, 3]
        let checksum = Checksum.of(header.span)
        header[10] = UInt8(checksum >> 8)
        header[11] = UInt8(checksum & 0xff)
        return header + payload
    }

    private func carried(_ frame: [UInt8]) -> (Tunnel.Kind, DecodedPacket)? {
        let packet = DecodedPacket(raw: frame)
        guard let tunnel = packet.tunnel else { return nil }
        let bytes = Array(frame[tunnel.offset..<tunnel.offset + tunnel.length])
        return (tunnel.kind, PacketDecoder().decode(bytes.span, link: tunnel.link, checksums: .verify))
    }

    @Test func innerPacketsAreFound() throws {
        let vxlan: [UInt8] = [8, 0, 0, 0, 0, 0, 1, 0] + ethernet + inner
        let geneve: [UInt8] = [1, 0, 0x65, 0x58, 0, 0, 1, 0, 0xff, 0xff, 0, 0] + ethernet + inner
        let cases: [(Tunnel.Kind, [UInt8])] = [
            (.ipv4, ip(4, inner)),
            (.gre, ip(47, [0, 0, 0x08, 0x00] + inner)),
            (.gre, ip(47, [0xb0, 0, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2] + inner)),
            (.gre, ip(47, [0, 0, 0x65, 0x58] + ethernet + inner)),
            (.gre, ip(47, [0x20, 0x01, 0x88, 0x0b, 0, 0, 0, 1, 0xff, 0x03, 0x00, 0x21] + inner)),
            (.vxlan, outer.udp(payload: vxlan)),
            (.geneve, PacketBuilder.to(port: 6081).udp(payload: geneve)),
        ]
        for (kind, frame) in cases {
            let found = try #require(carried(frame), "\(kind)")
            #expect(found.0 == kind)
            #expect(found.1.transport == .udp && found.1.destinationPort == 80 && found.1.payloadLength == 3, "\(kind)")
        }
    }

    @Test func teredoCarriesIPv6() throws {
        let six = PacketBuilder.webOverIPv6.udp(payload: [1])
        let origin: [UInt8] = [0, 0, 1, 2, 3, 4, 5, 6]
        for payload in [six, origin + six] {
            let found = try #require(carried(PacketBuilder.to(port: 3544).udp(payload: payload)))
            #expect(found.0 == .teredo && found.1.addressFamily == .ipv6 && found.1.transport == .udp)
        }
        #expect(carried(PacketBuilder.to(port: 3544).udp(payload: [0x60] + [UInt8](repeating: 0xff, count: 50))) == nil)
    }

    @Test func brokenHeadersAreNamed() {
        let cases: [(DecodeEvent, [UInt8])] = [
            (.grePacketTooSmall, ip(47, [0, 0, 8])),
            (.greWrongVersion, ip(47, [0, 3, 8, 0])),
            (.greVersion0HeaderTooBig, ip(47, [0xb0, 0, 8, 0, 0, 0])),
            (.greVersion1WrongProtocol, ip(47, [0x20, 1, 8, 0, 0, 0, 0, 0])),
            (.greVersion1NoKey, ip(47, [0, 1, 0x88, 0x0b])),
        ]
        for (event, frame) in cases { #expect(DecodedPacket(raw: frame).invalid == event) }
    }

    @Test func cutAnywhereNothingTraps() {
        let frames = [
            ip(47, [0xf0, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 8] + ethernet + inner),
            outer.udp(payload: [8, 0, 0, 0, 0, 0, 1, 0] + ethernet + inner),
            PacketBuilder.to(port: 6081).udp(payload: [0x3f, 0, 0x65, 0x58, 0, 0, 1, 0] + ethernet),
            PacketBuilder.to(port: 3544).udp(payload: [0, 1, 0xff, 0xff, 0, 0] + PacketBuilder.webOverIPv6.udp(payload: [])),
        ]
        for frame in frames {
            for length in 0...frame.count {
                var cut = Array(frame[..<length])
                if length >= 4 {
                    cut[2] = UInt8(length >> 8)
                    cut[3] = UInt8(length & 0xff)
                }
                if length >= 28, cut[9] == 17 {
                    cut[24] = 0
                    cut[25] = UInt8(length - 20)
                }
                let packet = DecodedPacket(raw: cut)
                if let tunnel = packet.tunnel { #expect(tunnel.offset + tunnel.length <= cut.count) }
            }
        }
    }
}

@Suite struct IPOptionTests {
    private func packet(_ options: [UInt8]) -> DecodedPacket {
        let words = 5 + options.count / 4
        let header: [UInt8] = [0x40 | UInt8(words), 0, 0, UInt8(words * 4 + 8), 0, 0, 0, 0, 64, 17, 0, 0]
        let udp: [UInt8] = [0, 1, 0, 2, 0, 8, 0, 0]
        let frame = header + [198, 18, 0, 2, 198, 18, 0, 3] + options + udp
        return PacketDecoder().decode(frame.span, link: .rawIP, checksums: .ignore)
    }

    @Test func optionsAreRead() {
        #expect(packet([7, 3, 4, 0]).ipOptions == [.recordRoute, .endOfList])
        #expect(packet([1, 1, 1, 1]).ipOptions == .noOperation)
        #expect(packet([148, 4, 0, 0]).ipOptions == .routerAlert)
        #expect(packet([148, 4, 0, 0, 148, 4, 0, 0]).events == DecodeEventList(.ipv4OptionDuplicate))
        #expect(packet([200, 4, 0, 0, 0, 0, 0, 0]).events == DecodeEventList(.ipv4OptionUnknown))
    }

    @Test func wrongLengthsMakeThePacketInvalid() {
        for options: [UInt8] in [[130, 2, 0, 0], [7, 9, 0, 0], [7, 1, 0, 0], [136, 3, 0, 0]] {
            #expect(packet(options).invalid == .ipv4OptionInvalidLength)
        }
        #expect(packet([1, 1, 1, 7]).invalid == .ipv4OptionEndRequired)
    }
}
