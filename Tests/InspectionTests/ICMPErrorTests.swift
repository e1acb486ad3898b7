import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// ICMP errors and the flows that they are about.
struct ICMPErrorTests {
    private let builder = PacketBuilder.to(port: 53)

    /// "Port unreachable" about `datagram`, sent by its receiver.
    private func unreachable(_ datagram: [UInt8], type: UInt8 = 3) -> [UInt8] {
        builder.reversed.icmp(type: type, code: type == 3 ? 3 : 0, payload: Array(datagram.prefix(28)))
    }

    @Test func anErrorBelongsToTheFlowThatItIsAbout() {
        let lab = Lab("alert icmp any any -> any any (itype:3; sid:1;)")
        let datagram = builder.udp(payload: [1, 2, 3])
        #expect(lab.send([datagram, unreachable(datagram)]) == [.accept, .accept])
        lab.finish()
        #expect(lab.flows.count == 1 && lab.flows.first.map { $0.packets == (1, 1) } == true)
        #expect(lab.alerts == ["1"])
        let headers = lab.events.filter { if case .alert = $0.body { true } else { false } }.map(\.header)
        #expect(headers.map(\.ipProtocol) == [IPProtocol.icmp] && headers.first?.flowID != nil)
    }

    @Test func theBlockOfAFlowHoldsForItsErrors() {
        let lab = Lab("drop udp any any -> any 53 (sid:1;)")
        let datagram = builder.udp(payload: [1])
        #expect(lab.send([datagram, unreachable(datagram)]) == [.drop, .drop])
        #expect(lab.drops == ["rules 1", "flow drop"])
    }

    @Test func errorsStartNoFlows() {
        let lab = Lab("alert icmp any any -> any any (sid:1;)")
        let datagram = builder.udp(payload: [1])
        // About nothing that came by, of another type, without ports.
        _ = lab.send([
            unreachable(datagram), unreachable(datagram, type: 11),
            builder.reversed.icmp(type: 3, code: 3, payload: Array(datagram.prefix(20))),
        ])
        lab.finish()
        #expect(lab.flows.isEmpty && lab.alerts == ["1", "1", "1"])
    }

    /// Whoever can send an error must not end the connection that it quotes.
    @Test func aRuleOnErrorsDropsTheErrorAlone() {
        let lab = Lab("drop icmp any any -> any any (sid:1;)")
        let datagram = builder.udp(payload: [1])
        #expect(lab.send([datagram, unreachable(datagram), datagram]) == [.accept, .drop, .accept])
        #expect(lab.drops == ["rules 1"])
    }

    /// Nor must an error take the place of the flow's first packet in its direction.
    @Test func rulesOnAddressesStillSeeTheFlow() {
        let lab = Lab("drop udp any 53 -> any any (sid:1;)")
        let datagram = builder.udp(payload: [1])
        #expect(lab.send([datagram, unreachable(datagram), builder.reversed.udp(payload: [2])]) == [.accept, .accept, .drop])
    }
}
