public import Wire

/// The named buffers that rules look into.
///
/// Source: https://docs.suricata.io/en/suricata-8.0.0/rules/http-keywords.html and its siblings.
public enum Buffer: UInt8, CaseIterable, Hashable, Sendable {
    case httpMethod, httpURI, httpURIRaw, httpProtocol, httpRequestLine, httpHeader, httpHeaderRaw, httpHeaderNames,
        httpHost, httpHostRaw, httpUserAgent, httpCookie, httpReferer, httpAccept, httpAcceptEncoding,
        httpAcceptLanguage, httpConnection, httpContentType, httpContentLength, httpStart, httpRequestHeader,
        httpRequestBody, httpResponseLine, httpStatCode, httpStatMessage, httpLocation, httpServer,
        httpResponseHeader, httpResponseBody
    case http2HeaderName, http2Header
    case fileData, fileName, fileMagic
    case dnsQuery, dnsQueriesName, dnsAnswersName, dnsAuthoritiesName, dnsAdditionalsName, dnsResponseName
    case mdnsQueriesName, mdnsAnswersName, mdnsAuthoritiesName, mdnsAdditionalsName, mdnsResponseName
    case tlsSNI, tlsCerts, tlsCertSubject, tlsCertIssuer, tlsCertSerial, tlsCertFingerprint, tlsALPN,
        tlsSubjectAltName, tlsRandom, tlsRandomTime, tlsRandomBytes, ja3Hash, ja3String, ja3sHash, ja3sString,
        ja4Hash
    case sshProto, sshSoftware, sshHassh, sshHasshString, sshHasshServer, sshHasshServerString
    case smtpHelo, smtpMailFrom, smtpRcptTo, emailFrom, emailTo, emailCc, emailSubject, emailDate, emailMessageID,
        emailXMailer, emailURL, emailReceived
    case ftpCommand, ftpCommandData, ftpReply, ftpCompletionCode
    case websocketPayload
    case ipSource, ipDestination, ipv4Header, ipv6Header, tcpHeader, udpHeader, icmpv4Header, icmpv6Header
    case base64Data
    case frameHTTP1Request, frameHTTP1Response, frameHTTP2PDU, frameHTTP2Header, frameHTTP2Data, frameDNSPDU, frameTLSPDU,
        frameTLSHeader, frameTLSData, frameTLSAlert, frameTLSHeartbeat, frameSSL2Header, frameSSL2PDU, frameSSHRecordHeader,
        frameSSHRecordData, frameSSHRecordPDU, frameSMTPCommandLine, frameSMTPData, frameSMTPResponseLine,
        frameWebSocketPDU, frameWebSocketHeader, frameWebSocketData
    /// All of a direction's bytes, of any protocol that is recognised.
    case frameStream

    /// What a buffer's bytes are taken from.
    public enum Source: Sendable {
        /// A transaction of one of these protocols.
        case transaction([AppProtocol])
        /// The headers of the packet in hand.
        case packet
        /// What `base64_decode` made of another buffer.
        case decoded
        /// A frame in the bytes of one of these protocols.
        case frame([AppProtocol])
    }

    /// The keyword of rules: `http.uri`, `dns.query`, …
    public var keyword: String { Self.definitions[Int(rawValue)].keyword }

    public init?(keyword: String) {
        guard let found = Self.byKeyword[keyword] else { return nil }
        self = found
    }

    /// The direction in which the buffer's bytes travel, nil for both (`http.header`, `file.data`).
    /// A `flow:` option of the rule narrows those.
    public var direction: Direction? { Self.definitions[Int(rawValue)].direction }

    public var source: Source { Self.definitions[Int(rawValue)].source }

    /// Protocols whose transactions have the buffer; empty when it is not a transaction's.
    public var protocols: [AppProtocol] {
        switch source {
        case .transaction(let protocols), .frame(let protocols): protocols
        case .packet, .decoded: []
        }
    }

    /// Lies in the bytes as they came (`frame` in rules): never together with other buffers.
    public var isFrame: Bool { if case .frame = source { true } else { false } }

    /// Of protocols that are recognised only: the buffer never comes up. Whatever has a parser has a list of its events.
    public var isWithoutParser: Bool {
        !protocols.isEmpty && !protocols.contains { AppLayerEventNames.known($0) != nil }
    }

