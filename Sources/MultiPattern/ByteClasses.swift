/// Bytes that no pattern tells apart share a class, which keeps the automaton's rows short.
struct ByteClasses: Sendable {
    /// Class of each byte value.
    let map: [UInt8]
    let count: Int

    /// - Parameter foldsCase: ASCII letters share the class of their lower case.
    init(patterns: [[UInt8]], foldsCase: Bool) {
        var isUsed = [Bool](repeating: false, count: 256)
        for pattern in patterns {
            for byte in pattern { isUsed[Int(foldsCase ? byte.lowercasedASCII : byte)] = true }
        }
        var map = [UInt8](repeating: 0, count: 256)
        // Class 0 holds the bytes of no pattern; where there are none it is a class like the others.
        var next = isUsed.contains(false) ? 1 : 0
        for byte in 0..<256 where isUsed[byte] {
            map[byte] = UInt8(truncatingIfNeeded: next)
            next += 1
        }
        if foldsCase {
            for byte in UInt8(ascii: "A")...UInt8(ascii: "Z") { map[Int(byte)] = map[Int(byte.lowercasedASCII)] }
        }
        self.map = map
        count = max(next, 1)
    }
}

extension UInt8 {
    /// `A` to `Z` become `a` to `z`; all else stays.
    var lowercasedASCII: UInt8 {
        self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
    }
}
