import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Meanings as documented: https://docs.suricata.io/en/suricata-8.0.0/rules/header-keywords.html
struct HeaderKeywordTests {
    /// The sids that match one packet; sids count from 1.
    private func sids(_ options: [String], _ packet: [UInt8], link: LinkType = .rawIP) -> [String] {
        let rules = options.enumerated().map { "alert ip any any -> any any (\($0.element) sid:\($0.offset + 1);)" }
        let lab = Lab(rules.joined(separator: "\n"), mode: .detect)
        lab.send(packet, link: link, checksums: false)
        return lab.alerts
    }

    private func datagram(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
        var packet = PacketBuilder.to(port: 9).udp(payload: [1, 2, 3])
        change(&packet)
        return packet
    }

    @Test(arguments: [
        (0x00, ["!D", "!DR"]), (0x40, ["D", "*DR", "!DR"]), (0x80, ["!D", "*DR", "!DR"]), (0xc0, ["+D", "*DR"]),
    ] as [(UInt8, [String])])
    func flagsOfTheIPHeader(flags: UInt8, matching: [String]) {
        let forms = ["D", "+D", "*DR", "!D", "!DR"]
        let found = sids(forms.map { "fragbits:\($0);" }, datagram { $0[6] = flags })
        #expect(found.sorted() == forms.indices.filter { matching.contains(forms[$0]) }.map { "\($0 + 1)" })
    }

    @Test(arguments: [
        (0x02, ["S", "+S", "*SA", "!SA", "S,12", "!0"]), (0x12, ["+S", "SA+", "*SA", "!0"]), (0, ["!SA", "0", "0,12"]),
        (0xc2, ["+S", "*SA", "!SA", "S,12", "!0"]), (0x40, ["!SA", "!0"]),
    ] as [(UInt8, [String])])
    func flagsOfTheTCPHeader(flags: UInt8, matching: [String]) {
        let forms = ["S", "+S", "SA+", "*SA", "!SA", "S,12", "0", "0,12", "!0"]
        let segment = PacketBuilder.web.tcp(flags: TCPFlags(rawValue: flags), sequence: 1)
        let found = sids(forms.map { "flags:\($0);" }, segment)
        #expect(found.sorted() == forms.indices.filter { matching.contains(forms[$0]) }.map { "\($0 + 1)" })
    }

    @Test func typeOfServiceIsOfIPv4() {
        let forms = ["tos:8;", "tos:x08;", "tos:!X09;", #"tos:"8";"#, "tos:!8;"]
        #expect(sids(forms, datagram { $0[1] = 8 }) == ["1", "2", "3", "4"])
        let overIPv6 = PacketBuilder.webOverIPv6.udp(payload: [1])
        #expect(sids(["tos:0;", "tos:!8;"], overIPv6) == [])
    }

    @Test func protocolsHaveNames() {
        let forms = ["ip_proto:OSPF;", "ip_proto:vrrp;", #"ip_proto:"VRRP";"#, "ip_proto:!VRRP;", "ip_proto:112;"]
        #expect(sids(forms, PacketBuilder.web.ip([UInt8](repeating: 0, count: 20), 112)) == ["2", "3", "5"])
        #expect(sids(forms, PacketBuilder.web.ip([UInt8](repeating: 0, count: 20), 89)) == ["1", "4"])
    }

    @Test(arguments: [(8, 0, true), (0, 0, true), (13, 0, true), (18, 0, true), (3, 1, false), (11, 0, false)] as [(UInt8, UInt8, Bool)])
    func identifiersAreOfQueries(type: UInt8, code: UInt8, hasIdentifier: Bool) {
        let message = PacketBuilder.web.icmp(type: type, code: code, rest: 0, payload: [UInt8](repeating: 0, count: 12))
        #expect(sids(["icmp_id:0;", "icmp_seq:0;"], message) == (hasIdentifier ? ["1", "2"] : []))
    }

    @Test(arguments: [
        ("300", true, false), ("300,1", true, false), ("300,-1", true, false), ("300,0", false, false), (">100,all", true, false),
        (">250,all", false, false), ("count 2", true, false), (">100,nb>1", true, false), ("300,or_absent", true, true),
    ] as [(String, Bool, Bool)])
    func tagsAreAList(test: String, tagged: Bool, untagged: Bool) {
        let frame = Frames.ethernet(0x8100, hex("00c8 8100 012c 0800") + Frames.datagram)
        #expect(sids(["vlan.id:\(test);"], frame, link: .ethernet) == (tagged ? ["1"] : []))
        #expect(sids(["vlan.id:\(test);"], Frames.ethernet(0x0800, Frames.datagram), link: .ethernet) == (untagged ? ["1"] : []))
    }

    /// The fragment that makes a datagram whole is a packet of its own as well.
    @Test func everyFragmentIsSeen() {
        let lab = Lab(
            """
            alert ip any any -> any any (fragoffset:0; fragbits:M; sid:1;)
            alert ip any any -> any any (fragoffset:>0; sid:2;)
            alert udp any any -> any any (flow:only_frag; dsize:40; sid:3;)
            """, mode: .detect)
        let builder = PacketBuilder.to(port: 9)
        _ = lab.send(builder.fragments(of: builder.udp(payload: [UInt8](repeating: 7, count: 40)), bytes: 24))
        #expect(lab.alerts == ["1", "2", "3"])
    }

    @Test func eventsOfTheStreamAreDecodeEventsToo() {
        let rules = """
            alert ip any any -> any any (decode-event:stream.fin_but_no_session; sid:1;)
            alert ip any any -> any any (engine-event:stream.fin_but_no_session; sid:2;)
            """
        let lab = Lab(rules, mode: .detect) { $0.tcp.acceptsMidstream = false }
        lab.send(PacketBuilder.web.tcp(flags: [.fin, .ack], sequence: 1, acknowledgment: 1))
        #expect(lab.alerts == ["1", "2"])
    }
}
