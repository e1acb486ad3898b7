/// A packet inside another one's payload: `frame[offset ..< offset + length]`.
public struct Tunnel: Sendable {
    /// Raw names as in EVE `pkt_src`.
    public enum Kind: String, Sendable {
        case ipv4 = "ipv4 tunnel"
        case ipv6 = "ipv6 tunnel"
        case gre = "gre tunnel"
        case teredo = "teredo tunnel"
        case vxlan = "vxlan encapsulation"
        case geneve = "geneve encapsulation"
    }

    public var kind: Kind
    public var offset: Int
    public var length: Int
    /// What the inner packet begins with.
    public var link: LinkType
    /// Packets inside packets inside packets end here.
    public static let maximumDepth: UInt8 = 16
}
