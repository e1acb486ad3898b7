public import Wire

/// EVE `tunnel` of an alert: the packet on the wire around the one that matched.
public struct TunnelRecord: Sendable {
    private let source: IPAddress
    private let sourcePort: UInt16
    private let destination: IPAddress
    private let destinationPort: UInt16
    private let ipProtocol: UInt8
    private let depth: UInt8
    private let packetSource: String

    /// - Parameters:
    ///   - depth: tunnels around the packet that matched.
    ///   - packetSource: EVE `pkt_src` of the outer packet.
    public init(
        source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16, ipProtocol: UInt8,
        depth: UInt8, packetSource: String
    ) {
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
        self.ipProtocol = ipProtocol
        self.depth = depth
        self.packetSource = packetSource
    }

    func write(_ json: inout JSONWriter) {
        json.object("tunnel") { json in
            json.member("src_ip", source.expanded)
            json.member("src_port", sourcePort)
            json.member("dest_ip", destination.expanded)
            json.member("dest_port", destinationPort)
            json.member("proto", IPProtocolNames.name(ipProtocol))
            json.member("depth", depth)
            json.member("pkt_src", packetSource)
        }
    }
}
