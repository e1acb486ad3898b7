/// Anomalies of a single packet. `name` is what `decode-event:` rules and EVE anomaly records use
/// (Suricata's decode-events). At most 255 of them: they are bytes of `DecodeEventList`.
public enum DecodeEvent: UInt8, Error, Sendable, CaseIterable {
    case
        ipv4PacketTooSmall, ipv4HeaderTooSmall, ipv4LengthTooSmall, ipv4Truncated, ipv4WrongVersion,
        ipv4OptionInvalid, ipv4OptionInvalidLength, ipv4OptionMalformed, ipv4OptionPadRequired, ipv4OptionEndRequired,
        ipv4OptionDuplicate, ipv4OptionUnknown, ipv4WithICMPv6, ipv4UnknownProtocol,
        ipv4FragmentTooLarge, ipv4FragmentOverlap, ipv4FragmentIgnored
    case
        ipv6PacketTooSmall, ipv6Truncated, ipv6TruncatedExtensionHeader, ipv6WrongVersion,
        ipv6DuplicateFragmentHeader, ipv6UselessFragmentHeader, ipv6DuplicateRoutingHeader, ipv6DuplicateHopByHopHeader,
        ipv6DuplicateDestinationHeader, ipv6DuplicateAuthenticationHeader, ipv6InvalidOptionLength,
        ipv6AuthenticationReservedField, ipv6HopByHopUnknownOption, ipv6HopByHopOnlyPadding,
        ipv6DestinationUnknownOption, ipv6DestinationOnlyPadding, ipv6RoutingType0, ipv6EmptyPadding,
        ipv6FragmentReservedField, ipv6DataAfterNoNextHeader, ipv6UnknownNextHeader, ipv6WithICMPv4,
        ipv6FragmentTooLarge, ipv6FragmentOverlap, ipv6FragmentInvalidLength, ipv6FragmentIgnored,
        ipv4InIPv6TooSmall, ipv4InIPv6WrongVersion, ipv6InIPv6TooSmall, ipv6InIPv6WrongVersion
    case
        icmpv4PacketTooSmall, icmpv4UnknownType, icmpv4UnknownCode, icmpv4QuotedTruncated, icmpv4QuotedWrongVersion
    case
        icmpv6PacketTooSmall, icmpv6UnknownType, icmpv6UnknownCode, icmpv6QuotedTruncated, icmpv6QuotedWrongVersion,
        icmpv6ListenerHopLimit, icmpv6UnassignedType, icmpv6ExperimentalType
    case
        tcpPacketTooSmall, tcpHeaderTooSmall, tcpHeaderTooLong, tcpInvalidOptionLength, tcpDuplicateOption
    case
        udpHeaderTooSmall, udpTruncated, udpLengthInvalid
    case
        igmpPacketTooSmall, sctpPacketTooSmall, espPacketTooSmall
    case
        arpPacketTooSmall, arpUnsupportedHardware, arpUnsupportedProtocol, arpInvalidHardwareSize,
        arpInvalidProtocolSize, arpUnsupportedOpcode
    case
        ethernetPacketTooSmall, ethernetUnknownType, vlanHeaderTooSmall, vlanUnknownType, vlanTooManyLayers,
        ieee8021ahHeaderTooSmall, vnTagHeaderTooSmall, vnTagUnknownType, eTagHeaderTooSmall, eTagUnknownType,
        fabricPathPacketTooSmall
    case
        linuxCookedPacketTooSmall, linuxCooked2PacketTooSmall, nullPacketTooSmall, nullUnsupportedType,
        rawInvalidVersion, ciscoHDLCPacketTooSmall
    case
        pppPacketTooSmall, pppCompressedTCPTooSmall, pppIPv4TooSmall, pppIPv6TooSmall, pppWrongType,
        pppUnsupportedProtocol, pppoePacketTooSmall, pppoeWrongCode, pppoeMalformedTags
    case
        mplsHeaderTooSmall, mplsPacketTooSmall, mplsBadRouterAlert, mplsBadImplicitNull, mplsReservedLabel,
        mplsUnknownPayload
    case
        nshHeaderTooSmall, nshUnsupportedVersion, nshBadHeaderLength, nshReservedType, nshUnsupportedType,
        nshUnknownPayload
    case
        grePacketTooSmall, greWrongVersion, greVersion0Recursion, greVersion0Flags, greVersion0HeaderTooBig,
        greVersion0MalformedRoute, greVersion1Checksum, greVersion1Route, greVersion1StrictRoute, greVersion1Recursion,
        greVersion1Flags, greVersion1NoKey, greVersion1WrongProtocol, greVersion1MalformedRoute, greVersion1HeaderTooBig
    case
        erspanHeaderTooSmall, erspanUnsupportedVersion, erspanTooManyVLANLayers
    case
        vxlanUnknownPayload, geneveUnknownPayload, tooManyLayers

