import AppLayer
import Testing
import Wire

@Suite struct DigestTests {
    /// RFC 1321 (A.5), RFC 3174 and RFC 6234 test values.
    static let values: [(text: String, md5: String, sha1: String, sha256: String)] = [
        (
            "", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "8215ef0796a20bcaaae116d3876c664a",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a",
            "50abf5706a150990a08b2c5ea40fa0e585554732",
            "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e"
        ),
    ]

    @Test(arguments: values) func standardValues(_ value: (text: String, md5: String, sha1: String, sha256: String)) {
        let bytes = [UInt8](value.text.utf8)
        #expect(Self.text(Digest<MD5>.of(bytes)) == value.md5)
        #expect(Self.text(Digest<SHA1>.of(bytes)) == value.sha1)
        #expect(Self.text(Digest<SHA256>.of(bytes)) == value.sha256)
    }

    @Test func anyCutGivesTheSameHash() {
        let bytes = (0..<200).map { UInt8($0) }
        let whole = Digest<SHA256>.of(bytes)
        for cut in bytes.indices {
            var digest = Digest<SHA256>()
            digest.update(bytes.span.extracting(0..<cut))
            // Asking for the value on the way changes nothing.
            _ = digest.value
            digest.update(bytes.span.extracting(cut..<bytes.count))
            #expect(digest.value == whole)
        }
    }

    @Test func aMillionLettersInOddPieces() {
        var digest = (Digest<MD5>(), Digest<SHA1>(), Digest<SHA256>())
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 {
            digest.0.update(piece.span)
            digest.1.update(piece.span)
            digest.2.update(piece.span)
        }
        #expect(Self.text(digest.0.value) == "7707d6ae4e027c70eea2a935c2296f21")
        #expect(Self.text(digest.1.value) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
        #expect(Self.text(digest.2.value) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func hexadecimalText() {
        #expect(Self.text([0x00, 0xab, 0xff]) == "00abff")
        #expect(String(decoding: [UInt8]([1, 0x2c]).hexadecimal(separator: ":"), as: UTF8.self) == "01:2c")
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.hexadecimal(), as: UTF8.self) }
}
