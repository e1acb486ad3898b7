/// Assigned Internet protocol numbers that the engine tells apart.
public enum IPProtocol {
    public static let hopByHop: UInt8 = 0
    public static let icmp: UInt8 = 1
    public static let igmp: UInt8 = 2
    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let routing: UInt8 = 43
    public static let fragment: UInt8 = 44
    public static let authentication: UInt8 = 51
    public static let icmpv6: UInt8 = 58
    public static let destinationOptions: UInt8 = 60
    public static let sctp: UInt8 = 132
    public static let ipv4: UInt8 = 4
    public static let ipv6: UInt8 = 41
    public static let gre: UInt8 = 47
    public static let encapsulatingSecurityPayload: UInt8 = 50
    public static let noNextHeader: UInt8 = 59
    public static let mobility: UInt8 = 135
    public static let hostIdentity: UInt8 = 139
    public static let shim6: UInt8 = 140
}
