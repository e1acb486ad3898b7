@testable import AppLayer
import TestSupport
import Testing

struct BodyDecoderTests {
    private static let text = Array("The quick brown fox jumps over the lazy dog".utf8)
    /// Bare deflate, and the same within the headers of gzip (RFC 1952) and zlib (RFC 1950).
    private static let deflated = hex("0bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a70300")
    private static let gzip = hex("1f8b0800000000000203") + deflated + hex("39a34f412b000000")
    private static let zlib = hex("78da") + deflated + hex("5bdc0fda")

    private static let brotli = hex("1b2a0000c4dc46a95e0d0b45712af29c4cfe1c4517a82a5b4956982fbcf174445e94d5c604b7da8131d5fd87c004")
    /// As of `zstd -19`, with the size of its content left out and a checksum.
    private static let zstd = hex(
        """
        28b52ffd046859010054686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67bc71da1f
        """)
    /// As of `xz --format=lzma`: the header asks for a dictionary of 8 MiB.
    private static let lzma = hex(
        """
        5d00008000ffffffffffffffff002a1a08a2032566f14b78c5a205ff2ee6d9d2201aad34f8e21de84136fadc0669bb3ce410342709
        ebb366ec1a172ffffcce9000
        """)
    /// 64 random bytes, 8,192 zeros, and the random bytes again.
    private static let distantLZMA = hex(
        """
        5d00008000ffffffffffffffff0022080c43c82b1986f2b20523bf4f9994720c430b102a7d3188d56d51376b94e73a0e7de797b34a
        7bb882bdbcf25524a5a87f3f60fe5ccde08daa1fffda38a3ac4d86e306a0bc38d31adc3af9510cbd082518d51cc203a6a7681abbd1
        07c3a3ee18e4528967d3e24f9be3edc5230057bfffff971bcc00
        """)

    private func decode(
        _ body: [UInt8], _ encoding: String, pieces: Int = 1, depth: Int = 2, limit: Int = 1 << 20, dictionary: UInt32 = 1 << 20
    ) -> ([UInt8], Set<String>) {
        var limits = AppLayerLimits()
        limits.httpDecompressionDepth = depth
        limits.httpLZMADictionaryLimit = dictionary
        var decoder = BodyDecoder(encoding: Array(encoding.utf8), limits: limits)
        var output: [UInt8] = []
        var problems: Set<String> = []
        for piece in stride(from: 0, to: body.count, by: max(1, body.count / pieces)) {
            let bytes = Array(body[piece..<min(body.count, piece + max(1, body.count / pieces))])
            for problem in decoder.decode(bytes, into: &output, limit: limit) { problems.insert("\(problem)") }
        }
        return (output, problems)
    }

    @Test(arguments: [
        ("gzip", gzip), ("x-gzip", gzip), ("GZIP ;q=1", gzip), ("deflate", zlib), ("deflate", deflated), ("gzip", zlib),
        ("gzip", deflated), ("identity", text), ("", text), ("deflate, gzip", gzip), ("gzip, gzip", gzip),
        ("br", brotli), (" BR;q=1", brotli), ("lzma", lzma), ("zstd", zstd), ("ZSTD", zstd + zstd.prefix(0)), ("zstd, gzip", zstd), ("x-lzma", lzma), ("br, br", brotli),
    ], [1, 3, 1000])
    func whatWasSentIsRead(coding: (String, [UInt8]), pieces: Int) {
        #expect(decode(coding.1, coding.0, pieces: pieces).0 == Self.text)
    }

    /// A frame whose checksum is wrong, and one behind it that makes no sense: what came before is shown, whole or cut.
    @Test func zstdThatStopsMakingSense() {
        var wrong = Self.zstd
        wrong[wrong.count - 1] ^= 1
        for body in [wrong, Self.zstd + hex("28b52ffd00580e0000") + Self.zstd, Self.zstd + hex("502a4d1802000000ffff") + wrong] {
            let whole = decode(body, "zstd")
            #expect(whole.0.starts(with: Self.text) && whole.1 == ["corrupt"])
            for pieces in [2, 7, 1000] {
                let cut = decode(body, "zstd", pieces: pieces)
                #expect(cut.0 == whole.0 && cut.1 == whole.1)
            }
        }
    }

