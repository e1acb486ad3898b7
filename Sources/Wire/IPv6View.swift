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
    /// Header and payload; what was captured where a jumbogram's header says 0 (RFC 2675, BIG TCP).
    @inlinable public var totalLength: Int {
        let payload = Int(bytes.uint16(at: 4))
        return payload == 0 && bytes.count > 40 &+ 65_535 ? bytes.count : 40 &+ payload
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
