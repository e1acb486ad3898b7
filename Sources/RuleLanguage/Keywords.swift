/// What the engine makes of each name that the language has, for diagnostics and `requires`
/// (`suricata --list-keywords`; https://docs.suricata.io/en/suricata-8.0.0/rules/).
enum Keywords {
    /// A rule with this keyword can be run, as far as the name tells.
    static func isSupported(_ name: String) -> Bool {
        StickyBuffers.sticky[name] != nil || StickyBuffers.modifiers[name] != nil
            || StickyBuffers.transforms.contains(name) && !unsupportedTransforms.contains(name)
            || supportedOptions.contains(name)
    }

    /// Names of a sticky buffer of a protocol that is recognised but not parsed, with the protocol.
    static func silentBuffer(_ name: String) -> String? { silentBuffers[name] }

    /// Names of an option with a value, of a protocol that is recognised but not parsed.
    static func silentOption(_ name: String) -> String? { silentOptions[name] }

    /// What to do instead of a keyword that the engine does not have.
    static func advice(_ name: String) -> String? { refused[name] }

    private static let unsupportedTransforms: Set<String> = ["luaxform"]

    static let supportedOptions = options.union(OptionReader.known)

    private static let options: Set<String> = [
        "msg", "sid", "rev", "gid", "classtype", "priority", "reference", "metadata", "target", "requires", "content",
        "uricontent", "nocase", "depth", "offset", "distance", "within", "startswith", "endswith", "rawbytes",
        "fast_pattern", "frame", "pcre", "isdataat", "bsize", "absent", "byte_test", "byte_jump", "byte_extract",
        "byte_math", "base64_decode", "entropy", "asn1", "ftpbounce", "rpc", "replace", "dataset", "datarep", "flow", "flowbits",
        "flowint", "flowvar", "pktvar", "geoip", "xbits", "hostbits", "threshold", "detection_filter", "noalert", "alert", "tag", "prefilter",
        "bypass", "stream_size", "flow.age", "flow.pkts", "flow.pkts_toserver", "flow.pkts_toclient", "flow.bytes",
        "flow.bytes_toserver", "flow.bytes_toclient", "app-layer-protocol", "app-layer-event", "decode-event",
        "engine-event", "stream-event", "iprep", "dsize", "ttl", "tos", "id", "ip_proto", "sameip", "l3_proto", "fragbits",
        "fragoffset", "ipopts", "flags", "tcp.flags", "seq", "tcp.seq", "ack", "tcp.ack", "window", "tcp.window",
        "tcp.mss", "tcp.wscale", "itype", "icode", "icmp_id", "icmp_seq", "icmpv6.mtu", "vlan.id", "vlan.layers",
        "urilen", "ipv4-csum", "tcpv4-csum", "tcpv6-csum", "udpv4-csum", "udpv6-csum", "icmpv4-csum", "icmpv6-csum",
        "filename", "fileext", "filesize", "filemd5", "filesha1", "filesha256", "filestore", "dns.opcode", "dns.rcode",
        "dns.rrtype", "ssl_version", "ssl_state", "tls.version", "tls.subject", "tls.issuerdn", "tls.fingerprint",
        "tls.store", "tls_cert_notbefore", "tls_cert_notafter", "tls_cert_expired", "tls_cert_valid",
        "tls.cert_chain_len", "ssh.protoversion", "ftp.mode", "ftp.dynamic_port", "ftp.reply_received",
        "ftpdata_command", "ssh.softwareversion", "websocket.flags", "websocket.mask", "websocket.opcode",
    ]

    static let refused: [String: String] = [
        "lua": "scripts are not run: say the condition with content, pcre, byte_test and flowint, or leave the rule out",
        "luaxform": "scripts are not run: use the other transforms (pcrexform, from_base64, xor, …) or leave the rule out",
        "config": "what is logged is set in the configuration, not by rules",
        "nfq_set_mark": "packets are not marked: match on the rule's event instead",
        "ndpi-protocol": "there is no nDPI here: use app-layer-protocol",
        "ndpi-risk": "there is no nDPI here",
    ]

