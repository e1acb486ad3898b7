import Events
import Foundation
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

struct TunnelTests {
    private let rule = #"drop udp any any -> any any (content:"evil"; sid:1;)"#
    private let inner = PacketBuilder.to(port: 53_000)

    private func gre(_ etherType: UInt16, _ payload: [UInt8]) -> [UInt8] {
        PacketBuilder.web.ip([0, 0, UInt8(etherType >> 8), UInt8(etherType & 0xff)] + payload, 47)
    }

    @Test func whatDropsTheInnerPacketDropsTheFrame() {
        let lab = Lab(rule)
        #expect(lab.send(gre(0x0800, inner.udp(payload: Array("good".utf8)))) == .accept)
        #expect(lab.send(gre(0x0800, inner.udp(payload: Array("evil".utf8)))) == .drop)
        #expect(lab.alerts == ["1!"] && lab.drops.contains("tunnel packet drop"))
    }

    @Test func ipInIPAndTwoDeep() {
        let evil = inner.udp(payload: Array("evil".utf8))
        #expect(Lab(rule).send(PacketBuilder.web.ip(evil, 4)) == .drop)
        #expect(Lab(rule).send(PacketBuilder.web.ip(PacketBuilder.web.ip(evil, 4), 4)) == .drop)
    }

    /// Encrypted PPP in GRE, and a datagram to a tunnel's port that is none.
    @Test func whatCannotBeReadGoesOnItsWay() {
        let lab = Lab(rule)
        #expect(lab.send(gre(0x880b, [0x00, 0xfd, 1, 2, 3, 4])) == .accept)
        var lookalike: [UInt8] = [0x08, 0, 0, 0, 0, 0, 1, 0]
        lookalike += Array(repeating: 0xab, count: 12) + [0x08, 0x00, 0xff, 0xff]
        #expect(lab.send(PacketBuilder.to(port: 4789).udp(payload: lookalike)) == .accept)
        #expect(lab.drops.isEmpty)
    }

    /// The last alert as EVE has it.
    private func alert(_ lab: Lab) throws -> [String: Any] {
        let event = try #require(lab.events.last { if case .alert = $0.body { true } else { false } })
        var encoder = EventEncoder()
        return try #require(try JSONSerialization.jsonObject(with: Data(encoder.line(event))) as? [String: Any])
    }

