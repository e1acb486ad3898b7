/// An IPv6 fixed header (RFC 8200, section 3).
public struct IPv6View: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>

    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) throws(DecodeEvent) {
        guard bytes.count >= 40 else { throw .ipv6PacketTooSmall }
        guard bytes[0] >> 4 == 6 else { throw .ipv6WrongVersion }
        guard 40 &+ Int(bytes.uint16(at: 4)) <= bytes.count else { throw .ipv6Truncated }
        self.bytes = bytes
    }

    @inlinable public var trafficClass: UInt8 { UInt8(truncatingIfNeeded: bytes.uint16(at: 0) >> 4) }
    @inlinable public var flowLabel: UInt32 { bytes.uint32(at: 0) & 0xfffff }
    /// Header and payload; what was captured where the header says 0 (jumbogram, BIG TCP).
    @inlinable public var totalLength: Int {
        let payload = Int(bytes.uint16(at: 4))
        return payload == 0 ? bytes.count : 40 &+ payload
    }
    @inlinable public var nextHeader: UInt8 { bytes[6] }
    @inlinable public var hopLimit: UInt8 { bytes[7] }
    @inlinable public var source: IPAddress {
        IPAddress(ipv6High: bytes.uint64(at: 8), low: bytes.uint64(at: 16))
    }
    @inlinable public var destination: IPAddress {
        IPAddress(ipv6High: bytes.uint64(at: 24), low: bytes.uint64(at: 32))
    }
}

/// The chain of IPv6 extension headers (RFC 8200, section 4).
struct IPv6Extensions {
    var upperProtocol: UInt8
    /// From the start of the IPv6 header.
    var upperOffset: Int
    var fragment: (offset: Int, more: Bool, identification: UInt32)?

    private static let maximumHeaders = 16

    /// Walks the chain from the fixed header on. `bytes` is the whole datagram.
    init(_ bytes: Span<UInt8>, nextHeader: UInt8) throws(DecodeEvent) {
        upperProtocol = nextHeader
        upperOffset = 40
        for _ in 0..<Self.maximumHeaders {
            let length: Int
            switch upperProtocol {
            case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions:
                guard upperOffset &+ 8 <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
                length = (Int(bytes[upperOffset &+ 1]) &+ 1) &* 8
            case IPProtocol.authentication:
                guard upperOffset &+ 8 <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
                length = (Int(bytes[upperOffset &+ 1]) &+ 2) &* 4
            case IPProtocol.fragment:
                guard upperOffset &+ 8 <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
                length = 8
                let field = bytes.uint16(at: upperOffset &+ 2)
                fragment = (Int(field & 0xfff8), field & 1 != 0, bytes.uint32(at: upperOffset &+ 4))
            default:
                return
            }
            guard upperOffset &+ length <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
            upperProtocol = bytes[upperOffset]
            upperOffset = upperOffset &+ length
            // Behind a fragment header of a later fragment there is data, not a header.
            if let fragment, fragment.offset > 0 { return }
        }
        throw .ipv6TooManyExtensionHeaders
    }
}

/// Assigned Internet protocol numbers that the engine tells apart.
public enum IPProtocol {
    public static let hopByHop: UInt8 = 0
    public static let icmp: UInt8 = 1
    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let routing: UInt8 = 43
    public static let fragment: UInt8 = 44
    public static let authentication: UInt8 = 51
    public static let icmpv6: UInt8 = 58
    public static let destinationOptions: UInt8 = 60
    public static let sctp: UInt8 = 132
}
