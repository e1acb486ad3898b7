import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Exploits in HTTP/2 without TLS do not reach their server whole, however the stream is cut.
struct HTTP2VerdictTests {
    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        [0, UInt8(payload.count >> 8 & 0xff), UInt8(payload.count & 0xff), type, flags, 0, 0, 0, stream] + payload
    }

    private static func header(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    /// Settings, a request's headers and its body.
    static func request(path: String, body: String) -> [UInt8] {
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4)
            + frame(1, flags: 4, stream: 1, header(":method", "POST") + header(":path", path) + header(":authority", "a"))
            + frame(0, flags: 1, stream: 1, Array(body.utf8))
    }

    private static let rules = """
        drop http any any -> any any (http.uri; content:"/../"; sid:1;)
        drop http any any -> any any (http.uri.raw; content:"/.%2e/"; sid:2;)
        drop http any any -> any any (http.request_body; content:"${jndi:"; sid:3;)
        drop http1 any any -> any any (http.method; content:"POST"; sid:4;)
        """

    private static func verdicts(_ bytes: [UInt8], segmentSize: Int) -> (lab: Lab, verdicts: [Verdict]) {
        let lab = Lab(rules)
        var talk = Conversation(client: .web, segmentSize: segmentSize)
        talk.open()
        talk.send(bytes, from: .toServer)
        return (lab, lab.send(talk.packets))
    }

    @Test(arguments: [1, 2, 7, 64, 1460])
    func anExploitDiesBeforeItsLastByte(segmentSize: Int) {
        for (path, body, sid) in [("/cgi-bin/.%2e/.%2e/sh", "a=b", "2!"), ("/login", "user=${jndi:ldap://x}", "3!")] {
            let (lab, verdicts) = Self.verdicts(Self.request(path: path, body: body), segmentSize: segmentSize)
            #expect(lab.alerts == [sid], "\(path)")
            #expect(verdicts.dropLast().last == .drop)
        }
    }

    /// A message of gRPC that is compressed.
    @Test(arguments: [1, 7, 1460])
    func anExploitInGRPCDiesBeforeItsLastByte(segmentSize: Int) {
        let message = hex("1f8b08000000000002ffcb4bcc4db555a9ceca4bc9b4ca49492cb0d2d7afa805002b92882015000000")
        let bytes =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(4)
            + Self.frame(
                1, flags: 4, stream: 1,
                Self.header(":method", "PUT") + Self.header(":path", "/a.B/C") + Self.header("content-type", "application/grpc")
                    + Self.header("grpc-encoding", "gzip"))
            + Self.frame(0, flags: 1, stream: 1, [1, 0, 0, 0, UInt8(message.count)] + message)
        let (lab, verdicts) = Self.verdicts(bytes, segmentSize: segmentSize)
        #expect(lab.alerts == ["3!"] && verdicts.dropLast().last == .drop)
    }

    @Test(arguments: [1, 7, 1460])
    func aNormalRequestPasses(segmentSize: Int) {
        let (lab, verdicts) = Self.verdicts(Self.request(path: "/login", body: "user=jndi"), segmentSize: segmentSize)
        #expect(verdicts.allSatisfy { $0 == .accept } && lab.alerts.isEmpty, "\(lab.drops)")
    }
}
