public import Wire

/// What is known of a flow below the application layer.
public struct FlowRecord: Sendable {
    public enum State: UInt8, Sendable, CaseIterable { case new, established, closed }

    public var client = IPAddress(ipv4: 0)
    public var server = IPAddress(ipv4: 0)
    /// For ICMP see `FlowKey`.
    public var clientPort: UInt16 = 0
    public var serverPort: UInt16 = 0
    public var ipProtocol: UInt8 = 0
    /// `FlowKey.place`.
    var place: UInt64 = 0
    public var state = State.new
    /// Type and code of an ICMP flow's first packet.
    public var icmpType: UInt8 = 0
    public var icmpCode: UInt8 = 0
    public var firstSeen = Timestamp(nanoseconds: 0)
    public var lastSeen = Timestamp(nanoseconds: 0)
    /// Indexed by `Direction.index`.
    public var packets: (UInt64, UInt64) = (0, 0)
    public var bytes: (UInt64, UInt64) = (0, 0)
    /// EVE `flow_id`: the same live and replayed, from the key and `firstSeen`. Positive and at most
    /// 2^51 - 1, because readers of JSON keep numbers as doubles (Suricata does the same).
    public var id: UInt64 = 0

    public init() {}

    /// TCP, UDP and SCTP; the ports of other flows are what `FlowKey` has in their place.
    public var hasPorts: Bool {
        ipProtocol == IPProtocol.tcp || ipProtocol == IPProtocol.udp || ipProtocol == IPProtocol.sctp
    }

    /// The record of a flow that starts with `packet`. Its sender is the client, except that the
    /// sender of a SYN/ACK is the server.
    init(startedBy packet: borrowing DecodedPacket, bytes: Int, now: Timestamp) {
        let ports = packet.flowPorts
        let flags = packet.transport == .tcp ? packet.tcp.flags : []
        let isFromServer = flags.isSuperset(of: [.syn, .ack])
        client = isFromServer ? packet.destination : packet.source
        server = isFromServer ? packet.source : packet.destination
        clientPort = isFromServer ? ports.destination : ports.source
        serverPort = isFromServer ? ports.source : ports.destination
        ipProtocol = packet.ipProtocol
        place = packet.flowPlace
        icmpType = packet.icmpType
        icmpCode = packet.icmpCode
        firstSeen = now
        lastSeen = now
        id = max(1, FlowRecord.identity.hash(FlowKey(self), UInt64(bitPattern: now.nanoseconds)) & 0x7_ffff_ffff_ffff)
        count(bytes: bytes, direction: isFromServer ? .toClient : .toServer, now: now)
    }

    /// Not the table's seed: a flow has the same id wherever it is seen.
    private static let identity = FlowHash((0x666c_6f77_5f69_6400, 1))

    /// Direction of a packet of this flow. Within a flow whose two ends are the same address and
    /// port every packet goes to the server.
    public func direction(of packet: borrowing DecodedPacket) -> Direction {
        direction(source: packet.source, sourcePort: packet.flowPorts.source)
    }

    /// The first packet came from the server: client and server change places, and so do their counters.
    public mutating func swapEnds() {
        swap(&client, &server)
        swap(&clientPort, &serverPort)
        packets = (packets.1, packets.0)
        bytes = (bytes.1, bytes.0)
    }

    func direction(source: IPAddress, sourcePort: UInt16) -> Direction {
        source == client && sourcePort == clientPort ? .toServer : .toClient
    }

    mutating func count(bytes length: Int, direction: Direction, now: Timestamp) {
        switch direction {
        case .toServer:
            packets.0 &+= 1
            bytes.0 &+= UInt64(truncatingIfNeeded: length)
        case .toClient:
            packets.1 &+= 1
            bytes.1 &+= UInt64(truncatingIfNeeded: length)
        }
        // A capture's clock may be set back for some packets.
        lastSeen = max(lastSeen, now)
        // TCP's state is the session's to tell.
        if ipProtocol != 6, state == .new, packets.0 > 0, packets.1 > 0 { state = .established }
    }
}
