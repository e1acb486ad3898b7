/// An IPv4 header with its options (RFC 791, section 3.1). Once made, no accessor can fail.
public struct IPv4View: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>

    /// - Throws: when the header is not whole or its length fields contradict each other.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) throws(DecodeEvent) {
        guard bytes.count >= 20 else { throw .ipv4PacketTooSmall }
        guard bytes[0] >> 4 == 4 else { throw .ipv4WrongVersion }
        let headerLength = Int(bytes[0] & 0x0f) &* 4
        guard headerLength >= 20 else { throw .ipv4HeaderTooSmall }
        let total = Int(bytes.uint16(at: 2))
        // A super packet longer than 65,535 bytes carries 0 here (BIG TCP).
        guard total >= headerLength || total == 0 && bytes.count > 65_535 else { throw .ipv4LengthTooSmall }
        guard max(total, headerLength) <= bytes.count else { throw .ipv4Truncated }
        self.bytes = bytes
    }

    @inlinable public var headerLength: Int { Int(bytes[0] & 0x0f) &* 4 }
    /// Header and payload; what was captured where the header says 0.
    @inlinable public var totalLength: Int {
        let total = Int(bytes.uint16(at: 2))
        return total == 0 ? bytes.count : total
    }
    @inlinable public var typeOfService: UInt8 { bytes[1] }
    @inlinable public var identification: UInt16 { bytes.uint16(at: 4) }
    @inlinable public var dontFragment: Bool { bytes[6] & 0x40 != 0 }
    @inlinable public var moreFragments: Bool { bytes[6] & 0x20 != 0 }
    @inlinable public var hasReservedFlag: Bool { bytes[6] & 0x80 != 0 }
    /// In bytes.
    @inlinable public var fragmentOffset: Int { Int(bytes.uint16(at: 6) & 0x1fff) &* 8 }
    @inlinable public var timeToLive: UInt8 { bytes[8] }
    @inlinable public var proto: UInt8 { bytes[9] }
    @inlinable public var source: IPAddress { IPAddress(ipv4: bytes.uint32(at: 12)) }
    @inlinable public var destination: IPAddress { IPAddress(ipv4: bytes.uint32(at: 16)) }
    public var hasValidChecksum: Bool { Checksum.of(bytes.extracting(first: headerLength)) == 0 }
}
