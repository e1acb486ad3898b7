extension [UInt8] {
    public init(copying bytes: Span<UInt8>) {
        self = []
        append(copying: bytes)
    }

    public mutating func append(copying bytes: Span<UInt8>) {
        // SAFETY: the buffer lives as long as the span it is lent by, and is only copied from.
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension UInt8 {
    /// Letters of ASCII in lower case, every other byte as it is.
    @inlinable
    public var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
