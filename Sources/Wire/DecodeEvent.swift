/// Anomalies of a single packet. `name` is what `decode-event:` rules and EVE anomaly records use
/// (Suricata's decode-events).
public enum DecodeEvent: UInt8, Error, Sendable, CaseIterable {
    case ipv4PacketTooSmall, ipv4HeaderTooSmall, ipv4LengthTooSmall, ipv4Truncated, ipv4WrongVersion
    case ipv6PacketTooSmall, ipv6Truncated, ipv6TruncatedExtensionHeader, ipv6TooManyExtensionHeaders, ipv6WrongVersion
    case tcpPacketTooSmall, tcpHeaderTooSmall, tcpInvalidOptionLength
    case udpPacketTooSmall, udpLengthInvalid, udpTruncated
    case icmpv4PacketTooSmall, icmpv6PacketTooSmall
    case ethernetPacketTooSmall, vlanHeaderTooSmall, vlanTooManyLayers, linuxCookedPacketTooSmall, nullPacketTooSmall
    case ipv4FragmentTooLarge

    public var name: String { Self.names[Int(rawValue)] }

    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self = Self.allCases[index]
    }

    private static let names = [
        "ipv4.pkt_too_small", "ipv4.hlen_too_small", "ipv4.iplen_smaller_than_hlen", "ipv4.trunc_pkt",
        "ipv4.wrong_ip_version",
        "ipv6.pkt_too_small", "ipv6.trunc_pkt", "ipv6.trunc_exthdr", "ipv6.exthdr_dupl_eh", "ipv6.wrong_ip_version",
        "tcp.pkt_too_small", "tcp.hlen_too_small", "tcp.opt_invalid_len",
        "udp.pkt_too_small", "udp.len_invalid", "udp.hlen_invalid",
        "icmpv4.pkt_too_small", "icmpv6.pkt_too_small",
        "ethernet.pkt_too_small", "vlan.header_too_small", "vlan.too_many_layers", "sll.pkt_too_small",
        "ltnull.pkt_too_small",
        "ipv4.frag_pkt_too_large",
    ]
}

public struct DecodeEventSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ event: DecodeEvent) { rawValue = 1 << UInt64(event.rawValue) }
}
