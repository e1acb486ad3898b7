import TestSupport
import Testing
import Traffic
import Wire

@Suite struct DecodeEventTests {
    private func events(_ bytes: [UInt8]) -> [DecodeEvent] { DecodedPacket(raw: bytes).events.members }

    @Test func everyEventHasItsName() {
        #expect(DecodeEvent.allCases.count < 255)
        #expect(Set(DecodeEvent.allCases.map(\.name)).count == DecodeEvent.allCases.count)
        for event in DecodeEvent.allCases {
            #expect(DecodeEvent(name: event.name) == event && !DecodeEvent.isKnownButNeverRaised(event.name))
        }
        let pairs: [(DecodeEvent, String)] = [
            (.ipv4FragmentIgnored, "ipv4.frag_ignored"), (.ipv6InIPv6WrongVersion, "ipv6.ipv6_in_ipv6_wrong_version"),
            (.icmpv6ExperimentalType, "icmpv6.experimentation_type"), (.tcpHeaderTooLong, "tcp.invalid_optlen"),
            (.arpUnsupportedOpcode, "arp.unsupported_opcode"), (.fabricPathPacketTooSmall, "dce.pkt_too_small"),
            (.pppoeMalformedTags, "pppoe.malformed_tags"), (.nshUnknownPayload, "nsh.unknown_payload"),
            (.greVersion1HeaderTooBig, "gre.version1_hdr_too_big"), (.tooManyLayers, "too_many_layers"),
        ]
        for (event, name) in pairs { #expect(event.name == name) }
        #expect(DecodeEvent.isKnownButNeverRaised("ipv6.exthdr_dupl_eh") && DecodeEvent(name: "ipv6.exthdr_dupl_eh") == nil)
    }

    @Test func aListKeepsOrderAndSixteen() {
        var list = DecodeEventList()
        #expect(list.isEmpty && list.members.isEmpty)
        list.note(.tooManyLayers)
        list.note(.ipv4PacketTooSmall)
        list.note(.tooManyLayers)
        list.append(.ipv4PacketTooSmall)
        #expect(list.members == [.tooManyLayers, .ipv4PacketTooSmall, .ipv4PacketTooSmall])
        #expect(list.contains(.tooManyLayers) && !list.contains(.ipv4HeaderTooSmall))
        for event in DecodeEvent.allCases { list.append(event) }
        #expect(list.members.count == 16 && list.contains(.tooManyLayers))
    }

    @Test func ipv4Lengths() {
        var bytes = Frames.datagram
        bytes[0] = 0x44
        #expect(events(bytes) == [.ipv4HeaderTooSmall])
        bytes[0] = 0x4f
        #expect(events(bytes) == [.ipv4LengthTooSmall])
        bytes[3] = 60
        #expect(events(bytes) == [.ipv4Truncated])
        bytes[0] = 0x45
        (bytes[2], bytes[3]) = (0, 0)
        #expect(events(bytes) == [.ipv4LengthTooSmall])
        bytes[0] = 0x65
        #expect(PacketDecoder().decode(hex("0000 0800").span, link: .ciscoHDLC, checksums: .verify).invalid == .ipv4PacketTooSmall)
    }

    /// A super packet has no length in its header; nothing shorter may do without.
    @Test func lengthZeroIsForSuperPackets() {
        var bytes = PacketBuilder.web.udp(payload: [UInt8](repeating: 1, count: 65_507)) + [1]
        (bytes[2], bytes[3]) = (0, 0)
        (bytes[24], bytes[25]) = (0, 0)
        let packet = PacketDecoder().decode(bytes.span, link: .rawIP, checksums: .ignore)
        #expect(packet.invalid == nil && packet.payloadLength == 65_508)
    }

    private func options(_ options: [UInt8]) -> DecodedPacket {
        var header = hex("45000000 00000000 40110000 c6120002 c6120003") + options
        header[0] = 0x40 | UInt8((20 + options.count) / 4)
        let packet = header + Frames.datagram.dropFirst(20)
        var bytes = packet
        bytes[3] = UInt8(packet.count)
        return PacketDecoder().decode(bytes.span, link: .rawIP, checksums: .ignore)
    }

    @Test func ipv4Options() {
        let cases: [([DecodeEvent], [UInt8])] = [
            ([], hex("9404 0000 01010101")), ([.ipv4OptionPadRequired], hex("9404 0000")),
            ([.ipv4OptionDuplicate], hex("9404 0000 9404 0000")), ([.ipv4OptionUnknown], hex("c804 0000 00000000")),
            ([.ipv4OptionInvalid], hex("0707 05 00000000 00")),
            ([], hex("0707 04 00000000 00")), ([], hex("0707 08 00000000 00")), ([.ipv4OptionInvalid], hex("0707 0c 00000000 00")),
            ([.ipv4OptionInvalid], hex("4408 07 00 00000000")), ([], hex("4408 09 00 00000000")),
            ([.ipv4OptionMalformed], hex("860a 00000001 0902 0000 00000000 0000")),
            ([], hex("860a 00000001 0104 0000 00000000 0000")),
        ]
        for (events, bytes) in cases {
            let packet = options(bytes)
            #expect(packet.events.members == events && packet.invalid == nil, "\(bytes): \(packet.events.members)")
        }
        #expect(options(hex("01010101 010101 94")).invalid == .ipv4OptionEndRequired)
        // One option of a length that it can't have, then one that is longer than the list.
        let twice = options(hex("8202 f135 00000000"))
        #expect(twice.events.members == [.ipv4OptionInvalidLength, .ipv4OptionInvalidLength])
        #expect(twice.invalid == .ipv4OptionInvalidLength)
    }

    @Test func ipv6ExtensionHeaders() {
        let builder = PacketBuilder.webOverIPv6
        let udp = Array(Frames.datagram6.dropFirst(40))
        let alert = hex("0502 0000 0100")
        let cases: [([DecodeEvent], UInt8, [UInt8])] = [
            ([.ipv6EmptyPadding], 0, [17, 0] + alert + udp),
            ([.ipv6HopByHopOnlyPadding], 0, [17, 0] + hex("0104 00000000") + udp),
            ([.ipv6DestinationOnlyPadding], 60, [17, 0] + hex("0104 00000000") + udp),
            ([.ipv6HopByHopUnknownOption], 0, [17, 0] + hex("1e04 00000000") + udp),
            ([.ipv6DestinationUnknownOption], 60, [17, 0] + hex("1e04 00000000") + udp),
            ([.ipv6InvalidOptionLength], 0, [17, 0] + hex("0508 00000000") + udp),
            ([.ipv6InvalidOptionLength], 0, [17, 0] + hex("0501 00 0000 00") + udp),
            ([.ipv6EmptyPadding, .ipv6DuplicateHopByHopHeader], 0, [0, 0] + alert + [17, 0] + alert + udp),
            ([.ipv6HopByHopOnlyPadding, .ipv6DuplicateHopByHopHeader], 0, hex("0000010400000000 1100010400000000") + udp),
            ([.ipv6RoutingType0], 43, hex("1100 0000 00000000") + udp),
            ([.ipv6DuplicateRoutingHeader], 43, hex("2b00 0200 00000000 1100 0200 00000000") + udp),
            ([.ipv6AuthenticationReservedField], 51, hex("1104 0001 00000001 00000001 000000000000000000000000") + udp),
            ([.ipv6UselessFragmentHeader], 44, hex("1100 0000 00000001") + udp),
            ([.ipv6UselessFragmentHeader, .ipv6DuplicateFragmentHeader], 44, hex("2c00 0000 00000001 1100 0000 00000001") + udp),
            ([.ipv6FragmentReservedField], 44, hex("1101 0001 00000001 0000000000000000")),
            ([.ipv6FragmentInvalidLength], 44, hex("1100 0001 00000001 00000000000000")),
            ([.ipv6FragmentTooLarge], 44, hex("1100 fff8 00000001 0000000000000000 00")),
            ([.ipv6DataAfterNoNextHeader], 59, [0]), ([], 59, []), ([.ipv6UnknownNextHeader], 0xfd, [0]),
            ([], 135, hex("1100000000000000") + udp), ([.ipv6WithICMPv4], 1, hex("0800000000000000")),
            ([.ipv6TruncatedExtensionHeader], 0, [17, 9] + alert),
            ([.ipv6UselessFragmentHeader, .ipv6TruncatedExtensionHeader, .tcpPacketTooSmall], 44, hex("0600 0000 00000001")),
        ]
        for (expected, next, payload) in cases {
            let found = events(builder.ip(payload, next))
            #expect(found == expected, "\(expected) against \(found)")
        }
    }

    /// More headers than one would send, within one datagram: all are walked.
    @Test func manyExtensionHeaders() {
        let headers = (0..<140).flatMap { _ in hex("2c00 0000 00000001") } + hex("1100 0000 00000001")
        let packet = DecodedPacket(raw: PacketBuilder.webOverIPv6.ip(headers + Frames.datagram6.dropFirst(40), 44))
        #expect(packet.transport == .udp && packet.payloadLength == 3)
        #expect(packet.events.members == [.ipv6UselessFragmentHeader, .ipv6DuplicateFragmentHeader])
    }

    @Test func icmp() {
        let quoted = Frames.datagram
        let cases: [([DecodeEvent], UInt8, UInt8, [UInt8])] = [
            ([], 8, 0, []), ([.icmpv4UnknownCode], 8, 1, []), ([.icmpv4UnknownType], 44, 0, []), ([], 3, 15, quoted),
            ([.icmpv4UnknownCode], 3, 16, quoted), ([.icmpv4QuotedTruncated], 3, 1, Array(quoted.prefix(19))),
            ([.icmpv4QuotedWrongVersion], 11, 0, Frames.datagram6), ([], 3, 1, []), ([.icmpv4UnknownCode], 5, 4, quoted),
            ([], 9, 16, []),
        ]
        for (expected, type, code, payload) in cases {
            #expect(events(PacketBuilder.web.icmp(type: type, code: code, payload: payload)) == expected, "\(type)/\(code)")
        }
        let cases6: [([DecodeEvent], UInt8, UInt8, [UInt8])] = [
            ([], 128, 0, []), ([.icmpv6UnknownCode], 128, 1, []), ([], 1, 6, Frames.datagram6),
            ([.icmpv6UnknownCode], 1, 7, Frames.datagram6), ([.icmpv6QuotedTruncated], 3, 0, Array(quoted.prefix(20))),
            ([.icmpv6QuotedWrongVersion], 3, 0, quoted + [UInt8](repeating: 0, count: 20)),
            ([.icmpv6ListenerHopLimit], 143, 0, []), ([.icmpv6UnassignedType], 5, 0, []),
            ([.icmpv6ExperimentalType], 100, 0, []), ([.icmpv6UnknownType], 127, 0, []),
        ]
        for (expected, type, code, payload) in cases6 {
            let found = events(PacketBuilder.webOverIPv6.icmp(type: type, code: code, payload: payload))
            #expect(found == expected, "\(type)/\(code): \(found)")
        }
        #expect(events(PacketBuilder.web.ip(hex("8000000000000000"), IPProtocol.icmpv6)) == [.ipv4WithICMPv6])
    }

    @Test func tcpHeaders() {
        func tcp(_ options: [UInt8]) -> [DecodeEvent] {
            events(PacketBuilder.web.tcp(flags: .syn, sequence: 1, options: options))
        }
        #expect(tcp([2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8]).isEmpty)
        #expect(tcp([1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8]).isEmpty && tcp([5, 2, 1, 1]).isEmpty)
        #expect(tcp([2, 4, 5, 180, 2, 4, 5, 180]) == [.tcpDuplicateOption])
        for bad in [[2, 3, 5, 0], [3, 4, 7, 0], [4, 3, 0, 0], [8, 4, 0, 0], [5, 4, 0, 0], [2, 0, 0, 0], [2, 40, 0, 0]] as [[UInt8]] {
            #expect(tcp(bad) == [.tcpInvalidOptionLength], "\(bad)")
        }
        var long = PacketBuilder.web.tcp(flags: .syn, sequence: 1)
        long[32] = 0xf0
        #expect(events(long) == [.tcpHeaderTooLong])
        long[32] = 0x40
        #expect(events(long) == [.tcpHeaderTooSmall])
    }

    @Test func timestampsAloneAreReadAsAmongOthers() {
        let packet = DecodedPacket(
            raw: PacketBuilder.web.tcp(flags: .ack, sequence: 1, options: [1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8]))
        #expect(packet.tcp.options.timestampValue == 9 && packet.tcp.options.timestampEcho == 8)
    }
}
