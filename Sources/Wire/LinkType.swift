/// What a frame starts with: a link layer, or what a tunnel carries.
public enum LinkType: UInt8, Sendable, CaseIterable {
    case ethernet, rawIP, linuxCooked, linuxCooked2, null, ppp, ciscoHDLC
    /// Inside GRE: the rest of a VLAN tag, a label stack, a service header (RFC 8300), ERSPAN type II.
    case vlan, mpls, nsh, erspan

    /// By LINKTYPE_ number (https://www.tcpdump.org/linktypes.html).
    public init?(number: UInt32) {
        switch number {
        case 0, 108: self = .null
        case 1: self = .ethernet
        case 9, 50: self = .ppp
        case 12, 14, 101, 228, 229: self = .rawIP
        case 104: self = .ciscoHDLC
        case 113: self = .linuxCooked
        case 276: self = .linuxCooked2
        default: return nil
        }
    }

    /// LINKTYPE_ number; raw IP's for what begins inside a tunnel.
    public var number: UInt32 {
        switch self {
        case .null: 0
        case .ethernet: 1
        case .ppp: 9
        case .rawIP, .vlan, .mpls, .nsh, .erspan: 101
        case .ciscoHDLC: 104
        case .linuxCooked: 113
        case .linuxCooked2: 276
        }
    }
}
