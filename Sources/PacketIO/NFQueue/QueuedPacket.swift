/// What came with a packet from the queue, besides its bytes. Interface indices are 0 when the
/// packet has none.
public struct QueuedPacket: Equatable, Sendable {
    public var id: UInt32 = 0
    /// EtherType of the packet.
    public var hardwareProtocol: UInt16 = 0
    public var hook: UInt8 = 0
    public var mark: UInt32 = 0
    public var inputInterface: UInt32 = 0
    public var outputInterface: UInt32 = 0
    /// The bridge port that the packet came in by: the sending container's veth.
    public var physicalInput: UInt32 = 0
    public var physicalOutput: UInt32 = 0
    public var flags: SocketBufferFlags = []
    /// Owner of the socket, for packets of this host only.
    public var userID: UInt32? = nil
    public var groupID: UInt32? = nil
    /// `enum ip_conntrack_info`, and the connection's mark, where the kernel has the support.
    public var conntrackInfo: UInt32? = nil
    public var conntrackMark: UInt32? = nil
    /// Bytes of the packet in its interface's queue; equal to the payload's count, because cut
    /// packets are judged by the failure policy.
    public var length = 0

    var slot = 0
    var payloadOffset = 0

    public init() {}

    /// `NFQA_SKB_INFO`.
    public struct SocketBufferFlags: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The checksum is filled in later, by the card or never: it must not be verified.
        public static let checksumNotReady = SocketBufferFlags(rawValue: 1)
        /// Several segments of one flow as one packet.
        public static let gso = SocketBufferFlags(rawValue: 2)
        /// Received, and the checksum was not verified.
        public static let checksumNotVerified = SocketBufferFlags(rawValue: 4)
    }
}
