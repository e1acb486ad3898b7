/// EVE's fields of a packet's headers, as `drop` and `stream_tcp` have them.
public struct PacketHeaderRecord: Sendable {
    public var length = 0
    public var typeOfService: UInt8 = 0
    public var timeToLive: UInt8 = 0
    public var ipID: UInt32 = 0
    /// IPv6 traffic class, flow label and hop limit are written in place of the IPv4 fields.
    public var isIPv6 = false
    public var flowLabel: UInt32 = 0
    public var tcp: TCP?
    public var udpLength: Int?
    public var icmp: (id: UInt16, sequence: UInt16)?

    public struct TCP: Sendable {
        public var sequence: UInt32 = 0
        public var acknowledgment: UInt32 = 0
        public var window: UInt16 = 0
        public var urgentPointer: UInt16 = 0
        /// As in the header's flag byte.
        public var flags: UInt8 = 0
        public init() {}
    }

    public init() {}

    func writeMembers(_ json: inout JSONWriter) {
        json.member("len", length)
        if isIPv6 {
            json.member("tc", typeOfService)
            json.member("flowlbl", flowLabel)
            json.member("hoplimit", timeToLive)
        } else {
            json.member("tos", typeOfService)
            json.member("ttl", timeToLive)
            json.member("ipid", ipID)
        }
        if let tcp { write(tcp, &json) }
        json.member("udplen", udpLength)
        if let icmp {
            json.member("icmp_id", icmp.id)
            json.member("icmp_seq", icmp.sequence)
        }
    }

    private func write(_ tcp: TCP, _ json: inout JSONWriter) {
        json.member("tcpseq", tcp.sequence)
        json.member("tcpack", tcp.acknowledgment)
        json.member("tcpwin", tcp.window)
        json.member("syn", tcp.flags & 0x02 != 0)
        json.member("ack", tcp.flags & 0x10 != 0)
        json.member("psh", tcp.flags & 0x08 != 0)
        json.member("rst", tcp.flags & 0x04 != 0)
        json.member("urg", tcp.flags & 0x20 != 0)
        json.member("fin", tcp.flags & 0x01 != 0)
        json.member("tcpres", 0)
        json.member("tcpurgp", tcp.urgentPointer)
    }
}
