/// Names of events in rules (`app-layer-event:PROTOCOL.NAME`).
public enum AppLayerEventNames {
    /// Of the recognition of protocols; they belong to a flow, not to a transaction.
    public static let flow: Set<String> = [
        "applayer_mismatch_protocol_both_directions", "applayer_wrong_direction_first_data",
        "applayer_detect_protocol_only_one_direction", "applayer_proto_detection_skipped",
        "applayer_no_tls_after_starttls", "applayer_unexpected_protocol",
    ]

    /// Only TLS is ever announced.
    public static let unraisedFlowEvent = "applayer_unexpected_protocol"

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
        case .dns, .doh2, .mdns: dns
        case .http1: HTTPEvents.names
        case .http2: http2
        case .ftp: ["request_command_too_long", "response_command_too_long"]
        case .ssh: ["invalid_banner", "long_banner", "invalid_record", "long_kex_record"]
        case .tls: tls
        case .smtp: smtp
        case .ftpData: []
        case .websocket: ["skip_end_of_payload", "reassembly_limit_reached"]
        default: nil
        }
    }

    /// Whether the engine raises the event; rules on others load and never match.
    public static func isRaised(_ name: String, of appProtocol: AppProtocol) -> Bool {
        guard known(appProtocol) != nil else { return false }
        return switch appProtocol {
        case .http1: !HTTPEvents.unraised.contains(name)
        case .tls: !unraisedTLS.contains(name)
        case .smtp: !unraisedSMTP.contains(name)
        default: true
        }
    }

    private static let unraisedTLS: Set<String> = [
        "invalid_tls_header", "too_many_records_in_packet", "invalid_alert_message", "error_message_encountered",
        "certificate_missing_element", "certificate_unknown_element", "certificate_invalid_string",
        "certificate_invalid_algorithmidentifier", "certificate_invalid_subject", "certificate_invalid_issuer",
        "certificate_invalid_validity",
    ]

    private static let tls: Set<String> = [
        "invalid_sslv2_header", "invalid_tls_header", "invalid_record_version", "invalid_record_type",
        "invalid_record_length", "invalid_handshake_message", "handshake_invalid_length", "heartbeat_message",
        "invalid_heartbeat_message", "overflow_heartbeat_message", "dataleak_heartbeat_mismatch",
        "multiple_sni_extensions", "invalid_sni_type", "invalid_sni_length", "too_many_records_in_packet",
        "invalid_alert_message", "error_message_encountered", "invalid_ssl_record", "invalid_certificate",
        "certificate_missing_element", "certificate_unknown_element", "certificate_invalid_length",
        "certificate_invalid_string", "certificate_invalid_version", "certificate_invalid_serial",
        "certificate_invalid_algorithmidentifier", "certificate_invalid_x509name", "certificate_invalid_date",
        "certificate_invalid_extensions", "certificate_invalid_der", "certificate_invalid_subject",
        "certificate_invalid_issuer", "certificate_invalid_validity",
    ]

    private static let smtp: Set<String> = [
        "invalid_reply", "unable_to_match_reply_with_request", "max_command_line_len_exceeded",
        "max_reply_line_len_exceeded", "invalid_pipelined_sequence", "bdat_chunk_len_exceeded",
        "no_server_welcome_message", "tls_rejected", "data_command_rejected", "failed_protocol_change",
        "mime_parse_failed", "mime_malformed_msg", "mime_invalid_base64", "mime_invalid_qp", "mime_long_line",
        "mime_long_enc_line", "mime_long_header_name", "mime_long_header_value", "mime_long_boundary",
        "mime_long_filename", "unparsable_content", "truncated_line", "duplicate_fields",
    ]

    private static let unraisedSMTP: Set<String> = ["mime_long_filename"]

    private static let http2: Set<String> = [
        "invalid_frame_header", "invalid_client_magic", "invalid_frame_data", "invalid_header", "invalid_frame_length",
        "extra_header_data", "long_frame_data", "stream_id_reuse", "failed_decompression", "invalid_range",
        "header_integer_overflow", "too_many_streams", "authority_host_mismatch", "userinfo_in_uri",
        "reassembly_limit_reached", "dns_request_too_long", "dns_response_too_long", "data_stream_zero",
    ]

    private static let dns: Set<String> = [
        "malformed_data", "not_request", "not_response", "z_flag_set", "invalid_opcode", "name_too_long",
        "infinite_loop", "too_many_labels", "invalid_authorities", "invalid_additionals",
    ]
}
