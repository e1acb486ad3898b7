public import Wire

/// What EVE's `http` says beside the usual (Suricata's `dump-all-headers` and `custom` of eve-log).
public struct HTTPRecordOptions: Sendable {
    public struct Field: Sendable, Equatable {
        public let header: String
        public let member: String
        public let direction: Direction
    }

    /// Records of type `http` have method, status and the like, as those of alerts and files always do (`extended`).
    public var isExtended = true
    public var dumpsRequestHeaders = false
    public var dumpsResponseHeaders = false
    public var custom: [Field] = []

    public init() {}

    var isEmpty: Bool { !dumpsRequestHeaders && !dumpsResponseHeaders && custom.isEmpty }

    /// - Parameter which: `both`, `request`, `response` or `none`; anything else is refused with false.
    public mutating func dumpHeaders(_ which: String) -> Bool {
        guard ["both", "request", "response", "none"].contains(which) else { return false }
        dumpsRequestHeaders = which == "both" || which == "request"
        dumpsResponseHeaders = which == "both" || which == "response"
        return true
    }

    public mutating func add(_ field: Field) {
        if !custom.contains(field) { custom.append(field) }
    }

    /// The field that a header is told in: its name with `_` for `-`; nil for one that EVE has no field for.
    public static func field(_ header: String) -> Field? {
        let name = header.lowercased().replacing("_", with: "-")
        let direction: Direction
        if requestHeaders.contains(name) {
            direction = .toServer
        } else if responseHeaders.contains(name) {
            direction = .toClient
        } else {
            return nil
        }
        return Field(header: name, member: name.replacing("-", with: "_"), direction: direction)
    }

    /// https://docs.suricata.io/en/suricata-8.0.0/output/eve/eve-json-output.html, "Custom HTTP fields".
    public static let requestHeaders: Set<String> = [
        "accept", "accept-charset", "accept-datetime", "accept-encoding", "accept-language", "authorization", "cache-control",
        "cookie", "dnt", "from", "max-forwards", "org-src-ip", "origin", "pragma", "proxy-authorization", "range", "te",
        "true-client-ip", "via", "x-authenticated-user", "x-bluecoat-via", "x-flash-version", "x-forwarded-proto",
        "x-requested-with",
    ]
    public static let responseHeaders: Set<String> = [
        "accept-range", "age", "allow", "connection", "content-encoding", "content-language", "content-length",
        "content-location", "content-md5", "content-range", "content-type", "date", "etag", "expires", "last-modified", "link",
        "location", "proxy-authenticate", "referrer", "refresh", "retry-after", "server", "set-cookie", "trailer",
        "transfer-encoding", "upgrade", "vary", "warning", "www-authenticate",
    ]
}
