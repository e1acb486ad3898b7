/// The Huffman code of header strings (RFC 7541, section 5.2 and appendix B).
///
/// The code is canonical: within a length codes rise with the symbol, so that the lengths are the whole table.
enum HPACKHuffman {
    private static let shortest = 5
    private static let longest = 30
    private static let endOfString = 256

    /// Bits of each symbol's code.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
        7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
        23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
        21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]

    private struct Code {
        /// Of each length: its first code, the place of that code's symbol, and how many there are.
        var first = [UInt32](repeating: 0, count: HPACKHuffman.longest + 1)
        var place = [Int](repeating: 0, count: HPACKHuffman.longest + 1)
        var count = [UInt32](repeating: 0, count: HPACKHuffman.longest + 1)
        var symbols: [UInt16] = []
        /// By the next eight bits: symbol and length of a code that short, or length 0.
        var short = [(symbol: UInt8, length: UInt8)](repeating: (0, 0), count: 256)

        init() {
            var code: UInt32 = 0
            for length in 1...HPACKHuffman.longest {
                code <<= 1
                first[length] = code
                place[length] = symbols.count
                for symbol in HPACKHuffman.lengths.indices where Int(HPACKHuffman.lengths[symbol]) == length {
                    symbols.append(UInt16(symbol))
                    if length <= 8 {
                        let base = Int(code) << (8 - length)
                        for rest in 0..<(1 << (8 - length)) { short[base + rest] = (UInt8(symbol), UInt8(length)) }
                    }
                    code += 1
                }
                count[length] = code - first[length]
            }
        }
    }

    private static let code = Code()

    /// - Returns: nil when `bytes` are no such string: the end-of-string symbol in it, or padding that is
    ///   longer than seven bits or not all ones.
    static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let code = code
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 8 / shortest)
        var bits: UInt64 = 0
        var held = 0
        var next = bytes.startIndex
        while true {
            while held <= 48, next < bytes.endIndex {
                bits = bits << 8 | UInt64(bytes[next])
                held += 8
                next += 1
            }
            if held >= 8 {
                let short = code.short[Int(truncatingIfNeeded: bits >> UInt64(held - 8)) & 0xff]
                if short.length > 0 {
                    result.append(short.symbol)
                    held -= Int(short.length)
                    continue
                }
            }
            guard let found = symbol(code, bits, held) else {
                // What is left can only be padding: the beginning of the end-of-string code, which is all ones.
                let ones = (UInt64(1) << UInt64(held)) - 1
                return held < 8 && bits & ones == ones ? result : nil
            }
            guard found.symbol != endOfString else { return nil }
            result.append(UInt8(truncatingIfNeeded: found.symbol))
            held -= found.length
        }
    }

    private static func symbol(_ code: Code, _ bits: UInt64, _ held: Int) -> (symbol: Int, length: Int)? {
        guard held >= shortest else { return nil }
        for length in shortest...min(longest, held) {
            let value = UInt32(truncatingIfNeeded: bits >> UInt64(held - length)) & (1 << UInt32(length) - 1)
            guard value >= code.first[length], value - code.first[length] < code.count[length] else { continue }
            return (Int(code.symbols[code.place[length] + Int(value - code.first[length])]), length)
        }
        return nil
    }
}
