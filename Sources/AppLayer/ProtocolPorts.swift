import Wire

/// A flow's ports, which help to tell the protocol where content alone leaves doubt.
public struct ProtocolPorts: Sendable {
    public var client: UInt16
    public var server: UInt16
    /// Ports on which less is asked of content to be DNS.
    public var dns: [UInt16]

    public init(client: UInt16 = 0, server: UInt16 = 0, dns: [UInt16] = []) {
        self.client = client
        self.server = server
        self.dns = dns
    }

    /// RFC 6762, section 5: questions and answers go to this port.
    var isMulticastDNS: Bool { server == 5353 || client == 5353 }

    var isDNS: Bool { dns.contains(server) }

    /// Whether the first payload of a flow whose beginning was not seen shows that its sender is the server.
    /// A packet to a port of DNS is from a client whatever it says.
    public func isFromServer(_ payload: Span<UInt8>, isDatagram: Bool) -> Bool {
        var bytes: [UInt8] = []
        bytes.append(copying: payload.extracting(first: min(payload.count, 512)))
        guard !isDNS, !isMulticastDNS, DNSProbe.isResponse(bytes, at: isDatagram ? 0 : 2) else { return false }
        let isServerPort = dns.contains(client)
        if isDatagram { return DNSProbe.datagram(bytes, length: payload.count, isServerPort: isServerPort) }
        return DNSProbe.stream(bytes, isServerPort: isServerPort) == .yes
    }
}
