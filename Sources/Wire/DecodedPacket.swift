/// Where each layer of one packet lies in its bytes, and the header fields that the rest of the
/// engine asks for. A plain value: made once by `PacketDecoder`, valid only together with the
/// bytes it was made from.
///
/// Offsets are in bytes from the first byte of the frame that was decoded.
public struct DecodedPacket: Sendable {
    /// The first fatal defect, or nil. An invalid packet has no usable layer above the one named
    /// by the event.
    public var invalid: DecodeEvent?
    /// All anomalies that were seen, fatal or not (`decode-event` in rules).
    public var events = DecodeEventList()

    /// What the frame starts with.
    public var link = LinkType.rawIP
    public var linkLength = 0
    public var vlans = VLANTags()
    public var layers: LayerSet = []
    public var etherType: UInt16 = 0

    /// Start of the IP header; `ipLength` is header and payload as the IP header says, never more
    /// than was captured.
    public var ipOffset = 0
    public var ipLength = 0
    /// nil for a frame that is not IP.
    public var addressFamily: IPAddress.Family? = nil
    public var source = IPAddress(ipv4: 0)
    public var destination = IPAddress(ipv4: 0)
    /// Time to live or hop limit.
    public var ttl: UInt8 = 0
    /// IPv4 type of service, IPv6 traffic class.
    public var tos: UInt8 = 0
    public var ipID: UInt32 = 0
    public var isFragment = false
    /// Offset of this fragment's data in the datagram, in bytes.
    public var fragmentOffset = 0
    public var moreFragments = false
    /// The bit of IPv4's flags that must be 0.
    public var hasReservedFlag = false
    public var dontFragment = false
    /// The final protocol number, after IPv6 extension headers.
    public var ipProtocol: UInt8 = 0
    public var ipOptions: IPv4OptionSet = []
    /// What this packet carries when its payload is a packet again.
    public var tunnel: Tunnel? = nil
    /// The kind of tunnel that this packet came out of.
    public var carrier: Tunnel.Kind? = nil
    /// 0 on the wire, one more for each tunnel around the packet.
    public var tunnelDepth: UInt8 = 0
    public var flowLabel: UInt32 = 0

    public var transport: Transport = .other
    public var transportOffset = 0
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0
    /// The transport's payload: `frame[payloadOffset ..< payloadOffset + payloadLength]`.
    public var payloadOffset = 0
    public var payloadLength = 0
    public var checksum: ChecksumState = .notVerified

    public var tcp = TCPFields()
    public var icmpType: UInt8 = 0
    public var icmpCode: UInt8 = 0
    /// Identifier and sequence number of a query or its answer, else 0.
    public var icmpID: UInt16 = 0
    public var icmpSequence: UInt16 = 0
    /// MTU of an ICMPv6 Packet Too Big message, else 0.
    public var icmpMTU: UInt32 = 0

    /// VLAN tags and tunnel depth as far as they tell flows apart.
    public var flowPlace: UInt64 = 0

    public init() {}

    /// Queries and their answers have an identifier and a sequence number (RFC 792, RFC 950, RFC 4443).
    public var hasICMPIdentifier: Bool {
        switch transport {
        case .icmp: icmpType == 0 || icmpType == 8 || 13...18 ~= icmpType
        case .icmpv6: icmpType == 128 || icmpType == 129
        default: false
        }
    }

    public enum Transport: UInt8, Sendable {
        case tcp, udp, icmp, icmpv6, sctp, other

        public var hasPorts: Bool { self == .tcp || self == .udp || self == .sctp }
    }

    public enum ChecksumState: UInt8, Sendable { case notVerified, valid, invalidIP, invalidTransport }
}

/// TCP header fields, RFC 9293 section 3.1, with the options that the session needs.
public struct TCPFields: Sendable {
    public var sequence = SequenceNumber(0)
    public var acknowledgment = SequenceNumber(0)
    public var flags: TCPFlags = []
    public var window: UInt16 = 0
    public var urgentPointer: UInt16 = 0
    public var headerLength: UInt8 = 0
    public var options = TCPOptions()

    public init() {}
}
