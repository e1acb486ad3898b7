public import Wire

/// One worker's flows: found by key, aged by packet time, bounded by a memcap.
public struct FlowTable: ~Copyable {
    public init(configuration: FlowTableConfiguration) {}

    public enum Lookup {
        case found(FlowIndex, Direction)
        /// The packet started this flow; its direction is `.toServer`.
        case created(FlowIndex)
        /// `flow.memcap` is reached: the exception policy decides.
        case memcapReached
    }

    /// Finds or makes the packet's flow and counts the packet in it.
    public mutating func flow(for packet: borrowing DecodedPacket, bytes: Int, now: Timestamp) -> Lookup { .memcapReached }

    public subscript(index: FlowIndex) -> FlowRecord {
        get { FlowRecord() }
        set {}
    }

    /// Removes and returns a flow that timed out at `now`, or nil; call until nil, at most a few per packet.
    public mutating func nextExpired(now: Timestamp) -> FlowIndex? { nil }

    /// The record must have been read before: the index is free afterwards.
    public mutating func remove(_ index: FlowIndex) {}

    /// Any flow that is left, for the flush at the end of a capture or of the daemon.
    public var first: FlowIndex? { nil }
}

/// Timeouts are seconds by state, as `flow-timeouts` in suricata.yaml.
public struct FlowTableConfiguration: Sendable {
    public var memcapBytes = 256 << 20
    public init() {}
}

/// What is known of a flow below the application layer.
public struct FlowRecord: Sendable {
    public enum State: UInt8, Sendable { case new, established, closed }

    public var client = IPAddress(ipv4: 0)
    public var server = IPAddress(ipv4: 0)
    public var clientPort: UInt16 = 0
    public var serverPort: UInt16 = 0
    public var ipProtocol: UInt8 = 0
    public var firstSeen = Timestamp(nanoseconds: 0)
    public var lastSeen = Timestamp(nanoseconds: 0)
    /// Indexed by `Direction.index`.
    public var packets: (UInt64, UInt64) = (0, 0)
    public var bytes: (UInt64, UInt64) = (0, 0)
    public var state = State.new
    /// EVE `flow_id`: the same live and replayed, from the key and `firstSeen`.
    public var id: UInt64 = 0
    public init() {}
}
