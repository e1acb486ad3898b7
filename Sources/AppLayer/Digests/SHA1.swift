/// RFC 3174.
public struct SHA1: BlockHash {
    public static var isBigEndian: Bool { true }
    private var a: UInt32 = 0x6745_2301
    private var b: UInt32 = 0xefcd_ab89
    private var c: UInt32 = 0x98ba_dcfe
    private var d: UInt32 = 0x1032_5476
    private var e: UInt32 = 0xc3d2_e1f0

    public init() {}

    public var value: [UInt8] { Self.bytes([a, b, c, d, e]) }

    public mutating func compress(_ block: Span<UInt8>) {
        var words = InlineArray<80, UInt32>(repeating: 0)
        for index in 0..<16 { words[index] = Self.word(block, index) }
        for index in 16..<80 {
            words[index] =
                (words[index &- 3] ^ words[index &- 8] ^ words[index &- 14] ^ words[index &- 16]).rotatedLeft(1)
        }
        var (a, b, c, d, e) = (self.a, self.b, self.c, self.d, self.e)
        for step in 0..<80 {
            let mix: UInt32 =
                switch step {
                case 0..<20: ((b & c) | (~b & d)) &+ 0x5a82_7999
                case 20..<40: (b ^ c ^ d) &+ 0x6ed9_eba1
                case 40..<60: ((b & c) | (b & d) | (c & d)) &+ 0x8f1b_bcdc
                default: (b ^ c ^ d) &+ 0xca62_c1d6
                }
            let next = a.rotatedLeft(5) &+ mix &+ e &+ words[step]
            (e, d, c, b, a) = (d, c, b.rotatedLeft(30), a, next)
        }
        self.a &+= a
        self.b &+= b
        self.c &+= c
        self.d &+= d
        self.e &+= e
    }
}