    @Test func aBodyThatIsNotWhatWasAnnouncedStaysAsItIs() {
        let (output, problems) = decode(Self.text, "gzip", pieces: 4)
        #expect(output == Self.text && problems == ["corrupt"])
    }

    /// What was decoded before the data stopped making sense is kept, however the data came.
    @Test(arguments: [("br", brotli), ("gzip", gzip), ("lzma", lzma)])
    func theBeginningOfABrokenBodyIsReadInAnyPieces(coding: (String, [UInt8])) {
        var broken = coding.1
        for index in broken.count / 2..<broken.count { broken[index] = 0xff }
        let whole = decode(broken, coding.0)
        #expect(whole.0 != broken)
        for pieces in [2, 5, broken.count] { #expect(decode(broken, coding.0, pieces: pieces) == whole, "\(pieces) pieces") }
    }

    /// RFC 1952 reserved flags, which zlib refuses and browsers read.
    @Test func aGzipHeaderThatZlibRefuses() {
        for flags: UInt8 in [0x20, 0x40, 0x80] {
            var body = Self.gzip
            body[3] = flags
            for pieces in [1, 7, body.count] { #expect(decode(body, "gzip", pieces: pieces).0 == Self.text) }
        }
    }

    @Test func aBombIsCut() {
        // 200,000 zeros.
        let bomb = hex(
            """
            78daedc131010000 00c2a0f54f6d067f a000000000000000 0000000000000000 0000000000000000 0000000000000000
            0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000
            0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000
            0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000
            0000000000000000 0000000000000000 000080d7000d6d00 01
            """)
        #expect(decode(bomb, "deflate").0 == [UInt8](repeating: 0, count: 200_000))
        let (output, problems) = decode(bomb, "deflate", limit: 4096)
        #expect(output.count == 4096 && problems == ["bomb"])
    }

    /// A name that only holds `br` is no brotli.
    @Test func bodiesOfUnknownCodingsStayAsTheyAre() {
        for name in ["zebra", "x-br2"] { #expect(decode(Self.brotli, name).0 == Self.brotli) }
    }

    @Test(arguments: ["br", "lzma"]) func textUnderAnotherNameStaysAsItIs(coding: String) {
        let text = Array("HELLO, there is nothing encoded here at all".utf8)
        let (output, problems) = decode(text, coding, pieces: 4)
        #expect(output == text && problems == ["corrupt"])
    }

    @Test func bombsOfEachCodingAreCut() {
        for (coding, body) in [("br", Self.brotli), ("lzma", Self.lzma)] {
            let (output, problems) = decode(body, coding, limit: 10)
            #expect(output == Array(Self.text.prefix(10)) && problems == ["bomb"])
        }
    }

    /// The header's word on the dictionary is not what is allocated.
    @Test(arguments: [1, 7, 1000]) func anLZMADictionaryHasALimit(pieces: Int) {
        let (whole, none) = decode(Self.distantLZMA, "lzma", pieces: pieces)
        #expect(whole.count == 8320 && whole.prefix(64) == whole.suffix(64) && none.isEmpty)
        let (output, problems) = decode(Self.distantLZMA, "lzma", pieces: pieces, dictionary: 4096)
        #expect(problems == ["lzmaDictionary"] && output.prefix(64) == whole.prefix(64))
        var greedy = Self.lzma
        greedy.replaceSubrange(1..<5, with: [0xff, 0xff, 0xff, 0xff])
        #expect(decode(greedy, "lzma", pieces: pieces).0 == Self.text)
    }

    @Test func moreLayersThanAllowedAreReported() {
        var decoder = BodyDecoder(encoding: Array("gzip, gzip, gzip".utf8), limits: AppLayerLimits())
        #expect(decoder.announced == [.tooManyLayers])
        var output: [UInt8] = []
        _ = decoder.decode(Self.gzip, into: &output, limit: 1 << 20)
        #expect(output == Self.text)
    }

    @Test func randomBytesNeverStopTheDecoder() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<2000 {
            var body = Self.gzip
            for _ in 0..<4 { body[Int.random(in: 2..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            #expect(decode(body, "gzip, deflate", pieces: 5, limit: 10_000).0.count <= 50_000)
            for (coding, valid) in [("br", Self.brotli), ("lzma", Self.lzma)] {
                var body = valid
                for _ in 0..<3 { body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random) }
                #expect(decode(body, coding, pieces: 5, limit: 10_000).0.count <= 50_000)
            }
        }
    }
}
