import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Flows of which the ends have changed to encryption.
struct EncryptionHandlingTests {
    /// Alerts on bytes before and after the change, on packets and on the stream; and the flow's state.
    private func alerts(_ handling: EncryptionHandling) -> (alerts: [String], state: String?, verdicts: [Verdict]) {
        let rules = """
            alert tcp any any -> any 443 (content:"first.example"; sid:1;)
            alert tcp any any -> any 443 (content:"secret"; sid:2;)
            alert tcp-pkt any any -> any 443 (content:"secret"; sid:3;)
            alert tls any any -> any 443 (tls.sni; content:"first"; sid:4;)
            alert tcp any any -> any 443 (flags:A+; dsize:40<>60; sid:5;)
            """
        let lab = Lab(rules) { $0.tlsEncryption = handling }
        var talk = Conversation(client: .to(port: 443))
        talk.open()
        talk.send(TLSBytes.clientHello("first.example"), from: .toServer)
        talk.send(TLSBytes.serverHello13, from: .toClient)
        for _ in 0..<3 {
            talk.send(TLSBytes.record(23, Array("secret".utf8) + [UInt8](repeating: 0, count: 40)), from: .toServer)
        }
        let verdicts = lab.send(talk.packets)
        lab.finish()
        return (lab.alerts.sorted(), lab.flows.first?.state, verdicts)
    }

    @Test func everythingIsSearched() {
        let found = alerts(.full)
        #expect(found.alerts.filter { $0 == "1" || $0 == "4" }.count == 2)
        #expect(Set(found.alerts) == ["1", "2", "3", "4", "5"] && found.state == "established")
    }

    @Test func whatIsEncryptedIsNotSearched() {
        let found = alerts(.trackOnly)
        #expect(Set(found.alerts) == ["1", "4", "5"] && found.alerts.filter { $0 == "5" }.count == 3)
        #expect(found.state == "established")
    }

    @Test func theRestGoesBy() {
        let found = alerts(.bypass)
        // The packet that told is judged yet.
        #expect(found.alerts == ["1", "4", "5"] && found.state == "bypassed")
        #expect(found.verdicts.contains(.bypass))
    }
}
