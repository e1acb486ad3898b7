/// EVE `http`: one request and its response.
public struct HTTPRecord: Sendable {
    /// What comes of the response, method and referer are told as well.
    public var isExtended = true
    public var hostname: [UInt8]?
    /// Of the target or the Host header, where it is given there.
    public var port: UInt16?
    public var url: [UInt8]?
    public var userAgent: [UInt8]?
    public var contentType: [UInt8]?
    public var referer: [UInt8]?
    public var method: [UInt8]?
    public var proto: [UInt8]?
    public var status: UInt64?
    /// The status as sent, when it is no number.
    public var statusText: [UInt8]?
    public var redirect: [UInt8]?
    public var contentRange: (raw: [UInt8], first: UInt64, last: UInt64, total: UInt64?)?
    /// Bytes of the response body as it was sent.
    public var length: UInt64 = 0

    /// Headers as sent, where all are told.
    public var requestHeaders: [(name: [UInt8], value: [UInt8])] = []
    public var responseHeaders: [(name: [UInt8], value: [UInt8])] = []
    /// Headers that the operator asked for, each a member of its own.
    public var custom: [(member: String, value: [UInt8])] = []

    /// Of a stream of HTTP/2.
    public var http2: HTTP2Record?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("http") { json in
            json.member("hostname", bytes: hostname)
            json.member("http_port", port)
            json.member("url", bytes: url)
            json.member("http_user_agent", bytes: userAgent)
            json.member("http_content_type", bytes: contentType)
            if isExtended {
                json.member("http_refer", bytes: referer)
                json.member("http_method", bytes: method)
                json.member("protocol", bytes: proto)
                json.member("status", status)
                json.member("status_string", bytes: statusText)
                json.member("redirect", bytes: redirect)
                json.member("length", length)
            }
            http2?.write(&json)
            if http2 == nil {
                json.member("request_headers", headers: requestHeaders)
                json.member("response_headers", headers: responseHeaders)
            }
            for (member, value) in custom where member != "content_range" || contentRange == nil {
                json.member(named: member, bytes: value)
            }
            if let range = contentRange {
                json.object("content_range") { json in
                    json.member("raw", bytes: range.raw)
                    json.member("start", range.first)
                    json.member("end", range.last)
                    json.member("size", range.total)
                }
            }
        }
    }
}

extension JSONWriter {
    /// Names and values in the order in which they were sent; nothing when there are none.
    mutating func member(_ key: StaticString, headers: [(name: [UInt8], value: [UInt8])]) {
        guard !headers.isEmpty else { return }
        array(key) { json in
            for header in headers {
                json.object { json in
                    json.member("name", bytes: header.name)
                    json.member("value", bytes: header.value)
                }
            }
        }
    }
}
