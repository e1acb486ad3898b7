internal import CVectorFilter

/// Tells at once of 64 places of a text whether a window of a set may begin there, where the processor can
/// (AVX-512 VBMI and GFNI).
struct WindowBloom: Sendable {
    static let isAvailable = rempart_has_vectors()
    /// Bytes that are read behind a text's last window.
    static let padding = Int(REMPART_PADDING)
    static let widths = 2...4
    private static let tableBits = 2048.0

    /// One; in an array, so that it is lent and not copied.
    private let tables: [rempart_bloom]
    private let width: Int

    /// Share of places that pass though they hold none of so many windows.
    static func falsePassRate(_ windows: Int) -> Double {
        let occupied = 1 - (1 - 1 / tableBits).power(windows)
        return occupied * occupied * occupied
    }

    /// - Parameter windows: little endian, of `width` bytes each.
    init(_ windows: some Sequence<UInt64>, width: Int) {
        self.width = width
        var tables = rempart_bloom()
        unsafe withUnsafeMutableBytes(of: &tables.matrices) { unsafe $0.copyBytes(from: Self.matrices.flatMap(Self.bytes)) }
        unsafe withUnsafeMutableBytes(of: &tables.tables) { tables in
            for window in windows {
                let hashes = Self.hashes(window, width)
                for table in 0..<3 {
                    let bit = hashes[(table + 1) % 3] & 7
                    unsafe tables[table * 256 + Int(hashes[table])] |= 1 << bit
                }
            }
        }
        self.tables = [tables]
    }

    /// Writes the places from `first` to `last` that pass and then have their bit in `bits`.
    /// - Returns: how many.
    func probe(
        _ text: UnsafePointer<UInt8>, from first: Int, through last: Int, _ bits: UnsafePointer<UInt64>,
        multiplier: UInt64, shift: UInt64, into places: UnsafeMutablePointer<Int32>
    ) -> Int {
        unsafe tables.withUnsafeBufferPointer { tables in
            unsafe rempart_probe(
                tables.baseAddress, text, first, last, UInt32(width), bits, multiplier,
                UInt32(truncatingIfNeeded: shift), places)
        }
    }

    // MARK: Hashes

    /// For each hash and byte of a window a matrix over GF(2); a row in each byte, as GF2P8AFFINEQB has it.
    private static let matrices: [[UInt64]] = {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        return (0..<3).map { _ in
            (0..<4).map { _ in
                // SplitMix64.
                state &+= 0x9e37_79b9_7f4a_7c15
                var word = state
                word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
                word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
                return word ^ word >> 31
            }
        }
    }()

    /// What each matrix makes of each byte.
    private static let products: [[[UInt8]]] = matrices.map { row in
        row.map { matrix in
            (0...255).map { (byte: UInt8) in
                (0..<8).reduce(0) { sum, bit in
                    let row = UInt8(truncatingIfNeeded: matrix >> UInt64(8 * (7 - bit)))
                    return sum | UInt8((row & byte).nonzeroBitCount & 1) << UInt8(bit)
                }
            }
        }
    }

    private static func bytes(_ matrices: [UInt64]) -> [UInt8] {
        matrices.flatMap { matrix in (0..<8).map { UInt8(truncatingIfNeeded: matrix >> UInt64(8 * $0)) } }
    }

    private static func hashes(_ window: UInt64, _ width: Int) -> [UInt8] {
        products.map { products in
            (0..<width).reduce(0) { $0 ^ products[$1][Int(UInt8(truncatingIfNeeded: window >> UInt64(8 * $1)))] }
        }
    }
}

extension Double {
    fileprivate func power(_ exponent: Int) -> Double {
        var (result, base, rest) = (1.0, self, exponent)
        while rest > 0 {
            if rest & 1 != 0 { result *= base }
            base *= base
            rest >>= 1
        }
        return result
    }
}
