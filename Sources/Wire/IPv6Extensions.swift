/// The chain of IPv6 extension headers (RFC 8200, section 4).
struct IPv6Extensions {
    var upperProtocol: UInt8
    /// From the start of the IPv6 header.
    var upperOffset: Int
    var fragment: (offset: Int, more: Bool, identification: UInt32)?

    /// Walks the chain from the fixed header on; it ends with the datagram at the latest. `bytes` is all of it.
    init(_ bytes: Span<UInt8>, nextHeader: UInt8, events: inout DecodeEventList) throws(DecodeEvent) {
        upperProtocol = nextHeader
        upperOffset = 40
        if Self.isExtension(nextHeader) {
            try walk(bytes, &events)
            // The chain announces another header, and there is nothing of it.
            if upperProtocol != IPProtocol.noNextHeader, upperOffset == bytes.count {
                events.note(.ipv6TruncatedExtensionHeader)
            }
        }
        if upperProtocol == IPProtocol.noNextHeader, upperOffset < bytes.count { events.note(.ipv6DataAfterNoNextHeader) }
    }

    @inline(never)
    private mutating func walk(_ bytes: Span<UInt8>, _ events: inout DecodeEventList) throws(DecodeEvent) {
        var seen: UInt64 = 0
        while Self.isExtension(upperProtocol) {
            let header = upperProtocol
            guard upperOffset &+ 8 <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
            let bit = UInt64(1) << UInt64(header & 63)
            if seen & bit != 0 { noteDuplicate(header, &events) }
            seen |= bit
            let length: Int
            switch header {
            case IPProtocol.authentication: length = (Int(bytes[upperOffset &+ 1]) &+ 2) &* 4
            case IPProtocol.fragment: length = 8
            default: length = (Int(bytes[upperOffset &+ 1]) &+ 1) &* 8
            }
            guard upperOffset &+ length <= bytes.count else { throw .ipv6TruncatedExtensionHeader }
            inspect(header, bytes, length, &events)
            upperProtocol = bytes[upperOffset]
            upperOffset = upperOffset &+ length
            // Behind a fragment header of a later fragment there is data, not a header.
            if let fragment, fragment.offset > 0 { return }
        }
    }

    private mutating func inspect(
        _ header: UInt8, _ bytes: Span<UInt8>, _ length: Int, _ events: inout DecodeEventList
    ) {
        switch header {
        case IPProtocol.fragment: readFragment(bytes, &events)
        case IPProtocol.routing: if bytes[upperOffset &+ 2] == 0 { events.note(.ipv6RoutingType0) }
        case IPProtocol.authentication:
            if bytes.uint16(at: upperOffset &+ 2) != 0 { events.note(.ipv6AuthenticationReservedField) }
        case IPProtocol.hopByHop:
            IPv6Options.note(
                bytes.extracting(upperOffset &+ 2..<upperOffset &+ length), unknown: .ipv6HopByHopUnknownOption,
                onlyPadding: .ipv6HopByHopOnlyPadding, &events)
        case IPProtocol.destinationOptions:
            IPv6Options.note(
                bytes.extracting(upperOffset &+ 2..<upperOffset &+ length), unknown: .ipv6DestinationUnknownOption,
                onlyPadding: .ipv6DestinationOnlyPadding, &events)
        default: break
        }
    }

    /// Of several fragment headers the first that really fragments counts: a receiver takes the datagram
    /// apart from the outside, and an atomic one (RFC 6946) changes nothing.
    private mutating func readFragment(_ bytes: Span<UInt8>, _ events: inout DecodeEventList) {
        let field = bytes.uint16(at: upperOffset &+ 2)
        if bytes[upperOffset &+ 1] != 0 || field & 6 != 0 { events.note(.ipv6FragmentReservedField) }
        let (offset, more) = (Int(field & 0xfff8), field & 1 != 0)
        if offset == 0, !more { events.note(.ipv6UselessFragmentHeader) }
        if let fragment, fragment.offset > 0 || fragment.more { return }
        fragment = (offset, more, bytes.uint32(at: upperOffset &+ 4))
        let rest = bytes.count &- upperOffset &- 8
        if more, rest % 8 != 0 { events.note(.ipv6FragmentInvalidLength) }
        if offset &+ rest > 65_535 { events.note(.ipv6FragmentTooLarge) }
    }

    private static func isExtension(_ header: UInt8) -> Bool {
        switch header {
        case IPProtocol.hopByHop, IPProtocol.routing, IPProtocol.destinationOptions, IPProtocol.authentication,
            IPProtocol.fragment, IPProtocol.mobility, IPProtocol.hostIdentity, IPProtocol.shim6:
            true
        default: false
        }
    }

    /// Destination options may stand twice, before and behind a routing header (RFC 8200, section 4.1).
    private func noteDuplicate(_ header: UInt8, _ events: inout DecodeEventList) {
        switch header {
        case IPProtocol.hopByHop: events.note(.ipv6DuplicateHopByHopHeader)
        case IPProtocol.routing: events.note(.ipv6DuplicateRoutingHeader)
        case IPProtocol.fragment: events.note(.ipv6DuplicateFragmentHeader)
        case IPProtocol.authentication: events.note(.ipv6DuplicateAuthenticationHeader)
        case IPProtocol.destinationOptions: events.note(.ipv6DuplicateDestinationHeader)
        default: break
        }
    }
}

/// The options of a Hop-by-Hop or Destination Options header (RFC 8200, section 4.2).
enum IPv6Options {
    /// - Parameter bytes: the header without its first two bytes.
    static func note(
        _ bytes: Span<UInt8>, unknown: DecodeEvent, onlyPadding: DecodeEvent, _ events: inout DecodeEventList
    ) {
        var hasOption = false
        var at = 0
        while at < bytes.count {
            let kind = bytes[at]
            if kind == 0 {
                at &+= 1
                continue
            }
            guard at &+ 1 < bytes.count, case let length = Int(bytes[at &+ 1]), at &+ 2 &+ length <= bytes.count else {
                return events.note(.ipv6InvalidOptionLength)
            }
            switch kind {
            case 1: if length == 0 { events.note(.ipv6EmptyPadding) }
            default:
                hasOption = true
                switch self.length(of: kind) {
                case nil: events.note(unknown)
                case length?: break
                default: events.note(.ipv6InvalidOptionLength)
                }
            }
            at &+= 2 &+ length
        }
        if !hasOption { events.note(onlyPadding) }
    }

    /// Router alert (RFC 2711), jumbo payload (RFC 2675), home address (RFC 6275).
    private static func length(of kind: UInt8) -> Int? {
        switch kind {
        case 0x05: 2
        case 0xc2: 4
        case 0xc9: 16
        default: nil
        }
    }
}
