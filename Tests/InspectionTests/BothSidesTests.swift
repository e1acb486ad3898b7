import Detection
import Inspection
import RuleLanguage
import TestSupport
import Testing
import Traffic
import Wire

/// Rules with `=>`: buffers of a request and of its answer in one rule.
struct BothSidesTests {
    private func alerts(_ options: String, header: String = "alert http any any => any 80") -> [String] {
        let lab = Lab("\(header) (\(options) sid:1;)")
        var talk = Conversation.web("GET /download HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        talk.answer("HTTP/1.1 200 OK\r\nServer: Apache\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
        talk.send(Array("GET /other HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .toServer)
        talk.answer("HTTP/1.1 404 Gone\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n")
        _ = lab.send(talk.packets)
        lab.finish()
        return lab.alerts
    }

    @Test(arguments: [
        (#"http.uri; content:"/download"; http.stat_code; content:"200";"#, 1),
        (#"http.uri; content:"/download"; http.stat_code; content:"404";"#, 0),
        (#"http.uri; content:"/other"; http.stat_code; content:"200";"#, 0),
        (#"http.uri; content:"/other"; http.server; content:"nginx"; fast_pattern;"#, 1),
        (#"http.uri; content:"down"; http.server; content:"nginx"; fast_pattern;"#, 0),
        (#"http.connection: to_server; content:"keep"; http.connection: to_client; content:"close";"#, 1),
        (#"http.connection: to_server; content:"close"; http.connection: to_client; content:"keep";"#, 0),
        (#"http.uri; content:"/download"; filesize: to_client, <10;"#, 1),
        (#"http.uri; content:"/download"; filesize: to_client, >10;"#, 0),
    ])
    func bothSidesOfOneTransactionMatch(options: String, count: Int) {
        #expect(alerts(options).count == count, "\(options)")
    }

    @Test func theClientIsTheSourceOnBothWays() {
        let options = #"http.uri; content:"/download"; http.stat_code; content:"200";"#
        #expect(alerts(options, header: "alert http any 80 => any any").isEmpty)
        #expect(alerts(options, header: "alert http any any => any any").count == 1)
    }

    @Test(arguments: [
        #"alert http any any => any any (http.connection; content:"a"; http.uri; content:"b"; sid:1;)"#,
        #"alert http any any -> any any (http.connection: to_client; content:"a"; sid:1;)"#,
        #"alert http any any => any any (http.uri: to_client; content:"a"; sid:1;)"#,
        #"alert http any any => any any (flow:to_server; http.uri; content:"a"; sid:1;)"#,
        #"alert tcp any any => any any (content:"a"; sid:1;)"#,
    ])
    func whatIsAmbiguousIsRefused(rule: String) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let problems = parsed.diagnostics + RuleSet.compile(parsed.rules).1
        #expect(problems.map(\.severity) == [.error], "\(rule)")
    }

    /// Rules that wait for what never comes load, and say so.
    @Test(arguments: [
        "alert ip any any -> any any (decode-event:ipv6.exthdr_dupl_eh; sid:1;)",
        "alert tcp any any -> any any (app-layer-event:tls.too_many_records_in_packet; sid:1;)",
        "alert http any any -> any any (app-layer-event:http.unknown_error; sid:1;)",
        "alert smtp any any -> any any (app-layer-event:smtp.mime_long_filename; sid:1;)",
        #"alert krb5 any any -> any any (krb5.cname; content:"a"; sid:1;)"#,
    ])
    func silentRulesAreWarnedAbout(rule: String) {
        let parsed = RuleParser().parse(file: "lab.rules", bytes: Array(rule.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules)
        #expect(set.rules.count == 1)
        #expect((parsed.diagnostics + problems).map(\.severity) == [.warning], "\(rule)")
    }
}
