import Flow
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

struct PacketAndStreamTests {
    /// The end of the flow, when the stream is looked at once more, does not tell what a packet has told.
    @Test
    func whatMatchedInAPacketIsToldOnce() {
        let lab = Lab(#"alert tcp any any -> any any (content:"the end"; endswith; sid:1;)"#, mode: .detect) {
            $0.tcp.deliversOnAcknowledgment = true
        }
        var talk = Conversation(client: .web)
        talk.open()
        talk.send(Array("this is the end".utf8), from: .toServer, acknowledges: false)
        _ = lab.send(talk.packets)
        lab.finish()
        #expect(lab.alerts == ["1"])
    }
}
