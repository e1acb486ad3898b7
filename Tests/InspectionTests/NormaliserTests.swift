import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// What makes a receiver's stream depend on what nobody else can know, and how it is taken out.
struct NormaliserTests {
    private let rule = #"alert tcp-stream any any -> any any (content:"abXcd"; sid:1;)"#

    private func opened(_ urgent: TCPConfiguration.UrgentPolicy, _ rules: String) -> Lab {
        let lab = Lab(rules) { $0.tcp.urgentPolicy = urgent }
        var talk = Conversation(client: .web)
        talk.open()
        _ = lab.send(talk.packets)
        return lab
    }

    private func urgent(_ text: String, at offset: UInt32, pointer: UInt16) -> [UInt8] {
        PacketBuilder.web.tcp(
            flags: [.psh, .ack, .urg], sequence: 1001 + offset, acknowledgment: 5001, urgentPointer: pointer,
            payload: Array(text.utf8))
    }

    @Test func urgentMarksAreTakenOut() throws {
        let lab = opened(.clear, rule)
        let packet = urgent("abXcd", at: 0, pointer: 3)
        #expect(lab.send(packet) == .rewrite && lab.alerts == ["1"])
        let sent = try #require(lab.rewritten.last)
        let decoded = DecodedPacket(raw: sent)
        #expect(decoded.checksum == .valid && decoded.tcp.flags == [.psh, .ack] && decoded.tcp.urgentPointer == 0)
        #expect(sent.suffix(5) == packet.suffix(5))
    }

    /// Which of two urgent bytes Linux leaves out depends on when the application reads.
    @Test func onlyTheFirstUrgentByteIsOutOfBand() throws {
        let lab = opened(.outOfBand, #"alert tcp-stream any any -> any any (content:"abcdeYf"; sid:1;)"#)
        #expect(lab.send(urgent("abXcd", at: 0, pointer: 3)) == .accept)
        #expect(lab.send(urgent("eYf", at: 5, pointer: 2)) == .rewrite)
        #expect(try DecodedPacket(raw: #require(lab.rewritten.last)).tcp.flags == [.psh, .ack])
        #expect(lab.alerts == ["1"])
    }

    /// A mark on what the receiver may have already would count only if it has not.
    @Test func urgentMarksOnOldBytesAreTakenOut() {
        let lab = opened(.outOfBand, rule)
        #expect(lab.send(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: Array("abX".utf8))) == .accept)
        #expect(lab.send(urgent("Xcd", at: 2, pointer: 1)) == .rewrite)
        #expect(lab.alerts == ["1"])
    }

    @Test func aDifferingCopyWithAnUrgentMarkLosesBoth() throws {
        let lab = opened(.clear, rule)
        #expect(lab.send(PacketBuilder.web.tcp(flags: .ack, sequence: 1001, acknowledgment: 5001, payload: Array("abX".utf8))) == .accept)
        #expect(lab.send(urgent("zzzcd", at: 0, pointer: 5)) == .rewrite)
        let sent = try #require(lab.rewritten.last)
        let decoded = DecodedPacket(raw: sent)
        #expect(decoded.checksum == .valid && !decoded.tcp.flags.contains(.urg) && Array(sent.suffix(5)) == Array("abXcd".utf8))
    }

    /// A SYN/ACK that nobody has asked for says nothing of who the client is.
    @Test func aSYNACKAheadOfTheHandshake() {
        for flags in [[.syn, .ack], [.syn, .rst, .ack]] as [TCPFlags] {
            let lab = Lab(#"alert tcp-stream any any -> any 80 (flow:to_server; content:"abcd"; sid:1;)"#) {
                $0.tcp.acceptsMidstream = false
            }
            lab.send(PacketBuilder.web.tcp(flags: flags, sequence: 7, acknowledgment: 9))
            var talk = Conversation(client: .web)
            talk.open()
            talk.send(Array("abcd".utf8), from: .toServer)
            #expect(lab.send(talk.packets).allSatisfy { $0 == .accept } && lab.alerts == ["1"])
        }
    }

    /// Nobody else's SYN: the connection that it would follow goes on.
    @Test func aDamagedSYNStartsNoConnection() {
        let lab = Lab(#"alert tcp-stream any any -> any any (content:"abcd"; sid:1;)"#)
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("ab".utf8), from: .toServer)
        talk.close()
        _ = lab.send(talk.packets)
        var syn = PacketBuilder.web.tcp(flags: .syn, sequence: 77_777)
        syn[37] ^= 0x5a
        #expect(lab.send(syn) == .drop)
        #expect(lab.flows.isEmpty)
        syn[37] ^= 0x5a
        #expect(lab.send(syn) == .accept)
        #expect(lab.flows.count == 1)
    }

    /// The receiver holds the first fragment of a datagram whose last one was dropped: another last one would make it
    /// a datagram that nobody inspected.
    @Test(arguments: [PacketBuilder.web, .webOverIPv6])
    func fragmentsOfADroppedDatagramAreNotUsedAgain(builder: PacketBuilder) {
        let lab = Lab(#"drop udp any any -> any any (content:"evil"; sid:1;)"#)
        let evil = builder.fragments(of: builder.udp(payload: Array("................evil".utf8)), bytes: 16)
        let good = builder.fragments(of: builder.udp(payload: Array(".........good...evil".utf8)), bytes: 16)
        #expect(lab.send(evil[0]) == .accept)
        #expect(lab.send(evil[1]) == .drop)
        #expect(lab.send(good[0]) == .drop)
        #expect(lab.send(good[1]) == .drop)
    }
}
