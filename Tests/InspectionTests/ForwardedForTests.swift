import AppLayer
import Events
import Inspection
import TestSupport
import Testing
import Traffic
import Wire

/// Addresses behind proxies, and what else records of HTTP are told to say.
struct ForwardedForTests {
    private func lab(_ header: String, _ change: (inout PipelineConfiguration) -> Void) -> Lab {
        let lab = Lab("drop http any any -> any any (http.uri; content:\"/bad\"; sid:1;)", change)
        var talk = Conversation.web("GET /a HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\(header)\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 2\r\n\r\nok")
        talk.send(Array("GET /bad HTTP/1.1\r\nHost: h\r\n\(header)\r\n\r\n".utf8), from: .toServer)
        _ = lab.send(talk.packets)
        lab.finish()
        return lab
    }

    private func headers(_ lab: Lab, _ kind: String) -> [EventHeader] {
        // What a blocked flow still sends is dropped without a look at it.
        lab.events.filter { event in
            if case .drop(let drop) = event.body, drop.alert == nil { return false }
            return event.body.name == kind
        }.map(\.header)
    }

    @Test(arguments: [
        ("X-Forwarded-For: 198.18.7.7", ForwardedFor.Deployment.reverse, "198.18.7.7"),
        ("x-forwarded-for: 198.18.7.1, 198.18.7.2:8080", .reverse, "198.18.7.2"),
        ("X-Forwarded-For: 198.18.7.1,198.18.7.2", .forward, "198.18.7.1"),
        ("X-Forwarded-For: 198.18.7.1\r\nX-Forwarded-For: 198.18.7.2", .reverse, "198.18.7.2"),
        ("X-Forwarded-For: [fd00::7]:80", .reverse, "fd00::7"), ("X-Forwarded-For: fd00::7", .forward, "fd00::7"),
        ("X-Forwarded-For: unknown", .reverse, nil), ("X-Forwarded-For: 198.18.7.1,", .reverse, nil), ("X: 198.18.7.1", .reverse, nil),
    ] as [(String, ForwardedFor.Deployment, String?)])
    func whoseAddress(header: String, deployment: ForwardedFor.Deployment, address: String?) throws {
        let lab = lab(header) {
            $0.forwardedFor = ForwardedFor()
            $0.forwardedFor?.deployment = deployment
        }
        let expected = address.flatMap { IPAddress($0) }
        for kind in ["alert", "drop", "http", "fileinfo"] {
            let records = headers(lab, kind)
            #expect(!records.isEmpty && records.allSatisfy { $0.forwardedFor == expected }, "\(kind)")
        }
        #expect(headers(lab, "flow").allSatisfy { $0.forwardedFor == nil })
    }

    @Test func inPlaceOfTheClient() {
        let lab = lab("X-Real-IP: 198.18.7.7") {
            $0.forwardedFor = ForwardedFor()
            $0.forwardedFor?.mode = .overwrite
            $0.forwardedFor?.header = "X-Real-IP"
        }
        let address = IPAddress("198.18.7.7")
        #expect(headers(lab, "alert").allSatisfy { $0.source == address && $0.forwardedFor == nil })
        #expect(headers(lab, "http").allSatisfy { $0.source == address })
        // A file that the server sends travels to the client.
        #expect(headers(lab, "fileinfo").allSatisfy { $0.destination == address && $0.source != address })
        #expect(headers(lab, "flow").allSatisfy { $0.source != address && $0.destination != address })
    }

    @Test func headersInRecords() throws {
        let lab = lab("X: y") { configuration in
            configuration.httpRecords.dumpsResponseHeaders = true
            for header in ["accept-encoding", "Server", "Set-Cookie"] {
                if let field = HTTPRecordOptions.field(header) { configuration.httpRecords.add(field) }
            }
        }
        let record = try #require(lab.requests.first)
        #expect(record.requestHeaders.isEmpty)
        #expect(record.responseHeaders.map { String(decoding: $0.name, as: UTF8.self) } == ["Server", "Content-Length"])
        #expect(record.custom.map(\.member) == ["accept_encoding", "server"])
        #expect(record.custom.map { String(decoding: $0.value, as: UTF8.self) } == ["gzip", "s"])
        #expect(HTTPRecordOptions.field("X-Odd") == nil)
    }
}
