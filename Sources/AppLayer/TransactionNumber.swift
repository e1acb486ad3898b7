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
    case websocketOpcode, websocketFlags, websocketMask

    /// Protocols whose transactions have the number.
    public var protocols: [AppProtocol] {
        switch self {
        case .uriLength, .uriLengthRaw: [.http1, .http2]
        case .dnsOpcode, .dnsRcode, .dnsRRType: [.dns]
        case .tlsVersion, .tlsState, .tlsCertNotBefore, .tlsCertNotAfter, .tlsCertChainLength: [.tls]
        case .fileSize: AppProtocol.withFiles
        case .http2FrameType, .http2ErrorCode, .http2Priority, .http2Window, .http2SizeUpdate, .http2Settings: [.http2]
        case .websocketOpcode, .websocketFlags, .websocketMask: [.websocket]
        }
    }
}
