public import Wire

/// Which flow a packet belongs to: both end points, ordered so that the two directions give the
/// same key, and the protocol, and the place: VLAN tags and tunnels around it.
///
/// ICMP has type and code in place of the source port, and the type of the answer in place of the destination port.
public struct FlowKey: Hashable, Sendable {
    let lowHigh: UInt64
    let lowLow: UInt64
    let highHigh: UInt64
    let highLow: UInt64
    /// Port of the lower end, port of the higher end, protocol and family.
    let portsAndProtocol: UInt64
    /// VLAN tags and depth in tunnels, as the configuration wants them told apart.
    let place: UInt64

    public init(
        source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16, ipProtocol: UInt8,
        place: UInt64 = 0
    ) {
        self.place = place
        let isOrdered =
            (source.high, source.low, UInt64(sourcePort)) <= (destination.high, destination.low, UInt64(destinationPort))
        let (first, second) = isOrdered ? (source, destination) : (destination, source)
        let (firstPort, secondPort) = isOrdered ? (sourcePort, destinationPort) : (destinationPort, sourcePort)
        lowHigh = first.high
        lowLow = first.low
        highHigh = second.high
        highLow = second.low
        portsAndProtocol =
            UInt64(firstPort) << 48 | UInt64(secondPort) << 32
            | UInt64(ipProtocol) << 8 | UInt64(source.family.rawValue)
    }

    public init(_ packet: borrowing DecodedPacket) {
        let ports = packet.flowPorts
        self.init(
            source: packet.source, sourcePort: ports.source, destination: packet.destination,
            destinationPort: ports.destination, ipProtocol: packet.ipProtocol, place: packet.flowPlace)
    }

    init(_ record: borrowing FlowRecord) {
        self.init(
            source: record.client, sourcePort: record.clientPort, destination: record.server,
            destinationPort: record.serverPort, ipProtocol: record.ipProtocol, place: record.place)
    }
}

extension DecodedPacket {
    /// What stands for ports in the flow key.
    var flowPorts: (source: UInt16, destination: UInt16) {
        switch transport {
        case .tcp, .udp, .sctp: (sourcePort, destinationPort)
        case .icmp, .icmpv6:
            (UInt16(icmpType) << 8 | UInt16(icmpCode), UInt16(answeringType ?? 0) << 8)
        case .other: (0, 0)
        }
    }
    /// The ICMP type that a packet of this one's type is answered with, or answers.
    private var answeringType: UInt8? {
        switch (transport, icmpType) {
        case (.icmp, 8): 0
        case (.icmp, 0): 8
        case (.icmp, 13), (.icmp, 15), (.icmp, 17): icmpType &+ 1
        case (.icmp, 14), (.icmp, 16), (.icmp, 18): icmpType &- 1
        case (.icmp, 10): 9
        case (.icmp, 9): 10
        case (.icmpv6, 128), (.icmpv6, 130), (.icmpv6, 133), (.icmpv6, 135), (.icmpv6, 139): icmpType &+ 1
        case (.icmpv6, 129), (.icmpv6, 131), (.icmpv6, 134), (.icmpv6, 136), (.icmpv6, 140): icmpType &- 1
        default: nil
        }
    }
}
