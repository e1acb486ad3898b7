/// Names of buffers in rules: the sticky buffers with their aliases, and the old modifiers that
/// follow a `content`.
enum StickyBuffers {
    /// Canonical name of a sticky-buffer keyword; `pkt_data` and `rawbytes` lead back to the payload ("").
    static let sticky: [String: String] = {
        var names: [String: String] = [:]
        for name in canonical { names[name] = name }
        for (alias, name) in aliases { names[alias] = name }
        return names
    }()

    /// Modifiers after a content, with the sticky buffer that means the same.
    static let modifiers: [String: String] = [
        "http_method": "http.method", "http_uri": "http.uri", "http_raw_uri": "http.uri.raw",
        "http_header": "http.header", "http_raw_header": "http.header.raw", "http_cookie": "http.cookie",
        "http_user_agent": "http.user_agent", "http_host": "http.host", "http_raw_host": "http.host.raw",
        "http_stat_code": "http.stat_code", "http_stat_msg": "http.stat_msg",
        "http_client_body": "http.request_body", "http_server_body": "http.response_body",
        "http_request_line": "http.request_line", "http_protocol": "http.protocol",
    ]

    /// Suricata's own name of a buffer, as it stands in EVE (`metadata.entropy`): `http_uri`, `file_data`, `tls.sni`, …
    static func internalName(_ canonical: String) -> String {
        if let modifier = modifiers.first(where: { $0.value == canonical }) { return modifier.key }
        guard canonical.hasPrefix("http.") || ["file.data", "dns.query"].contains(canonical) else { return canonical }
        return String(canonical.map { $0 == "." ? "_" : $0 })
    }

    private static let aliases: [(String, String)] = [
        ("file_data", "file.data"), ("pkt_data", ""), ("dns_query", "dns.query"),
        ("dns.query.name", "dns.queries.rrname"), ("dns.answer.name", "dns.answers.rrname"), ("tls_sni", "tls.sni"),
        ("tls_cert_subject", "tls.cert_subject"), ("tls_cert_issuer", "tls.cert_issuer"),
        ("tls_cert_serial", "tls.cert_serial"), ("tls_cert_fingerprint", "tls.cert_fingerprint"),
        ("ssh-hassh", "ssh.hassh"), ("ssh-hassh-string", "ssh.hassh.string"),
        ("ssh-hassh-server", "ssh.hassh.server"), ("ssh-hassh-server-string", "ssh.hassh.server.string"),
        ("ssh_proto", "ssh.proto"), ("ssh_software", "ssh.software"), ("ja3_hash", "ja3.hash"),
        ("ja3_string", "ja3.string"), ("http_request_line", "http.request_line"),
        ("http_response_line", "http.response_line"), ("http_protocol", "http.protocol"),
        ("http_start", "http.start"), ("http_header_names", "http.header_names"), ("http_accept", "http.accept"),
        ("http_accept_enc", "http.accept_enc"), ("http_accept_lang", "http.accept_lang"),
        ("http_referer", "http.referer"), ("http_connection", "http.connection"),
        ("http_content_type", "http.content_type"), ("http_content_len", "http.content_len"),
        ("http_refer", "http.referer"), ("file.name", "file.name"),
    ]

    private static let canonical = [
        "http.method", "http.uri", "http.uri.raw", "http.protocol", "http.request_line", "http.header",
        "http.header.raw", "http.header_names", "http.host", "http.host.raw", "http.user_agent", "http.cookie",
        "http.referer", "http.accept", "http.accept_enc", "http.accept_lang", "http.connection",
        "http.content_type", "http.content_len", "http.start", "http.request_header", "http.request_body",
        "http.response_line", "http.stat_code", "http.stat_msg", "http.location", "http.server",
        "http.response_header", "http.response_body", "file.data", "file.name", "file.magic",
        "dns.query", "dns.queries.rrname", "dns.answers.rrname", "dns.authorities.rrname", "dns.additionals.rrname",
        "dns.response.rrname", "mdns.queries.rrname", "mdns.answers.rrname", "mdns.authorities.rrname",
        "mdns.additionals.rrname", "mdns.response.rrname", "tls.sni", "tls.certs", "tls.cert_subject", "tls.cert_issuer", "tls.cert_serial",
        "tls.cert_fingerprint", "tls.version", "tls.alpn", "tls.subjectaltname", "tls.random", "ja3.hash",
        "ja3.string", "ja3s.hash", "ja3s.string", "ja4.hash", "ssh.proto", "ssh.software", "ssh.hassh",
        "ssh.hassh.string", "ssh.hassh.server", "ssh.hassh.server.string", "smtp.helo", "smtp.mail_from",
        "smtp.rcpt_to", "ftp.command", "ftp.command_data", "ftp.reply", "base64_data", "ipv4.hdr", "ipv6.hdr",
        "tcp.hdr", "udp.hdr", "icmpv4.hdr", "icmpv6.hdr", "http2.header_name", "http2.header", "websocket.payload",
        "dns.authorities.rrname", "dns.additionals.rrname", "tls.random_time", "tls.random_bytes", "email.from", "email.to", "email.cc", "email.subject", "email.date", "email.message_id", "email.x_mailer", "email.url", "email.received", "ftp.completion_code", "ip.src", "ip.dst",
    ]

    static let transforms: Set<String> = [
        "to_lowercase", "to_uppercase", "strip_whitespace", "compress_whitespace", "dotprefix", "url_decode",
        "header_lowercase", "strip_pseudo_headers", "to_md5", "to_sha1", "to_sha256", "xor", "from_base64", "gunzip",
        "zlib_deflate", "pcrexform", "luaxform", "domain", "tld", "subslice",
    ]
}
