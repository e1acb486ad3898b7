public import Wire

/// The policy of each host: the longest network that it is in decides.
public struct HostOSPolicies: Sendable {
    /// Of hosts in no network.
    public var standard = HostOSPolicy.first
    private var networks: [(network: IPAddress, prefixLength: Int, policy: HostOSPolicy)] = []

    public init(standard: HostOSPolicy = .first) { self.standard = standard }

    /// - Parameter network: `192.168.0.0/16`, `2001:db8::/32` or an address.
    /// - Returns: false, and changes nothing, when `network` is none.
    public mutating func set(_ policy: HostOSPolicy, for network: String) -> Bool {
        let parts = network.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }), parts.count <= 2 else { return false }
        let width = address.family == .ipv4 ? 32 : 128
        guard let prefixLength = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(prefixLength) else {
            return false
        }
        networks.append((address, prefixLength, policy))
        // In a stable order: of two equal networks the later one counts.
        networks = networks.enumerated()
            .sorted { ($0.element.prefixLength, $0.offset) > ($1.element.prefixLength, $1.offset) }
            .map(\.element)
        return true
    }

    public func policy(of host: IPAddress) -> HostOSPolicy {
        networks.first { host.isIn($0.network, prefixLength: $0.prefixLength) }?.policy ?? standard
    }
}

extension IPAddress {
    fileprivate func isIn(_ network: IPAddress, prefixLength: Int) -> Bool {
        guard family == network.family else { return false }
        let bits = family == .ipv4 ? prefixLength + 96 : prefixLength
        let (highMask, lowMask) = (Self.mask(bits), Self.mask(bits - 64))
        return (high ^ network.high) & highMask == 0 && (low ^ network.low) & lowMask == 0
    }

    /// The first `bits` of 64, all or none where the number is out of range.
    private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits)) }
}
