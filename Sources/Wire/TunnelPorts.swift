/// UDP ports on which datagrams are looked at as tunnels (Suricata's `decoder.*.ports`); an empty list is none.
public struct TunnelPorts: Sendable {
    public var vxlan: PortList = [4789]
    public var geneve: PortList = [6081]
    /// nil: any port, because clients of Teredo behind NAT have any; but then other protocols can look like it.
    public var teredo: PortList? = [3544]
    /// Datagrams whose reserved VXLAN fields are not 0 are not taken for VXLAN.
    public var checksReservedVXLANBits = false

    public init() {}

    /// Four ports at most.
    public struct PortList: Sendable, Equatable, ExpressibleByArrayLiteral {
        public static let capacity = 4
        /// 16 bits for each; unused ones are 0, which no datagram is sent to.
        private var packed: UInt64 = 0

        public init(arrayLiteral ports: UInt16...) {
            for port in ports { _ = insert(port) }
        }

        /// A list of port numbers; `any` for every port.
        /// - Returns: nil for a text that is neither, or more than four ports; `.some(nil)` for every port.
        public static func parse(_ texts: [String]) -> PortList?? {
            if texts == ["any"] { return .some(nil) }
            var ports: PortList = []
            for text in texts {
                guard let port = UInt16(text), port > 0, ports.insert(port) else { return nil }
            }
            return ports
        }

        /// - Returns: false when there is no room.
        public mutating func insert(_ port: UInt16) -> Bool {
            for shift in stride(from: UInt64(0), to: 64, by: 16) {
                let held = UInt16(truncatingIfNeeded: packed >> shift)
                if held == port { return true }
                if held == 0 {
                    packed |= UInt64(port) << shift
                    return true
                }
            }
            return false
        }

        @inline(__always)
        func contains(_ port: UInt16) -> Bool {
            guard packed != 0, port != 0 else { return false }
            return UInt16(truncatingIfNeeded: packed) == port || UInt16(truncatingIfNeeded: packed >> 16) == port
                || UInt16(truncatingIfNeeded: packed >> 32) == port || UInt16(truncatingIfNeeded: packed >> 48) == port
        }
    }
}
