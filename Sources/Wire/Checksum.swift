/// The Internet checksum (RFC 1071).
public enum Checksum {
    /// The checksum field's value for `bytes`; over bytes that hold a right checksum the result is 0.
    public static func of(_ bytes: Span<UInt8>) -> UInt16 { ~fold(sum(bytes)) }

    /// TCP, UDP or ICMPv6 checksum of `segment` with its pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1).
    public static func transport(
        _ segment: Span<UInt8>, source: IPAddress, destination: IPAddress, ipProtocol: UInt8
    ) -> UInt16 {
        var total = pseudoHeader(source) &+ pseudoHeader(destination)
        total &+= UInt64(ipProtocol) &+ UInt64(segment.count)
        return ~fold(total &+ sum(segment))
    }

    private static func pseudoHeader(_ address: IPAddress) -> UInt64 {
        halves(address.high) &+ halves(address.low)
    }

    private static func halves(_ word: UInt64) -> UInt64 {
        (word >> 48) &+ (word >> 32 & 0xffff) &+ (word >> 16 & 0xffff) &+ (word & 0xffff)
    }

    private static func sum(_ bytes: Span<UInt8>) -> UInt64 {
        var total: UInt64 = 0
        var at = 0
        let count = bytes.count
        while at &+ 8 <= count {
            let word = bytes.uint64(at: at)
            total &+= (word >> 32) &+ (word & 0xffff_ffff)
            at &+= 8
        }
        while at &+ 2 <= count {
            total &+= UInt64(bytes.uint16(at: at))
            at &+= 2
        }
        if at < count { total &+= UInt64(bytes[at]) << 8 }
        return total
    }

    private static func fold(_ total: UInt64) -> UInt16 {
        var total = total
        while total > 0xffff { total = (total & 0xffff) &+ (total >> 16) }
        return UInt16(truncatingIfNeeded: total)
    }
}
