/// A TCP sequence number: modulo 2^32, ordered by the sign of the wrapped difference (RFC 9293, section 3.4).
public struct SequenceNumber: Hashable, Sendable {
    public let rawValue: UInt32

    @inlinable @inline(__always)
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes from `other` to `self`, -2^31 to 2^31 - 1.
    @inlinable @inline(__always)
    public func distance(from other: SequenceNumber) -> Int32 {
        Int32(bitPattern: rawValue &- other.rawValue)
    }

    @inlinable @inline(__always)
    public func advanced(by count: Int) -> SequenceNumber {
        SequenceNumber(rawValue &+ UInt32(truncatingIfNeeded: count))
    }

    @inlinable @inline(__always)
    public func isBefore(_ other: SequenceNumber) -> Bool { distance(from: other) < 0 }
}
