import AppLayer
import RuleLanguage
import Wire

/// Protocol part of a rule header.
struct ProtocolTest: Sendable {
    /// IANA numbers; empty for any.
    var ipProtocols: [UInt8] = []
    var family: IPAddress.Family?
    /// Empty for any.
    var appProtocols: [AppProtocol] = []
    var isPacketOnly = false
    var isStreamOnly = false

    init?(_ name: String) {
        switch name {
        case "ip", "pkthdr": break
        case "ip4", "ipv4": family = .ipv4
        case "ip6", "ipv6": family = .ipv6
        case "tcp": ipProtocols = [IPProtocol.tcp]
        case "tcp-pkt":
            ipProtocols = [IPProtocol.tcp]
            isPacketOnly = true
        case "tcp-stream":
            ipProtocols = [IPProtocol.tcp]
            isStreamOnly = true
        case "udp": ipProtocols = [IPProtocol.udp]
        case "icmp": ipProtocols = [IPProtocol.icmp, IPProtocol.icmpv6]
        case "icmpv4": ipProtocols = [IPProtocol.icmp]
        case "icmpv6": ipProtocols = [IPProtocol.icmpv6]
        case "sctp": ipProtocols = [IPProtocol.sctp]
        default:
            guard let named = AppProtocol.named(name) else { return nil }
            appProtocols = named
            ipProtocols = named.allSatisfy(\.isTCPOnly) ? [IPProtocol.tcp] : named.allSatisfy(\.isUDPOnly) ? [IPProtocol.udp] : []
        }
    }

    func holds(_ packet: DecodedPacket, _ appProtocol: AppProtocol) -> Bool {
        if let family, packet.addressFamily != family { return false }
        if !ipProtocols.isEmpty, !ipProtocols.contains(packet.ipProtocol) { return false }
        return appProtocols.isEmpty || appProtocols.contains(appProtocol)
    }
}

extension AppProtocol {
    fileprivate var isTCPOnly: Bool {
        switch self {
        case .http1, .http2, .doh2, .websocket, .tls, .ssh, .smtp, .ftp, .ftpData, .smb, .imap, .pop3, .rdp, .rfb, .mqtt, .modbus,
            .pgsql, .telnet, .ldap:
            true
        default: false
        }
    }

    fileprivate var isUDPOnly: Bool {
        switch self {
        case .mdns, .ntp, .dhcp, .snmp, .tftp, .ike, .quic, .bittorrentDHT: true
        default: false
        }
    }
}

/// Addresses and ports of a rule header.
struct HeaderTest: Sendable {
    let source: AddressSet
    let sourcePorts: PortSet
    let destination: AddressSet
    let destinationPorts: PortSet
    let isBidirectional: Bool
    let isTransactional: Bool
    let isAny: Bool

    init(_ header: RuleHeader) {
        source = header.source
        sourcePorts = header.sourcePorts
        destination = header.destination
        destinationPorts = header.destinationPorts
        isBidirectional = header.isBidirectional
        isTransactional = header.isTransactional
        isAny = source == .any && destination == .any && sourcePorts.isAny && destinationPorts.isAny
    }

    func holds(_ packet: DecodedPacket, _ direction: Direction = .toServer) -> Bool {
        if isAny { return true }
        let (from, to) = (packet.source, packet.destination)
        let (fromPort, toPort) = (packet.sourcePort, packet.destinationPort)
        let hasPorts = packet.transport.hasPorts
        if isTransactional, direction == .toClient { return matches(to, toPort, from, fromPort, hasPorts) }
        if matches(from, fromPort, to, toPort, hasPorts) { return true }
        return isBidirectional && matches(to, toPort, from, fromPort, hasPorts)
    }

    private func matches(
        _ from: IPAddress, _ fromPort: UInt16, _ to: IPAddress, _ toPort: UInt16, _ hasPorts: Bool
    ) -> Bool {
        if hasPorts {
            guard sourcePorts.contains(fromPort), destinationPorts.contains(toPort) else { return false }
        }
        return source.contains(from) && destination.contains(to)
    }
}

extension PortSet {
    func contains(_ port: UInt16) -> Bool { ranges.contains { $0.contains(port) } }
}

extension AddressSet {
    func contains(_ address: IPAddress) -> Bool {
        if !included.isEmpty, !included.contains(where: { $0.contains(address) }) { return false }
        return !excluded.contains { $0.contains(address) }
    }
}

extension AddressRange {
    func contains(_ address: IPAddress) -> Bool {
        guard isIPv6 == (address.family == .ipv6) else { return false }
        return (address.high, address.low) >= first && (address.high, address.low) <= last
    }
}
