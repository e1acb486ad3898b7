/// An IPv4 or IPv6 address in host byte order.
///
/// An IPv4 address stands in the low 32 bits of `low` with `high == 0`; `family` keeps it apart
/// from the IPv6 address with the same bits.
public struct IPAddress: Hashable, Sendable {
    public enum Family: UInt8, Sendable { case ipv4 = 4, ipv6 = 6 }

    public let high: UInt64
    public let low: UInt64
    public let family: Family

    @inlinable
    public init(ipv4 value: UInt32) {
        high = 0
        low = UInt64(value)
        family = .ipv4
    }

    @inlinable
    public init(ipv6High high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        family = .ipv6
    }
}
