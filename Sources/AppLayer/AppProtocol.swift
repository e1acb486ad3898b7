/// The application-layer protocols that the engine tells apart; recognised by content, not by port.
public enum AppProtocol: UInt8, Sendable, CaseIterable {
    /// Not decided yet.
    case unknown
    /// Decided: none of the others.
    case failed
    case http1, http2, websocket, dns, tls, ssh, smtp, ftp, ftpData

    /// As in EVE's `app_proto` and rule headers.
    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .failed: "failed"
        case .http1: "http"
        case .http2: "http2"
        case .websocket: "websocket"
        case .dns: "dns"
        case .tls: "tls"
        case .ssh: "ssh"
        case .smtp: "smtp"
        case .ftp: "ftp"
        case .ftpData: "ftp-data"
        }
    }
}
