/// Network-order reads. The caller has checked the bounds; Span traps rather than reads outside.
extension Span where Element == UInt8 {
    @inlinable @inline(__always)
    public func uint16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset &+ 1])
    }

    @inlinable @inline(__always)
    public func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset &+ 2))
    }

    @inlinable @inline(__always)
    public func uint64(at offset: Int) -> UInt64 {
        UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset &+ 4))
    }
}