    public var name: String { Self.names[Int(rawValue)] }

    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self = Self.allCases[index]
    }

    /// Whether Suricata has an event of this name that this decoder never raises: rules on it load and stay silent.
    public static func isKnownButNeverRaised(_ name: String) -> Bool { silentNames.contains(name) }

    /// In the order of the cases, a line for each of theirs.
    private static let names = [
        "ipv4.pkt_too_small", "ipv4.hlen_too_small", "ipv4.iplen_smaller_than_hlen", "ipv4.trunc_pkt", "ipv4.wrong_ip_version",
        "ipv4.opt_invalid", "ipv4.opt_invalid_len", "ipv4.opt_malformed", "ipv4.opt_pad_required", "ipv4.opt_eol_required",
        "ipv4.opt_duplicate", "ipv4.opt_unknown", "ipv4.icmpv6", "ipv4.unknown_protocol",
        "ipv4.frag_pkt_too_large", "ipv4.frag_overlap", "ipv4.frag_ignored",

        "ipv6.pkt_too_small", "ipv6.trunc_pkt", "ipv6.trunc_exthdr", "ipv6.wrong_ip_version",
        "ipv6.exthdr_dupl_fh", "ipv6.exthdr_useless_fh", "ipv6.exthdr_dupl_rh", "ipv6.exthdr_dupl_hh",
        "ipv6.exthdr_dupl_dh", "ipv6.exthdr_dupl_ah", "ipv6.exthdr_invalid_optlen",
        "ipv6.exthdr_ah_res_not_null", "ipv6.hopopts_unknown_opt", "ipv6.hopopts_only_padding",
        "ipv6.dstopts_unknown_opt", "ipv6.dstopts_only_padding", "ipv6.rh_type_0", "ipv6.zero_len_padn",
        "ipv6.fh_non_zero_reserved_field", "ipv6.data_after_none_header", "ipv6.unknown_next_header", "ipv6.icmpv4",
        "ipv6.frag_pkt_too_large", "ipv6.frag_overlap", "ipv6.frag_invalid_length", "ipv6.frag_ignored",
        "ipv6.ipv4_in_ipv6_too_small", "ipv6.ipv4_in_ipv6_wrong_version", "ipv6.ipv6_in_ipv6_too_small", "ipv6.ipv6_in_ipv6_wrong_version",

        "icmpv4.pkt_too_small", "icmpv4.unknown_type", "icmpv4.unknown_code", "icmpv4.ipv4_trunc_pkt", "icmpv4.ipv4_unknown_ver",

        "icmpv6.pkt_too_small", "icmpv6.unknown_type", "icmpv6.unknown_code", "icmpv6.ipv6_trunc_pkt", "icmpv6.ipv6_unknown_version",
        "icmpv6.mld_message_with_invalid_hl", "icmpv6.unassigned_type", "icmpv6.experimentation_type",

        "tcp.pkt_too_small", "tcp.hlen_too_small", "tcp.invalid_optlen", "tcp.opt_invalid_len", "tcp.opt_duplicate",

        "udp.hlen_too_small", "udp.pkt_too_small", "udp.len_invalid",

        "igmp.pkt_too_small", "sctp.pkt_too_small", "esp.pkt_too_small",

        "arp.pkt_too_small", "arp.unsupported_hardware", "arp.unsupported_protocol", "arp.invalid_hardware_size",
        "arp.invalid_protocol_size", "arp.unsupported_opcode",

        "ethernet.pkt_too_small", "ethernet.unknown_ethertype", "vlan.header_too_small", "vlan.unknown_type", "vlan.too_many_layers",
        "ieee8021ah.header_too_small", "vntag.header_too_small", "vntag.unknown_type", "etag.header_too_small", "etag.unknown_type",
        "dce.pkt_too_small",

        "sll.pkt_too_small", "sll2.pkt_too_small", "ltnull.pkt_too_small", "ltnull.unsupported_type",
        "ipraw.invalid_ip_version", "chdlc.pkt_too_small",

        "ppp.pkt_too_small", "ppp.vju_pkt_too_small", "ppp.ip4_pkt_too_small", "ppp.ip6_pkt_too_small", "ppp.wrong_type",
        "ppp.unsup_proto", "pppoe.pkt_too_small", "pppoe.wrong_code", "pppoe.malformed_tags",

        "mpls.header_too_small", "mpls.pkt_too_small", "mpls.bad_label_router_alert", "mpls.bad_label_implicit_null", "mpls.bad_label_reserved",
        "mpls.unknown_payload_type",

        "nsh.header_too_small", "nsh.unsupported_version", "nsh.bad_header_length", "nsh.reserved_type", "nsh.unsupported_type",
        "nsh.unknown_payload",

        "gre.pkt_too_small", "gre.wrong_version", "gre.version0_recur", "gre.version0_flags", "gre.version0_hdr_too_big",
        "gre.version0_malformed_sre_hdr", "gre.version1_chksum", "gre.version1_route", "gre.version1_ssr", "gre.version1_recur",
        "gre.version1_flags", "gre.version1_no_key", "gre.version1_wrong_protocol", "gre.version1_malformed_sre_hdr", "gre.version1_hdr_too_big",

        "erspan.header_too_small", "erspan.unsupported_version", "erspan.too_many_vlan_layers",

        "vxlan.unknown_payload_type", "geneve.unknown_payload_type", "too_many_layers",
    ]

    /// `exthdr_dupl_eh`: behind an ESP header everything is encrypted, a second one is never seen. The other two are
    /// names that Suricata keeps from older versions and for ARP messages without telling which.
    private static let silentNames: Set<String> = ["ipv6.exthdr_dupl_eh", "udp.hlen_invalid", "arp.unsupported_pkt"]
}
