/// Names that `app-layer-event:http.NAME` may use: those of Suricata's http-events.rules, and others of its parser's.
public enum HTTPEvents {
    public static let names: Set<String> = raised.union(unraised)

    private static let raised: Set<String> = [
        "100_continue_already_seen", "abnormal_ce_header", "compression_bomb", "content_length_extra_data_end",
        "content_length_extra_data_start", "double_encoded_uri", "duplicate_content_length_field_in_request",
        "duplicate_content_length_field_in_response", "failed_protocol_change", "file_name_too_long",
        "gzip_decompression_failed", "host_header_ambiguous", "invalid_authority_port",
        "invalid_content_length_field_in_request", "invalid_content_length_field_in_response", "invalid_request_chunk_len",
        "invalid_request_field_folding", "invalid_response_chunk_len", "invalid_response_field_folding",
        "invalid_server_port_in_request", "invalid_transfer_encoding_value_in_request",
        "invalid_transfer_encoding_value_in_response", "lzma_decompression_disabled", "lzma_memlimit_reached",
        "method_delim_non_compliant", "missing_host_header", "multipart_generic_error", "multipart_invalid_header",
        "multipart_no_filedata", "protocol_contains_extra_data", "range_invalid", "request_auth_unrecognized",
        "request_body_length_ambiguous", "request_body_unexpected", "request_chunk_extension", "request_field_missing_colon",
        "request_field_too_long", "request_header_host_invalid", "request_header_invalid", "request_header_repetition",
        "request_line_incomplete", "request_line_invalid", "request_line_leading_whitespace",
        "request_line_missing_protocol", "request_server_port_tcp_port_mismatch", "request_too_many_headers",
        "request_too_many_lzma_layers", "request_uri_host_invalid", "response_abnormal_transfer_encoding",
        "response_body_unexpected", "response_chunk_extension", "response_chunked_old_proto", "response_field_missing_colon",
        "response_field_too_long", "response_header_invalid", "response_header_repetition", "response_invalid_protocol",
        "response_invalid_status", "response_multipart_byteranges", "response_too_many_headers",
        "response_too_many_lzma_layers", "switching_proto_with_content_length", "too_many_encoding_layers",
        "too_many_warnings", "unable_to_match_response_to_request",
    ]

    /// Errors of Suricata's own parser, which traffic does not bring about.
    static let unraised: Set<String> = ["request_body_internal_error", "response_body_internal_error", "unknown_error"]
}
