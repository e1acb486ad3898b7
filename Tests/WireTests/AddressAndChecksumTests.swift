import TestSupport
import Testing
import Wire

struct AddressTests {
    /// RFC 5952, sections 4.1 to 4.3, and RFC 4291, section 2.2.
    @Test(arguments: [
        ("2001:0db8:0:0:0:0:0002:1", "2001:db8::2:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::", "::"),
        ("::1", "::1"), ("1::", "1::"), ("::ffff:198.18.0.1", "::ffff:c612:1"), ("198.18.0.1", "198.18.0.1"),
        ("FD00::A", "fd00::a"),
    ])
    func canonicalText(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.-4", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::",
        ":1", "1:2:3:4:5:6:7:8::",
    ])
    func notAnAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func expandedText() {
        #expect(IPAddress("fe80::20c:29ff:faf2:ab42")?.expanded == "fe80:0000:0000:0000:020c:29ff:faf2:ab42")
        #expect(IPAddress("198.18.0.1")?.expanded == "198.18.0.1")
    }
}

struct ChecksumTests {
    /// RFC 1071, section 3: the sum of these words is ddf2.
    @Test func theExampleOfRFC1071() {
        #expect(Checksum.of(hex("0001 f203 f4f5 f6f7").span) == ~0xddf2)
        #expect(Checksum.of(hex("0001 f203 f4f5 f6").span) == ~(0xddf2 &- 0xf7))
    }

    @Test func sequenceNumbersWrap() {
        let last = SequenceNumber(.max)
        #expect(last.advanced(by: 2) == SequenceNumber(1))
        #expect(last.isBefore(SequenceNumber(1)) && !SequenceNumber(1).isBefore(last))
        #expect(SequenceNumber(1).distance(from: last) == 2)
    }
}

struct CRC32CTests {
    /// RFC 3720, appendix B.4.
    @Test(arguments: [
        (Array(repeating: 0, count: 32), 0x8a91_36aa), (Array(repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c), ([], 0),
    ] as [([UInt8], UInt32)])
    func knownValues(bytes: [UInt8], expected: UInt32) {
        #expect(Checksum.crc32c(bytes.span) == expected)
    }
}
