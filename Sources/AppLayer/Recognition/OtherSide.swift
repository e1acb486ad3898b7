import Wire

/// Looks whether the other direction of a flow speaks the protocol that one direction was recognised by
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/app-layer.html#protocol-detection).
struct OtherSide {
    let direction: Direction
    private let appProtocol: AppProtocol
    private var bytes: [UInt8] = []
    /// Bytes after which it is not waited for any longer.
    private static let limit = 512

    /// nil where the protocol is told by one side alone.
    init?(of appProtocol: AppProtocol, recognisedIn direction: Direction) {
        switch appProtocol {
        case .http1, .tls, .ssh, .dns, .ftp, .smtp: break
        default: return nil
        }
        self.appProtocol = appProtocol
        self.direction = direction.reversed
    }

    enum Finding: Equatable { case undecided, agrees, event(StaticName) }

    /// The direction's next bytes.
    mutating func take(_ chunk: Span<UInt8>, _ ports: ProtocolPorts) -> Finding {
        bytes.append(copying: chunk.extracting(first: min(chunk.count, Self.limit - bytes.count)))
        switch ProtocolDetection.guess(bytes, direction, ports) {
        case .recognised(let other):
            return other == appProtocol ? .agrees : .event("applayer_mismatch_protocol_both_directions")
        case .refused: return .event("applayer_detect_protocol_only_one_direction")
        case .undecided:
            return bytes.count < Self.limit ? .undecided : .event("applayer_detect_protocol_only_one_direction")
        }
    }
}

extension AppProtocol {
    /// The client has to speak before the server does.
    var clientSpeaksFirst: Bool {
        switch self {
        case .http1, .http2, .tls, .dns, .smb, .mqtt, .rdp: true
        default: false
        }
    }
}
