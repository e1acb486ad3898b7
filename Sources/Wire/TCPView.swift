/// A TCP header with its options (RFC 9293, section 3.1). `bytes` runs to the end of the segment.
public struct TCPView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>

    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) throws(DecodeEvent) {
        guard bytes.count >= 20 else { throw .tcpPacketTooSmall }
        let headerLength = Int(bytes[12] >> 4) &* 4
        guard headerLength >= 20, headerLength <= bytes.count else { throw .tcpHeaderTooSmall }
        self.bytes = bytes
    }

    @inlinable public var sourcePort: UInt16 { bytes.uint16(at: 0) }
    @inlinable public var destinationPort: UInt16 { bytes.uint16(at: 2) }
    @inlinable public var sequence: SequenceNumber { SequenceNumber(bytes.uint32(at: 4)) }
    @inlinable public var acknowledgment: SequenceNumber { SequenceNumber(bytes.uint32(at: 8)) }
    @inlinable public var headerLength: Int { Int(bytes[12] >> 4) &* 4 }
    @inlinable public var flags: TCPFlags { TCPFlags(rawValue: bytes[13]) }
    @inlinable public var window: UInt16 { bytes.uint16(at: 14) }
    @inlinable public var urgentPointer: UInt16 { bytes.uint16(at: 18) }

    /// The options; a malformed list ends where it stops making sense, and sets `event`.
    public func options(_ event: inout DecodeEvent?) -> TCPOptions {
        var options = TCPOptions()
        var seen: UInt64 = 0
        var at = 20
        let end = headerLength
        while at < end {
            let kind = bytes[at]
            if kind == 0 { break }
            if kind == 1 {
                at &+= 1
                continue
            }
            guard at &+ 1 < end, case let length = Int(bytes[at &+ 1]), length >= 2, at &+ length <= end else {
                event = .tcpInvalidOptionLength
                break
            }
            if kind < 64 {
                let bit = UInt64(1) << UInt64(kind)
                if seen & bit != 0, kind <= 8 { event = .tcpDuplicateOption }
                seen |= bit
            }
            read(kind, length, at &+ 2, into: &options)
            at &+= length
        }
        return options
    }

    private func read(_ kind: UInt8, _ length: Int, _ at: Int, into options: inout TCPOptions) {
        switch (kind, length) {
        case (2, 4): options.maximumSegmentSize = bytes.uint16(at: at)
        case (3, 3): options.windowScale = min(bytes[at], 14)
        case (4, 2): options.sackPermitted = true
        case (8, 10):
            options.timestampValue = bytes.uint32(at: at)
            options.timestampEcho = bytes.uint32(at: at &+ 4)
        case (34, _): options.hasFastOpen = true
        case (253, 4...), (254, 4...): if bytes.uint16(at: at) == 0xf989 { options.hasFastOpen = true }
        case (19, _), (29, _): options.isSigned = true
        default: break
        }
    }
}