    /// A body or a message: grows while it arrives and is inspected in windows.
    public var isStreamed: Bool {
        self == .httpRequestBody || self == .httpResponseBody || self == .fileData || self == .websocketPayload || isFrame
    }

    /// A transaction may have several of it.
    public var isMultiple: Bool {
        switch self {
        case .fileData, .fileName, .fileMagic, .httpRequestHeader, .httpResponseHeader, .http2HeaderName, .http2Header, .dnsQuery,
            .dnsQueriesName, .dnsAnswersName, .dnsAuthoritiesName, .dnsAdditionalsName, .dnsResponseName, .mdnsQueriesName, .mdnsAnswersName, .mdnsAuthoritiesName,
            .mdnsAdditionalsName, .mdnsResponseName, .tlsCerts,
            .tlsALPN, .tlsSubjectAltName, .smtpRcptTo, .emailURL, .emailReceived, .ftpReply, .ftpCompletionCode:
            true
        default: false
        }
    }

    private struct Definition {
        let keyword: String
        let direction: Direction?
        let source: Source

        init(_ keyword: String, _ direction: Direction?, _ source: Source) {
            self.keyword = keyword
            self.direction = direction
            self.source = source
        }
    }

    private static let byKeyword = Dictionary(uniqueKeysWithValues: allCases.map { ($0.keyword, $0) })
    private static let definitions = allCases.map(\.definition)

