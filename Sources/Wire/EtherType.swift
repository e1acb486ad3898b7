/// EtherTypes that the engine tells apart (IEEE 802 numbers).
public enum EtherType {
    public static let ipv4: UInt16 = 0x0800
    public static let arp: UInt16 = 0x0806
    public static let vlan: UInt16 = 0x8100
    public static let ipv6: UInt16 = 0x86dd
    public static let ppp: UInt16 = 0x880b
    public static let mpls: UInt16 = 0x8847
    public static let mplsMulticast: UInt16 = 0x8848
    public static let pppoeDiscovery: UInt16 = 0x8863
    public static let pppoeSession: UInt16 = 0x8864
    public static let serviceVLAN: UInt16 = 0x88a8
    /// ERSPAN types I and II, in GRE.
    public static let erspan: UInt16 = 0x88be
    /// IEEE 802.1ah, the I-tag of provider backbone bridges.
    public static let backboneServiceTag: UInt16 = 0x88e7
    /// Cisco FabricPath (DCE).
    public static let fabricPath: UInt16 = 0x8903
    public static let vnTag: UInt16 = 0x8926
    /// IEEE 802.1BR.
    public static let eTag: UInt16 = 0x893f
    public static let nsh: UInt16 = 0x894f
    public static let oldServiceVLAN: UInt16 = 0x9100
    public static let transparentBridging: UInt16 = 0x6558
}
