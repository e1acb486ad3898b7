extension Checksum {
    /// The CRC32c of an SCTP packet whose checksum field is zero (RFC 9260, appendix A); sent with its lowest byte first.
    public static func crc32c(_ bytes: Span<UInt8>) -> UInt32 {
        var remainder = UInt32.max
        for index in bytes.indices {
            remainder ^= UInt32(bytes[index])
            // The polynomial of Castagnoli, its bits in reverse.
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0x82f6_3b78) }
        }
        return ~remainder
    }
}