    static let silentBuffers: [String: String] = table([
        "dcerpc": ["dce_stub_data", "dcerpc.stub_data"],
        "dnp3": ["dnp3_data", "dnp3.data"],
        "enip": ["enip.product_name", "enip.service_name"],
        "ike": ["ike.init_spi", "ike.resp_spi", "ike.vendor", "ike.key_exchange_payload", "ike.nonce_payload"],
        "krb5": ["krb5.cname", "krb5.sname", "krb5_cname", "krb5_sname"],
        "ldap": [
            "ldap.request.dn", "ldap.responses.dn", "ldap.responses.message", "ldap.request.attribute_type",
            "ldap.request.attributes", "ldap.responses.attribute_type", "ldap.responses.attributes",
        ],
        "mqtt": [
            "mqtt.connect.clientid", "mqtt.connect.username", "mqtt.connect.password", "mqtt.connect.willtopic",
            "mqtt.connect.willmessage", "mqtt.connect.protocol_string", "mqtt.publish.topic", "mqtt.publish.message",
            "mqtt.subscribe.topic", "mqtt.unsubscribe.topic",
        ],
        "pgsql": ["pgsql.query"],
        "quic": ["quic.sni", "quic.ua", "quic.version", "quic.cyu.hash", "quic.cyu.string"],
        "rfb": ["rfb.name"],
        "sip": [
            "sip.method", "sip.uri", "sip.request_line", "sip.stat_code", "sip.stat_msg", "sip.response_line",
            "sip.protocol", "sip.from", "sip.to", "sip.via", "sip.user_agent", "sip.ua", "sip.content_type",
            "sip.content_length",
        ],
        "sdp": [
            "sdp.origin", "sdp.session_name", "sdp.session_info", "sdp.uri", "sdp.email", "sdp.phone_number",
            "sdp.connection_data", "sdp.bandwidth", "sdp.time", "sdp.repeat_time", "sdp.timezone", "sdp.encryption_key",
            "sdp.attribute", "sdp.media.media", "sdp.media.media_info", "sdp.media.connection_data",
            "sdp.media.bandwidth", "sdp.media.encryption_key", "sdp.media.attribute",
        ],
        "smb": [
            "smb.named_pipe", "smb_named_pipe", "smb.share", "smb_share", "smb.ntlmssp_user", "smb.ntlmssp_domain",
        ],
        "snmp": ["snmp.community", "snmp.usm"],
    ])

    static let silentOptions: [String: String] = table([
        "dcerpc": ["dce_iface", "dcerpc.iface", "dce_opnum", "dcerpc.opnum"],
        "dhcp": ["dhcp.leasetime", "dhcp.rebinding_time", "dhcp.renewal_time"],
        "dnp3": ["dnp3_func", "dnp3.func", "dnp3_ind", "dnp3.ind", "dnp3_obj", "dnp3.obj"],
        "enip": [
            "cip_service", "enip_command", "enip.command", "enip.cip_service", "enip.status", "enip.protocol_version",
            "enip.cip_attribute", "enip.cip_instance", "enip.cip_class", "enip.cip_status", "enip.cip_extendedstatus",
            "enip.capabilities", "enip.revision", "enip.identity_status", "enip.state", "enip.serial",
            "enip.product_code", "enip.device_type", "enip.vendor_id",
        ],
        "ike": [
            "ike.chosen_sa_attribute", "ike.exchtype", "ike.version", "ike.key_exchange_payload_length",
            "ike.nonce_payload_length",
        ],
        "krb5": ["krb5_msg_type", "krb5.msg_type", "krb5_err_code", "krb5.err_code", "krb5.ticket_encryption"],
        "ldap": ["ldap.request.operation", "ldap.responses.operation", "ldap.responses.count", "ldap.responses.result_code"],
        "modbus": ["modbus"],
        "mqtt": [
            "mqtt.type", "mqtt.flags", "mqtt.qos", "mqtt.protocol_version", "mqtt.reason_code",
            "mqtt.connack.return_code", "mqtt.connack.session_present", "mqtt.connect.flags",
        ],
        "nfs": ["nfs_procedure", "nfs.procedure", "nfs_version", "nfs.version"],
        "ntp": ["ntp.version", "ntp.mode", "ntp.stratum", "ntp.reference_id"],
        "rfb": ["rfb.sectype", "rfb.secresult"],
        "smb": ["smb.version"],
        "snmp": ["snmp.version", "snmp.pdu_type", "snmp.trap_type"],
    ])

    private static func table(_ lists: [String: [String]]) -> [String: String] {
        var result: [String: String] = [:]
        for (name, keywords) in lists { for keyword in keywords { result[keyword] = name } }
        return result
    }
}

extension Keywords {
    /// A keyword that is near.
    static func suggestion(_ name: String) -> String? {
        let names = Array(StickyBuffers.sticky.keys) + Array(StickyBuffers.modifiers.keys) + Array(supportedOptions)
            + Array(silentBuffers.keys) + Array(silentOptions.keys) + Array(StickyBuffers.transforms)
        return Spelling.nearest(to: name, among: names)
    }
}
