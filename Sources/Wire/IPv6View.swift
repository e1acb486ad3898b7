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

    private(set) var events: DecodeEventSet = []

    private static let maximumHeaders = 16

    /// Walks the chain from the fixed header on. `bytes` is the whole datagram.
    init(_ bytes: Span<UInt8>, nextHeader: UInt8) throws(DecodeEvent) {
        upperProtocol = nextHeader
        upperOffset = 40
        var seen: UInt64 = 0
        for _ in 0..<Self.maximumHeaders {
            let header = upperProtocol
            guard Self.isExtension(header) else {
                if header == IPProtocol.noNextHeader, upperOffset < bytes.count { note(.ipv6DataAfterNoNextHeader) }
                return
            }
            guard upperOffset &+ 8 <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
            let bit = UInt64(1) << UInt64(header & 63)
            if seen & bit != 0 { noteDuplicate(header) }
            seen |= bit
            let length: Int
            switch header {
            case IPProtocol.authentication: length = (Int(bytes[upperOffset &+ 1]) &+ 2) &* 4
            case IPProtocol.fragment:
                length = 8
                readFragment(bytes)
            default:
                length = (Int(bytes[upperOffset &+ 1]) &+ 1) &* 8
                if header == IPProtocol.routing, bytes[upperOffset &+ 2] == 0 { note(.ipv6RoutingType0) }
            }
            guard upperOffset &+ length <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
            upperProtocol = bytes[upperOffset]
            upperOffset = upperOffset &+ length
            // Behind a fragment header of a later fragment there is data, not a header.
            if let fragment, fragment.offset > 0 { return }
        }
        throw .ipv6TooManyExtensionHeaders
    }

    /// Of several fragment headers the first that really fragments counts: a receiver takes the datagram
    /// apart from the outside, and an atomic one (RFC 6946) changes nothing.
    private mutating func readFragment(_ bytes: Span<UInt8>) {
        let field = bytes.uint16(at: upperOffset &+ 2)
        if bytes[upperOffset &+ 1] != 0 || field & 6 != 0 { note(.ipv6FragmentReservedField) }
        let (offset, more) = (Int(field & 0xfff8), field & 1 != 0)
        if offset == 0, !more { note(.ipv6UselessFragmentHeader) }
        if let fragment, fragment.offset > 0 || fragment.more { return }
        fragment = (offset, more, bytes.uint32(at: upperOffset &+ 4))
        let rest = bytes.count &- upperOffset &- 8
        if more, rest % 8 != 0 { note(.ipv6FragmentInvalidLength) }
        if offset &+ rest > 65_535 { note(.ipv6FragmentTooLarge) }
    }

    private static func isExtension(_ header: UInt8) -> Bool {
        switch header {
        case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.authentication,
            IPProtocol.fragment:
            true
        default: false
        }
    }

    /// Destination options may stand twice, before and behind a routing header (RFC 8200, section 4.1).
    private mutating func noteDuplicate(_ header: UInt8) {
        switch header {
        case IPProtocol.hopByHop: note(.ipv6DuplicateHopByHopHeader)
        case IPProtocol.routing: note(.ipv6DuplicateRoutingHeader)
        case IPProtocol.fragment: note(.ipv6DuplicateFragmentHeader)
        case IPProtocol.authentication: note(.ipv6DuplicateAuthenticationHeader)
        default: note(.ipv6DuplicateDestinationHeader)
        }
    }

    private mutating func note(_ event: DecodeEvent) { events.insert(DecodeEventSet(event)) }
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
    public static let ipv4: UInt8 = 4
    public static let ipv6: UInt8 = 41
    public static let gre: UInt8 = 47
    public static let noNextHeader: UInt8 = 59
}
