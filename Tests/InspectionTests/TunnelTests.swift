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
}
