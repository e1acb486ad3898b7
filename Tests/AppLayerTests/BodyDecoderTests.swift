@testable import AppLayer
import TestSupport
import Testing

struct BodyDecoderTests {
    private static let text = Array("The quick brown fox jumps over the lazy dog".utf8)
    /// Bare deflate, and the same within the headers of gzip (RFC 1952) and zlib (RFC 1950).
    private static let deflated = hex("0bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a70300")
    private static let gzip = hex("1f8b0800000000000203") + deflated + hex("39a34f412b000000")
    private static let zlib = hex("78da") + deflated + hex("5bdc0fda")

    private func decode(_ body: [UInt8], _ encoding: String, pieces: Int = 1, depth: Int = 2, limit: Int = 1 << 20) -> ([UInt8], Set<String>) {
        var decoder = BodyDecoder(encoding: Array(encoding.utf8), depth: depth)
        var output: [UInt8] = []
        var problems: Set<String> = []
        for piece in stride(from: 0, to: body.count, by: max(1, body.count / pieces)) {
            let bytes = Array(body[piece..<min(body.count, piece + max(1, body.count / pieces))])
            if let problem = decoder.decode(bytes, into: &output, limit: limit) { problems.insert("\(problem)") }
        }
        return (output, problems)
    }

    @Test(arguments: [
        ("gzip", gzip), ("x-gzip", gzip), ("GZIP ;q=1", gzip), ("deflate", zlib), ("deflate", deflated), ("gzip", zlib),
        ("gzip", deflated), ("identity", text), ("", text), ("deflate, gzip", gzip), ("gzip, gzip", gzip),
    ], [1, 3, 1000])
    func whatWasSentIsRead(coding: (String, [UInt8]), pieces: Int) {
        #expect(decode(coding.1, coding.0, pieces: pieces).0 == Self.text)
    }

    @Test func aBodyThatIsNotWhatWasAnnouncedStaysAsItIs() {
        let (output, problems) = decode(Self.text, "gzip", pieces: 4)
        #expect(output == Self.text && problems == ["corrupt"])
    }

    /// RFC 1952 reserved flags, which zlib refuses and browsers read.
    @Test func aGzipHeaderThatZlibRefuses() {
        for flags: UInt8 in [0x20, 0x40, 0x80] {
            var body = Self.gzip
            body[3] = flags
            #expect(decode(body, "gzip").0 == Self.text)
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

    @Test func moreLayersThanAllowedAreReported() {
        var decoder = BodyDecoder(encoding: Array("gzip, gzip, gzip".utf8), depth: 2)
        #expect(decoder.problem == .tooManyLayers)
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
        }
    }
}
