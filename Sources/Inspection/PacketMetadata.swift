public import Wire

/// What came with a packet, besides its bytes.
public struct PacketMetadata: Sendable {
    public var time: Timestamp
    public var link: LinkType
    /// LINKTYPE_ number, as EVE `packet_info` gives it.
    public var linkNumber: UInt32
    /// False when the checksum is not computed yet (`NFQA_SKB_CSUMNOTREADY`) or is not to be checked.
    public var verifiesChecksums: Bool
    /// EVE `pcap_cnt`; counts from 1, 0 when live.
    public var captureNumber: UInt64 = 0
    /// Interface indices as NFQUEUE gave them, 0 when unknown: the bridge ports (NFQA_IFINDEX_PHYSINDEV and PHYSOUTDEV)
    /// first of all.
    public var inputInterface: UInt32 = 0
    public var outputInterface: UInt32 = 0

    public init(time: Timestamp, link: LinkType, verifiesChecksums: Bool) {
        self.time = time
        self.link = link
        linkNumber = link.number
        self.verifiesChecksums = verifiesChecksums
    }
}