    private var definition: Definition {
        switch self {
        case .httpMethod: Definition("http.method", .toServer, .transaction([.http1, .http2]))
        case .httpURI: Definition("http.uri", .toServer, .transaction([.http1, .http2]))
        case .httpURIRaw: Definition("http.uri.raw", .toServer, .transaction([.http1, .http2]))
        case .httpProtocol: Definition("http.protocol", nil, .transaction([.http1, .http2]))
        case .httpRequestLine: Definition("http.request_line", .toServer, .transaction([.http1, .http2]))
        case .httpHeader: Definition("http.header", nil, .transaction([.http1, .http2]))
        case .httpHeaderRaw: Definition("http.header.raw", nil, .transaction([.http1, .http2]))
        case .httpHeaderNames: Definition("http.header_names", nil, .transaction([.http1, .http2]))
        case .httpHost: Definition("http.host", .toServer, .transaction([.http1, .http2]))
        case .httpHostRaw: Definition("http.host.raw", .toServer, .transaction([.http1, .http2]))
        case .httpUserAgent: Definition("http.user_agent", .toServer, .transaction([.http1, .http2]))
        case .httpCookie: Definition("http.cookie", nil, .transaction([.http1, .http2]))
        case .httpReferer: Definition("http.referer", .toServer, .transaction([.http1, .http2]))
        case .httpAccept: Definition("http.accept", .toServer, .transaction([.http1, .http2]))
        case .httpAcceptEncoding: Definition("http.accept_enc", .toServer, .transaction([.http1, .http2]))
        case .httpAcceptLanguage: Definition("http.accept_lang", .toServer, .transaction([.http1, .http2]))
        case .httpConnection: Definition("http.connection", nil, .transaction([.http1, .http2]))
        case .httpContentType: Definition("http.content_type", nil, .transaction([.http1, .http2]))
        case .httpContentLength: Definition("http.content_len", nil, .transaction([.http1, .http2]))
        case .httpStart: Definition("http.start", nil, .transaction([.http1, .http2]))
        case .httpRequestHeader: Definition("http.request_header", .toServer, .transaction([.http1, .http2]))
        case .httpRequestBody: Definition("http.request_body", .toServer, .transaction([.http1, .http2]))
        case .httpResponseLine: Definition("http.response_line", .toClient, .transaction([.http1, .http2]))
        case .httpStatCode: Definition("http.stat_code", .toClient, .transaction([.http1, .http2]))
        case .httpStatMessage: Definition("http.stat_msg", .toClient, .transaction([.http1, .http2]))
        case .httpLocation: Definition("http.location", .toClient, .transaction([.http1, .http2]))
        case .httpServer: Definition("http.server", .toClient, .transaction([.http1, .http2]))
        case .httpResponseHeader: Definition("http.response_header", .toClient, .transaction([.http1, .http2]))
        case .httpResponseBody: Definition("http.response_body", .toClient, .transaction([.http1, .http2]))
        case .http2HeaderName: Definition("http2.header_name", nil, .transaction([.http2]))
        case .http2Header: Definition("http2.header", nil, .transaction([.http2]))
        case .fileData: Definition("file.data", nil, .transaction(AppProtocol.withFiles))
        case .fileName: Definition("file.name", nil, .transaction(AppProtocol.withFiles))
        case .fileMagic: Definition("file.magic", nil, .transaction(AppProtocol.withFiles))
        case .dnsQuery: Definition("dns.query", .toServer, .transaction([.dns, .doh2]))
        case .dnsQueriesName: Definition("dns.queries.rrname", nil, .transaction([.dns, .doh2]))
        case .dnsAnswersName: Definition("dns.answers.rrname", nil, .transaction([.dns, .doh2]))
        case .dnsAuthoritiesName: Definition("dns.authorities.rrname", nil, .transaction([.dns, .doh2]))
        case .dnsAdditionalsName: Definition("dns.additionals.rrname", nil, .transaction([.dns, .doh2]))
        case .dnsResponseName: Definition("dns.response.rrname", .toClient, .transaction([.dns, .doh2]))
        case .mdnsQueriesName: Definition("mdns.queries.rrname", nil, .transaction([.mdns]))
        case .mdnsAnswersName: Definition("mdns.answers.rrname", nil, .transaction([.mdns]))
        case .mdnsAuthoritiesName: Definition("mdns.authorities.rrname", nil, .transaction([.mdns]))
        case .mdnsAdditionalsName: Definition("mdns.additionals.rrname", nil, .transaction([.mdns]))
        case .mdnsResponseName: Definition("mdns.response.rrname", nil, .transaction([.mdns]))
        case .tlsSNI: Definition("tls.sni", .toServer, .transaction([.tls]))
        case .tlsCerts: Definition("tls.certs", nil, .transaction([.tls]))
        case .tlsCertSubject: Definition("tls.cert_subject", nil, .transaction([.tls]))
        case .tlsCertIssuer: Definition("tls.cert_issuer", nil, .transaction([.tls]))
        case .tlsCertSerial: Definition("tls.cert_serial", nil, .transaction([.tls]))
        case .tlsCertFingerprint: Definition("tls.cert_fingerprint", nil, .transaction([.tls]))
        case .tlsALPN: Definition("tls.alpn", nil, .transaction([.tls]))
        case .tlsSubjectAltName: Definition("tls.subjectaltname", .toClient, .transaction([.tls]))
        case .tlsRandom: Definition("tls.random", nil, .transaction([.tls]))
        case .tlsRandomTime: Definition("tls.random_time", nil, .transaction([.tls]))
        case .tlsRandomBytes: Definition("tls.random_bytes", nil, .transaction([.tls]))
        case .ja3Hash: Definition("ja3.hash", .toServer, .transaction([.tls]))
        case .ja3String: Definition("ja3.string", .toServer, .transaction([.tls]))
        case .ja3sHash: Definition("ja3s.hash", .toClient, .transaction([.tls]))
        case .ja3sString: Definition("ja3s.string", .toClient, .transaction([.tls]))
        case .ja4Hash: Definition("ja4.hash", .toServer, .transaction([.tls]))
        case .sshProto: Definition("ssh.proto", nil, .transaction([.ssh]))
        case .sshSoftware: Definition("ssh.software", nil, .transaction([.ssh]))
        case .sshHassh: Definition("ssh.hassh", .toServer, .transaction([.ssh]))
        case .sshHasshString: Definition("ssh.hassh.string", .toServer, .transaction([.ssh]))
        case .sshHasshServer: Definition("ssh.hassh.server", .toClient, .transaction([.ssh]))
        case .sshHasshServerString: Definition("ssh.hassh.server.string", .toClient, .transaction([.ssh]))
        case .smtpHelo: Definition("smtp.helo", .toServer, .transaction([.smtp]))
        case .smtpMailFrom: Definition("smtp.mail_from", .toServer, .transaction([.smtp]))
        case .smtpRcptTo: Definition("smtp.rcpt_to", .toServer, .transaction([.smtp]))
        case .emailFrom: Definition("email.from", .toServer, .transaction([.smtp]))
        case .emailTo: Definition("email.to", .toServer, .transaction([.smtp]))
        case .emailCc: Definition("email.cc", .toServer, .transaction([.smtp]))
        case .emailSubject: Definition("email.subject", .toServer, .transaction([.smtp]))
        case .emailDate: Definition("email.date", .toServer, .transaction([.smtp]))
        case .emailMessageID: Definition("email.message_id", .toServer, .transaction([.smtp]))
        case .emailXMailer: Definition("email.x_mailer", .toServer, .transaction([.smtp]))
        case .emailURL: Definition("email.url", .toServer, .transaction([.smtp]))
        case .emailReceived: Definition("email.received", .toServer, .transaction([.smtp]))
        case .ftpCommand: Definition("ftp.command", .toServer, .transaction([.ftp]))
        case .ftpCommandData: Definition("ftp.command_data", .toServer, .transaction([.ftp]))
        case .ftpReply: Definition("ftp.reply", .toClient, .transaction([.ftp]))
        case .ftpCompletionCode: Definition("ftp.completion_code", .toClient, .transaction([.ftp]))
        case .websocketPayload: Definition("websocket.payload", nil, .transaction([.websocket]))
        case .ipSource: Definition("ip.src", nil, .packet)
        case .ipDestination: Definition("ip.dst", nil, .packet)
        case .ipv4Header: Definition("ipv4.hdr", nil, .packet)
        case .ipv6Header: Definition("ipv6.hdr", nil, .packet)
        case .tcpHeader: Definition("tcp.hdr", nil, .packet)
        case .udpHeader: Definition("udp.hdr", nil, .packet)
        case .icmpv4Header: Definition("icmpv4.hdr", nil, .packet)
        case .icmpv6Header: Definition("icmpv6.hdr", nil, .packet)
        case .base64Data: Definition("base64_data", nil, .decoded)
        case .frameHTTP1Request: Definition("frame:http1.request", .toServer, .frame([.http1]))
        case .frameHTTP1Response: Definition("frame:http1.response", .toClient, .frame([.http1]))
        case .frameHTTP2PDU: Definition("frame:http2.pdu", nil, .frame([.http2, .doh2]))
        case .frameHTTP2Header: Definition("frame:http2.hdr", nil, .frame([.http2, .doh2]))
        case .frameHTTP2Data: Definition("frame:http2.data", nil, .frame([.http2, .doh2]))
        case .frameDNSPDU: Definition("frame:dns.pdu", nil, .frame([.dns]))
        case .frameTLSPDU: Definition("frame:tls.pdu", nil, .frame([.tls]))
        case .frameTLSHeader: Definition("frame:tls.hdr", nil, .frame([.tls]))
        case .frameTLSData: Definition("frame:tls.data", nil, .frame([.tls]))
        case .frameTLSAlert: Definition("frame:tls.alert", nil, .frame([.tls]))
        case .frameTLSHeartbeat: Definition("frame:tls.heartbeat", nil, .frame([.tls]))
        case .frameSSL2Header: Definition("frame:tls.ssl2.hdr", nil, .frame([.tls]))
        case .frameSSL2PDU: Definition("frame:tls.ssl2.pdu", nil, .frame([.tls]))
        case .frameSSHRecordHeader: Definition("frame:ssh.record.hdr", nil, .frame([.ssh]))
        case .frameSSHRecordData: Definition("frame:ssh.record.data", nil, .frame([.ssh]))
        case .frameSSHRecordPDU: Definition("frame:ssh.record.pdu", nil, .frame([.ssh]))
        case .frameSMTPCommandLine: Definition("frame:smtp.command_line", .toServer, .frame([.smtp]))
        case .frameSMTPData: Definition("frame:smtp.data", .toServer, .frame([.smtp]))
        case .frameSMTPResponseLine: Definition("frame:smtp.response_line", .toClient, .frame([.smtp]))
        case .frameWebSocketPDU: Definition("frame:websocket.pdu", nil, .frame([.websocket]))
        case .frameWebSocketHeader: Definition("frame:websocket.header", nil, .frame([.websocket]))
        case .frameWebSocketData: Definition("frame:websocket.data", nil, .frame([.websocket]))
        case .frameStream: Definition("frame:stream", nil, .frame(AppProtocol.allCases.filter { $0 != .unknown && $0 != .failed }))
        }
    }
}
