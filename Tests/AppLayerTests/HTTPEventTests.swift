@testable import AppLayer
import TestSupport
import Testing
import Wire

/// What is odd about messages, by the names of Suricata's http-events.rules. The sets are whole: nothing else is raised.
struct HTTPEventTests {
    private func events(_ request: String, _ response: String = "", serverPort: UInt16 = 80) -> Set<String> {
        let reader = HTTPReader(ports: ProtocolPorts(client: 50_000, server: serverPort))
        reader.feed(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), .toClient)
        reader.feed(Array(request.utf8), .toServer)
        if !response.isEmpty { reader.feed(Array(response.utf8), .toClient) }
        reader.finish()
        return reader.eventNames
    }

    private static let requests: [(String, [String])] = [
        ("GET / HTTP/1.1\r\nHost: a", []), ("GET\t/ HTTP/1.1\r\nHost: a", ["method_delim_non_compliant"]),
        ("GET /\tHTTP/1.1\r\nHost: a", ["uri_delim_non_compliant"]), ("GET /\u{b}HTTP/1.1\r\nHost: a", ["uri_delim_non_compliant"]),
        (" GET / HTTP/1.1\r\nHost: a", ["request_line_leading_whitespace"]),
        ("GET / HTTP/1.7\r\nHost: a", []), ("MADE / HTTP/1.7\r\nHost: a", ["request_line_invalid"]),
        ("MADE / HTTP/1.1\r\nHost: a", []), ("GET / HTTP/01.1\r\nHost: a", ["protocol_contains_extra_data"]),
        ("GET / HTTP/1.1\r\nX: y", ["missing_host_header"]), ("GET / HTTP/1.0\r\nX: y", []),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a", ["host_header_ambiguous", "request_header_repetition"]),
        ("GET http://b/ HTTP/1.1\r\nHost: a", ["host_header_ambiguous"]), ("GET http://a/ HTTP/1.1\r\nHost: a", []),
        ("GET http://a:x/ HTTP/1.1\r\nHost: a:x", [
            "invalid_authority_port", "request_uri_host_invalid", "invalid_server_port_in_request", "request_header_host_invalid",
        ]),
        ("CONNECT a:70000 HTTP/1.1\r\nHost: a:70000", [
            "invalid_authority_port", "request_uri_host_invalid", "invalid_server_port_in_request", "request_header_host_invalid",
        ]),
        ("GET http://a%/ HTTP/1.1\r\nHost: a%", ["request_uri_host_invalid", "request_header_host_invalid"]),
        ("GET / HTTP/1.1\r\nHost: [::1]:80", []), ("GET / HTTP/1.1\r\nHost: [::1]x", ["request_header_host_invalid"]),
        ("GET / HTTP/1.1\r\nHost: a:8080", ["request_server_port_tcp_port_mismatch"]), ("GET / HTTP/1.1\r\nHost: a:80", []),
        ("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Odd x", ["request_auth_unrecognized"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nX Y: z", ["request_header_invalid"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nX : z", ["request_header_invalid"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\na: 2", ["request_header_repetition"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x", ["invalid_content_length_field_in_request"]),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0x", ["content_length_extra_data_start", "content_length_extra_data_end"]),
    ]

    @Test(arguments: requests) func ofRequests(head: String, expected: [String]) {
        #expect(events(head + "\r\n\r\n") == Set(expected), "\(head)")
    }

    @Test func ofWhatComesBehindARequest() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
        #expect(events(head + "junk\r\n") == ["request_body_unexpected"])
        #expect(events(head + "\r\n") == [])
    }

    private static let responses: [(String, [String])] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.7 200 OK\r\nContent-Length: 0\r\n\r\n", ["response_invalid_protocol"]),
        ("HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", ["response_invalid_status"]),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ["response_chunked_old_proto"]),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", ["response_abnormal_transfer_encoding"]),
        ("HTTP/1.1 206 Some\r\nContent-Type: multipart/byteranges; boundary=b\r\n\r\n", ["response_multipart_byteranges"]),
        ("HTTP/1.1 206 Some\r\nContent-Type: multipart/byteranges\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", ["response_body_unexpected"]), ("HTTP/1.1 204 No\r\n\r\n", []),
        ("HTTP/1.1 200 OK\r\nA: 1\r\nA: 1\r\nContent-Length: 0\r\n\r\n", ["response_header_repetition"]),
        ("HTTP/1.1 206 Some\r\nContent-Range: bytes 5-3/10\r\nContent-Length: 0\r\n\r\n", ["range_invalid"]),
        ("HTTP/1.1 206 Some\r\nContent-Range: bytes 5-10/10\r\nContent-Length: 0\r\n\r\n", ["range_invalid"]),
        ("HTTP/1.1 206 Some\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.1 206 Some\r\nContent-Range: bytes 5-9/*\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.1 416 No\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.1 101 Go\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\n", ["switching_proto_with_content_length"]),
        ("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []),
        ("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ["100_continue_already_seen"]),
    ]

    @Test(arguments: responses) func ofResponses(response: String, expected: [String]) {
        #expect(events("GET / HTTP/1.1\r\nHost: a\r\n\r\n", response) == Set(expected), "\(response)")
    }

    private static let codings: [(String, [String])] = [
        ("gzip", []), ("xgzip", ["abnormal_ce_header"]), ("odd", ["abnormal_ce_header"]), ("br, zstd", []),
        ("gzip, gzip, gzip", ["too_many_encoding_layers"]), ("lzma, lzma", ["response_too_many_lzma_layers"]), ("none", []),
    ]

    @Test(arguments: codings) func ofCodings(coding: String, expected: [String]) {
        let response = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: 0\r\n\r\n"
        #expect(events("GET / HTTP/1.1\r\nHost: a\r\n\r\n", response) == Set(expected))
    }

    @Test func codingsThatAreNotUndone() {
        var limits = AppLayerLimits()
        limits.httpDecodesLZMA = false
        let off = BodyDecoder(encoding: Array("lzma".utf8), limits: limits)
        #expect(off.announced == [.lzmaOff])
    }

    private func form(_ body: String) -> Set<String> {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        return events(head + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private static let forms: [(String, [String])] = [
        ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\ndata\r\n--b--\r\n", []),
        ("--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n\r\n--b--\r\n", ["multipart_no_filedata"]),
        ("--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\r\n--b--\r\n", []),
        ("--b\r\nContent-Type: text/plain\r\n\r\ndata\r\n--b--\r\n", ["multipart_invalid_header"]),
        ("--bad\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\ndata\r\n--b--\r\n", ["multipart_generic_error"]),
        ("--b\r\nContent-Disposition: form-data; name=\"f\"\r\n", ["multipart_generic_error"]),
    ]

    @Test(arguments: forms) func ofForms(body: String, expected: [String]) { #expect(form(body) == Set(expected), "\(body)") }

    @Test func aFileNameWithoutEnd() {
        let path = "/" + String(repeating: "a", count: 5000)
        let reader = HTTPReader()
        reader.feed(Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8), .toServer)
        reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".utf8), .toClient)
        #expect(reader.eventNames == ["file_name_too_long"] && reader.files.first?.name.count == 4096)
    }

    @Test func aConnectionWithoutEndOfOddities() {
        let reader = HTTPReader()
        for _ in 0..<300 {
            reader.feed(Array("GET http://b/ HTTP/1.1\r\nX Y: z\r\nHost: a\r\n\r\n".utf8), .toServer)
            reader.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), .toClient)
        }
        #expect(reader.eventNames == ["host_header_ambiguous", "request_header_invalid", "too_many_warnings"])
    }

    /// 4,000,000 zeros in 142 bytes.
    @Test func aBombIsToldAndReadOn() {
        let frame = hex(
            """
            28b52ffd04684c000008000100fcff39100202001000020010000200100002001000020010000200100002001000020010000200100002
            00100002001000020010000200100002001000020010000200100002001000020010000200100002001000020010000200100002001000
            0200100002001000020010000200100002001000020010000348080059996803
            """)
        var decoder = BodyDecoder(encoding: Array("zstd".utf8), limits: AppLayerLimits())
        var output: [UInt8] = []
        #expect(decoder.decode(frame, into: &output, limit: 8 << 20) == [.bomb])
        #expect(output.count == 4_000_000)
        var patient = AppLayerLimits()
        patient.httpBombLimit = 8 << 20
        decoder = BodyDecoder(encoding: Array("zstd".utf8), limits: patient)
        #expect(decoder.decode(frame, into: &output, limit: 8 << 20) == [])
    }

    @Test func everyNameIsRaisedOrSaidNotToBe() {
        #expect(HTTPEvents.unraised.isSubset(of: HTTPEvents.names))
        #expect(AppLayerEventNames.isRaised("request_line_missing_protocol", of: .http1))
        #expect(!AppLayerEventNames.isRaised("unknown_error", of: .http1))
    }
}
