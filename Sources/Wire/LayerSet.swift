/// Layers below IP that are counted.
public struct LayerSet: OptionSet, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let vlan = LayerSet(rawValue: 1 << 0)
    public static let stackedVLAN = LayerSet(rawValue: 1 << 1)
    public static let ieee8021ah = LayerSet(rawValue: 1 << 2)
    public static let vnTag = LayerSet(rawValue: 1 << 3)
    public static let eTag = LayerSet(rawValue: 1 << 4)
    public static let mpls = LayerSet(rawValue: 1 << 5)
    public static let nsh = LayerSet(rawValue: 1 << 6)
    public static let ppp = LayerSet(rawValue: 1 << 7)
    public static let pppoe = LayerSet(rawValue: 1 << 8)
    public static let arp = LayerSet(rawValue: 1 << 9)
    public static let erspan = LayerSet(rawValue: 1 << 10)
    public static let unknownEtherType = LayerSet(rawValue: 1 << 11)

    /// The last part of Suricata's counter `decoder.…`.
    public static let names: [(LayerSet, String)] = [
        (.vlan, "vlan"), (.stackedVLAN, "vlan_qinq"), (.ieee8021ah, "ieee8021ah"), (.vnTag, "vntag"), (.eTag, "etag"),
        (.mpls, "mpls"), (.nsh, "nsh"), (.ppp, "ppp"), (.pppoe, "pppoe"), (.arp, "arp"), (.erspan, "erspan"),
        (.unknownEtherType, "unknown_ethertype"),
    ]
}
