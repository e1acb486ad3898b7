/// A TCP header with its options (RFC 9293, section 3.1). `bytes` runs to the end of the segment.
public struct TCPView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>

    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) throws(DecodeEvent) {
        guard bytes.count >= 20 else { throw .tcpPacketTooSmall }
        let headerLength = Int(bytes[12] >> 4) &* 4
        guard headerLength >= 20 else { throw .tcpHeaderTooSmall }
        guard headerLength <= bytes.count else { throw .tcpHeaderTooLong }
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

    /// The options; a malformed list ends where it stops making sense, and is noted in `events`.
    public func options(_ events: inout DecodeEventList) -> TCPOptions {
        var options = TCPOptions()
        // Two fillers and timestamps alone: all that most segments of a connection carry.
        if headerLength == 32, bytes.uint32(at: 20) == 0x0101_080a {
            options.timestampValue = bytes.uint32(at: 24)
            options.timestampEcho = bytes.uint32(at: 28)
            return options
        }
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
                events.note(.tcpInvalidOptionLength)
                break
            }
            if kind < 64 {
                let bit = UInt64(1) << UInt64(kind)
                if seen & bit & Self.uniqueKinds != 0 { events.note(.tcpDuplicateOption) }
                seen |= bit
            }
            if !Self.isPossible(kind, length) { events.note(.tcpInvalidOptionLength) }
            read(kind, length, at &+ 2, into: &options)
            at &+= length
        }
        return options
    }

    /// Segment size, window scale, SACK, timestamps, MD5 signature, authentication, fast open.
    private static var uniqueKinds: UInt64 { 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 19 | 1 << 29 | 1 << 34 }

    /// Lengths by RFC 9293, 7323, 2018, 2385, 5925 and 7413; any for other kinds.
    private static func isPossible(_ kind: UInt8, _ length: Int) -> Bool {
        switch kind {
        case 2: length == 4
        case 3: length == 3
        case 4: length == 2
        // An empty list is odd but sent.
        case 5: length <= 34 && length % 8 == 2
        case 8: length == 10
        case 19: length == 18
        case 29: length >= 4
        case 34: length == 2 || length >= 6 && length <= 18 && length % 2 == 0
        default: true
        }
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
