public import Wire

/// Numbers of a transaction that rules compare (`urilen`, `dns.opcode`, `tls.version`, …).
public enum TransactionNumber: UInt8, CaseIterable, Hashable, Sendable {
    /// Bytes of the normalised target, and of the target as sent.
    case uriLength, uriLengthRaw
    case dnsOpcode, dnsRcode, dnsRRType
    /// As on the wire: 0x0301 is TLS 1.0.
    case tlsVersion
    /// Bits of `ssl_state`: 1 client hello, 2 server hello, 4 client key exchange, 8 server key exchange, 16 unknown.
    case tlsState
    /// Seconds since 1970 of the server's certificate.
    case tlsCertNotBefore, tlsCertNotAfter
    case tlsCertChainLength
    /// Bytes of a transferred file as far as it has come.
    case fileSize
    case http2FrameType, http2ErrorCode, http2Priority, http2Window, http2SizeUpdate, http2Settings
    /// 0 active, 1 passive.
    case ftpMode
    case ftpDynamicPort
    /// 0 no, 1 yes.
    case ftpReplyReceived
    /// 1 from the server, 2 to the server.
    case ftpDataCommand
    case websocketOpcode, websocketFlags, websocketMask

    /// The direction in which the number is known, nil for both.
    public var direction: Direction? {
        switch self {
        case .ftpMode, .ftpDynamicPort, .ftpReplyReceived: .toClient
        default: nil
        }
    }

    /// Protocols whose transactions have the number.
    public var protocols: [AppProtocol] {
        switch self {
        case .uriLength, .uriLengthRaw: [.http1, .http2]
        case .dnsOpcode, .dnsRcode, .dnsRRType: [.dns, .doh2]
        case .tlsVersion, .tlsState, .tlsCertNotBefore, .tlsCertNotAfter, .tlsCertChainLength: [.tls]
        case .fileSize: AppProtocol.withFiles
        case .http2FrameType, .http2ErrorCode, .http2Priority, .http2Window, .http2SizeUpdate, .http2Settings: [.http2]
        case .ftpMode, .ftpDynamicPort, .ftpReplyReceived: [.ftp]
        case .ftpDataCommand: [.ftpData]
        case .websocketOpcode, .websocketFlags, .websocketMask: [.websocket]
        }
    }
}
