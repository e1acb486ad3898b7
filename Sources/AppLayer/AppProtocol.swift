/// The application-layer protocols that the engine tells apart; recognised by content, not by port.
public enum AppProtocol: UInt8, Sendable, CaseIterable {
    /// Not decided yet.
    case unknown
    /// Decided: none of the others.
    case failed
    case http1, http2, doh2, websocket, dns, tls, ssh, smtp, ftp, ftpData
    /// Recognised, so that rules on them apply to the stream; not parsed.
    case smb, dcerpc, imap, pop3, rdp, rfb, mqtt, ntp, dhcp, snmp, sip, tftp, krb5, ike, quic, nfs, modbus, dnp3, enip
    case mdns, pgsql, telnet, ldap, bittorrentDHT

    /// As in EVE's `app_proto` and rule headers.
    public var name: String {
        switch self {
        case .http1: "http"
        case .ftpData: "ftp-data"
        case .bittorrentDHT: "bittorrent-dht"
        default: "\(self)"
        }
    }

    /// Protocols whose transactions transfer files.
    public static let withFiles: [AppProtocol] = [.http1, .http2, .smtp, .ftpData]

    /// The server greets the client.
    var serverSpeaksFirst: Bool { self == .ftp || self == .smtp }

    /// Every protocol that a name of a rule header or of `app-layer-protocol` stands for; nil when there is none.
    public static func named(_ name: String) -> [AppProtocol]? {
        switch name {
        case "http": [.http1, .http2, .doh2]
        case "http2": [.http2, .doh2]
        case "dns": [.dns, .doh2]
        case "ssl": [.tls]
        case "ikev2": [.ike]
        case "unknown": [.unknown]
        default: byName[name].map { [$0] }
        }
    }

    private static let byName: [String: AppProtocol] = {
        var names = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
        names["http1"] = .http1
        return names
    }()
}
