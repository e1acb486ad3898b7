/// Compresses without looking for repetitions: every byte as its fixed Huffman code (RFC 1951, section 3.2.6), so that
/// nothing of the text is left to read.
struct Deflater {
    private var output: [UInt8] = []
    private var held: UInt32 = 0
    private var count: UInt32 = 0

    /// RFC 1952.
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + deflated(bytes) + littleEndian(crc(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
    }

    /// RFC 1950.
    static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return [0x78, 0x9c] + deflated(bytes) + littleEndian(high << 16 | low).reversed()
    }

    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var deflater = Deflater()
        // The last block, with fixed codes.
        deflater.add(0b011, bits: 3)
        for byte in bytes {
            if byte < 144 { deflater.addCode(0x30 + UInt32(byte), bits: 8) } else { deflater.addCode(0x190 + UInt32(byte) - 144, bits: 9) }
        }
        deflater.addCode(0, bits: 7)
        deflater.add(0, bits: 7)
        return deflater.output
    }

    /// Codes go from their highest bit on, everything else from the lowest.
    private mutating func addCode(_ code: UInt32, bits: UInt32) {
        for bit in (0..<bits).reversed() { add(code >> bit & 1, bits: 1) }
    }

    private mutating func add(_ value: UInt32, bits: UInt32) {
        held |= value << count
        count += bits
        while count >= 8 {
            output.append(UInt8(truncatingIfNeeded: held))
            held >>= 8
            count -= 8
        }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
