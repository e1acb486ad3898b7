/// How often bytes turn up in what hosts send each other: a rough guess between texts and binary data.
enum ByteFrequency {
    /// With `foldsCase`, of a letter in either case.
    static func of(_ byte: UInt8, foldsCase: Bool) -> Double {
        let lower = byte.lowercasedASCII
        guard foldsCase, lower != byte || lower &- UInt8(ascii: "a") < 26 else { return exact(byte) }
        return exact(lower) + exact(lower & ~0x20)
    }

    private static func exact(_ byte: UInt8) -> Double {
        switch byte {
        case UInt8(ascii: " "): 0.08
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "t"): 0.05
        case UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "l"), UInt8(ascii: "n"), UInt8(ascii: "p"),
            UInt8(ascii: "r"), UInt8(ascii: "s"), UInt8(ascii: "h"), UInt8(ascii: "m"), UInt8(ascii: "u"): 0.03
        case UInt8(ascii: "a")...UInt8(ascii: "z"): 0.01
        case UInt8(ascii: "0")...UInt8(ascii: "9"): 0.012
        case 0, 0x0a, 0x0d: 0.02
        case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "="), UInt8(ascii: "\""),
            UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ":"), UInt8(ascii: ","): 0.012
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): 0.005
        default: 0.004
        }
    }
}
