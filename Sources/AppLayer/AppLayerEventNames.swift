/// Names of events in rules (`app-layer-event:PROTOCOL.NAME`).
public enum AppLayerEventNames {
    /// Of the recognition of protocols; they belong to a flow, not to a transaction.
    public static let flow: Set<String> = [
        "applayer_mismatch_protocol_both_directions", "applayer_wrong_direction_first_data",
        "applayer_detect_protocol_only_one_direction", "applayer_proto_detection_skipped",
        "applayer_no_tls_after_starttls", "applayer_unexpected_protocol",
    ]

    /// The names that parsers use for what rules call by another one.
    public static func canonical(_ name: String, of appProtocol: AppProtocol) -> String {
        switch (appProtocol, name) {
        case (.dns, "not_a_request"): "not_request"
        case (.dns, "not_a_response"): "not_response"
        default: name
        }
    }

    /// Every event of the protocol, nil where the list is not closed.
    public static func known(_ appProtocol: AppProtocol) -> Set<String>? {
        switch appProtocol {
        case .dns: dns
        case .http1: HTTPEvents.names
        case .ftp: ["request_command_too_long", "response_command_too_long"]
        case .ssh: ["invalid_banner", "long_banner", "invalid_record", "long_kex_record"]
        default: nil
        }
    }

    private static let dns: Set<String> = [
        "malformed_data", "not_request", "not_response", "z_flag_set", "invalid_opcode", "name_too_long",
        "infinite_loop", "too_many_labels", "invalid_authorities", "invalid_additionals",
    ]
}
