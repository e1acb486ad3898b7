public import Wire

/// The named buffers that rules look into; the raw name is the canonical sticky-buffer keyword.
///
/// Source: https://docs.suricata.io/en/suricata-8.0.0/rules/http-keywords.html and its siblings.
/// New protocols add their buffers here.
public enum Buffer: UInt8, CaseIterable, Sendable {
    case httpMethod, httpURI, httpURIRaw, httpProtocol, httpRequestLine
    case httpHeader, httpHeaderRaw, httpHeaderNames, httpHost, httpHostRaw, httpUserAgent, httpCookie
    case httpReferer, httpAccept, httpAcceptEncoding, httpAcceptLanguage, httpConnection
    case httpContentType, httpContentLength, httpStart, httpRequestHeader
    case httpRequestBody
    case httpResponseLine, httpStatCode, httpStatMessage, httpLocation, httpServer, httpResponseHeader
    case httpResponseBody
    case fileData, fileName
    case dnsQuery, dnsResponseName
    case tlsSNI, tlsCerts, tlsCertSubject, tlsCertIssuer, tlsCertSerial, tlsCertFingerprint
    case tlsVersion, tlsALPN, tlsSubjectAltName
    case ja3Hash, ja3String, ja3sHash, ja3sString, ja4Hash
    case sshProto, sshSoftware
    case smtpHelo, smtpMailFrom, smtpRcptTo
    case ftpCommand, ftpCommandData, ftpReply

    /// The keyword of rules: `http.uri`, `dns.query`, …
    public var keyword: String { Self.keywords[Int(rawValue)] }

    public init?(keyword: String) {
        guard let index = Self.keywords.firstIndex(of: keyword) else { return nil }
        self = Self.allCases[index]
    }

    /// The direction in which the buffer's bytes travel, nil for both (`http.header`, `file.data`).
    /// A `flow:` option of the rule narrows those.
    public var direction: Direction? {
        switch self {
        case .httpMethod, .httpURI, .httpURIRaw, .httpRequestLine, .httpHost, .httpHostRaw, .httpUserAgent,
            .httpReferer, .httpAccept, .httpAcceptEncoding, .httpAcceptLanguage, .httpRequestHeader,
            .httpRequestBody, .dnsQuery, .tlsSNI, .tlsALPN, .ja3Hash, .ja3String, .ja4Hash,
            .smtpHelo, .smtpMailFrom, .smtpRcptTo, .ftpCommand, .ftpCommandData:
            return .toServer
        case .httpResponseLine, .httpStatCode, .httpStatMessage, .httpLocation, .httpServer,
            .httpResponseHeader, .httpResponseBody, .dnsResponseName, .tlsCerts, .tlsCertSubject, .tlsCertIssuer,
            .tlsCertSerial, .tlsCertFingerprint, .tlsSubjectAltName, .ja3sHash, .ja3sString, .ftpReply:
            return .toClient
        default:
            return nil
        }
    }

    /// A body: grows while it arrives and is inspected in windows.
    public var isStreamed: Bool {
        self == .httpRequestBody || self == .httpResponseBody || self == .fileData
    }

    private static let keywords: [String] = [
        "http.method", "http.uri", "http.uri.raw", "http.protocol", "http.request_line",
        "http.header", "http.header.raw", "http.header_names", "http.host", "http.host.raw", "http.user_agent",
        "http.cookie", "http.referer", "http.accept", "http.accept_enc", "http.accept_lang", "http.connection",
        "http.content_type", "http.content_len", "http.start", "http.request_header",
        "http.request_body",
        "http.response_line", "http.stat_code", "http.stat_msg", "http.location", "http.server", "http.response_header",
        "http.response_body",
        "file.data", "file.name",
        "dns.query", "dns.response.rrname",
        "tls.sni", "tls.certs", "tls.cert_subject", "tls.cert_issuer", "tls.cert_serial", "tls.cert_fingerprint",
        "tls.version", "tls.alpn", "tls.subjectaltname",
        "ja3.hash", "ja3.string", "ja3s.hash", "ja3s.string", "ja4.hash",
        "ssh.proto", "ssh.software",
        "smtp.helo", "smtp.mail_from", "smtp.rcpt_to",
        "ftp.command", "ftp.command_data", "ftp.reply",
    ]
}