    @Test func anAlertTellsOfTheTunnel() throws {
        let lab = Lab(#"alert udp any any -> any 53000 (content:"evil"; sid:1;)"#, mode: .detect) { $0.alertsCarryPacket = true }
        let evil = inner.udp(payload: Array("evil".utf8))
        var carrier = PacketBuilder.to(port: 4789)
        carrier.ttl = 9
        lab.send(carrier.udp(payload: hex("08000000 00000100") + Frames.ethernet(0x0800, evil)))
        let alert = try alert(lab)
        #expect(alert["pkt_src"] as? String == "vxlan encapsulation" && alert["dest_port"] as? Int == 53_000)
        let tunnel = try #require(alert["tunnel"] as? [String: Any])
        #expect(tunnel["src_ip"] as? String == "198.18.0.2" && tunnel["dest_ip"] as? String == "198.18.0.3")
        #expect(tunnel["src_port"] as? Int == 40_000 && tunnel["dest_port"] as? Int == 4789)
        #expect(tunnel["proto"] as? String == "UDP" && tunnel["depth"] as? Int == 1)
        #expect(tunnel["pkt_src"] as? String == "wire/pcap")
        // The packet is the inner frame, and it has addresses of its own.
        #expect(alert["packet"] as? String == Data(Frames.ethernet(0x0800, evil)).base64EncodedString())
        #expect((alert["packet_info"] as? [String: Any])?["linktype_name"] as? String == "RAW")
        #expect((alert["ether"] as? [String: String]) == ["src_mac": "02:42:c6:12:00:02", "dest_mac": "02:42:c6:12:00:03"])
    }

    @Test func theOutermostPacketCounts() throws {
        let lab = Lab(rule, mode: .detect)
        let evil = inner.udp(payload: Array("evil".utf8))
        lab.send(PacketBuilder.webOverIPv6.ip(PacketBuilder.web.ip(evil, 4), 4))
        let tunnel = try #require(try alert(lab)["tunnel"] as? [String: Any])
        #expect(tunnel["proto"] as? String == "IP-in-IP" && tunnel["depth"] as? Int == 2 && tunnel["src_port"] as? Int == 0)
        #expect((tunnel["src_ip"] as? String)?.hasPrefix("fd00:0198") == true)
        lab.send(evil)
        #expect(try alert(lab)["tunnel"] == nil)
    }

    /// An alert on a datagram put together shows the datagram, behind the link layer of its fragments.
    @Test(arguments: [PacketBuilder.to(port: 53_000), PacketBuilder.webOverIPv6])
    func theWholeDatagramIsShown(builder: PacketBuilder) throws {
        let lab = Lab(rule, mode: .detect) { $0.alertsCarryPacket = true }
        let whole = builder.udp(payload: Array("a datagram in three fragments: evil".utf8))
        let type: UInt16 = builder.source.family == .ipv4 ? 0x0800 : 0x86dd
        func frame(_ packet: [UInt8]) -> [UInt8] {
            Frames.ethernet(0x8100, [0, 7, UInt8(type >> 8), UInt8(type & 0xff)] + packet)
        }
        for fragment in builder.fragments(of: whole, bytes: 16) { lab.send(frame(fragment), link: .ethernet) }
        let alert = try alert(lab)
        let shown = try #require((alert["packet"] as? String).flatMap { Data(base64Encoded: $0) })
        #expect(Array(shown.suffix(whole.count - 20)) == Array(whole.suffix(whole.count - 20)))
        #expect(shown.count == frame(whole).count && Array(shown.prefix(18)) == Array(frame(whole).prefix(18)))
        #expect(alert["pkt_src"] as? String == "defrag" && alert["vlan"] as? [Int] == [7])
        #expect(alert["dest_port"] as? UInt16 == builder.destinationPort)
        #expect((alert["packet_info"] as? [String: Any])?["linktype"] as? Int == 1)
    }

    @Test func everyEncapsulationIsInspected() {
        for frame in Frames.all {
            let lab = Lab(#"drop udp any any -> any 80 (content:"|01 02 03|"; sid:1;)"#)
            #expect(lab.send(frame.bytes, link: frame.link) == .drop, "\(frame.name)")
        }
    }

    @Test func decodeEventsOfFramesWithoutIP() {
        let rules = """
            alert pkthdr any any -> any any (decode-event:mpls.bad_label_implicit_null; sid:1;)
            alert pkthdr any any -> any any (decode-event:vlan.unknown_type; sid:2;)
            alert ip any any -> any any (sid:3;)
            """
        let lab = Lab(rules)
        #expect(lab.send(Frames.ethernet(0x8847, hex("00003140") + Frames.datagram), link: .ethernet) == .accept)
        lab.send(Frames.ethernet(0x8100, hex("0001 88cc 01")), link: .ethernet)
        lab.send(Frames.ethernet(0x0806, [0]), link: .ethernet)
        #expect(lab.alerts == ["1", "2"])
    }

    @Test func portsOfTunnelsAreConfigured() {
        let evil = inner.udp(payload: Array("evil".utf8))
        let vxlan = hex("08000000 00000100") + Frames.ethernet(0x0800, evil)
        let six = PacketBuilder.webOverIPv6.udp(payload: Array("evil".utf8))
        // The payload shows in either case: only the inner datagram has this port.
        let rule = #"drop udp any any -> any [53000,80] (content:"evil"; sid:1;)"#
        let other = Lab(rule) {
            $0.tunnels.vxlan = [8472]
            $0.tunnels.teredo = nil
        }
        #expect(Lab(rule).send(PacketBuilder.to(port: 8472).udp(payload: vxlan)) == .accept)
        #expect(other.send(PacketBuilder.to(port: 8472).udp(payload: vxlan)) == .drop)
        #expect(other.send(PacketBuilder.to(port: 4789).udp(payload: vxlan)) == .accept)
        #expect(Lab(rule).send(PacketBuilder.to(port: 5000).udp(payload: six)) == .accept)
        #expect(other.send(PacketBuilder.to(port: 5000).udp(payload: six)) == .drop)
        let strict = Lab(rule) { $0.tunnels.checksReservedVXLANBits = true }
        let odd = PacketBuilder.to(port: 4789).udp(payload: hex("08000001 00000100") + vxlan.dropFirst(8))
        #expect(strict.send(odd) == .accept && Lab(rule).send(odd) == .drop)
    }

    /// Types of a request and of its answer make one flow, two requests in opposite directions make two.
    @Test func flowsOfICMP() {
        let lab = Lab("", mode: .detect)
        let (there, back) = (PacketBuilder.web, PacketBuilder.web.reversed)
        lab.send(there.icmp(type: 8, code: 0, rest: 0x0001_0001))
        lab.send(back.icmp(type: 0, code: 0, rest: 0x0001_0001))
        lab.send(back.icmp(type: 8, code: 0, rest: 0x0001_0001))
        lab.finish()
        #expect(lab.flows.map(\.packets.0) == [1, 1] && lab.flows.map(\.packets.1).sorted() == [0, 1])
        let answers = lab.flows.compactMap(\.answeringICMP)
        #expect(answers.count == 1 && answers[0] == (type: 0, code: 0))
    }

    /// Frames that come in mangled are judged, recorded and never end the engine.
    @Test func mangledFrames() {
        var random = SeededRandom(seed: 7348)
        let frames = Frames.all
        for mode in [PipelineConfiguration.Mode.prevent, .detect] {
            let lab = Lab(#"alert ip any any -> any any (content:"|01 02|"; sid:1;)"#, mode: mode) {
                $0.alertsCarryPacket = true
                $0.tunnels.teredo = nil
            }
            for _ in 0..<4000 {
                let frame = frames[Int.random(in: 0..<frames.count, using: &random)]
                var bytes = frame.bytes
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                if Bool.random(using: &random) { bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))) }
                lab.send(bytes, link: frame.link, checksums: Bool.random(using: &random))
            }
            lab.finish()
            var encoder = EventEncoder()
            for event in lab.events { #expect(!encoder.line(event).isEmpty) }
        }
    }
}
