@testable import Detection
import RuleLanguage
import Testing

/// https://docs.suricata.io/en/latest/rules/transforms.html
struct TransformTests {
    private static func apply(_ name: String, _ arguments: String?, _ text: String) throws -> String? {
        let operation = try TransformOperation(Transform(name: name, arguments: arguments), CompilerOptions())
        return operation.apply(to: Array(text.utf8), PCREScratch()).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("from_base64", nil, "VGhpcyBpcyBTdXJpY2F0YQ==", "This is Suricata"),
        ("from_base64", "offset 6, mode rfc4648", "/?arg=dGhpc2lzYXRlc3QK", "thisisatest\n"),
        ("from_base64", "offset 6, mode rfc2045", "/?arg=Zm 9v Ym Fy", "foobar"),
        ("from_base64", "mode rfc2045", "Zm9v\r\nYm*Fy==", "foobar"),
        ("from_base64", "mode rfc4648", "Zm9vYm Fy", "foob"), ("from_base64", "mode strict", "Zm9v Ym Fy", nil),
        ("from_base64", "mode strict", "Zm9vYg==", "foob"), ("from_base64", "mode strict", "Zm9vYg", nil),
        ("from_base64", "mode strict", "Zm9vYh==", nil), ("from_base64", "mode strict", "Zm9vYg==$", nil),
        ("from_base64", "bytes 4", "Zm9vYmFy", "foo"), ("from_base64", "mode RFC2045", "Zm 9v", "foo"),
        ("subslice", "1", "This is Suricata", "his is Suricata"), ("subslice", "0, 13", "This is Suricata", "This is Suric"),
        ("subslice", "-3", "This is Suricata", "ata"), ("subslice", "-17", "This is Suricata", ""),
        ("subslice", "-17, truncate", "This is Suricata", "This is Suricata"),
        ("subslice", "-20, 5, truncate", "This is Suricata", "This "), ("subslice", "0, -30, truncate", "This is Suricata", ""),
        ("subslice", "0, -8, truncate", "This is Suricata", "This is "), ("subslice", "0, 20", "This is Suricata", ""),
        ("subslice", "0, 20, truncate", "This is Suricata", "This is Suricata"),
        ("url_decode", nil, "a+b%20c%2", "a b c%2"), ("header_lowercase", nil, "Ab: Cd\r\nEf: Gh", "ab: Cd\r\nef: Gh"),
        ("strip_pseudo_headers", nil, ":method: GET\r\nhost: a\r\n", "host: a\r\n"), ("dotprefix", nil, "a.b", ".a.b"),
        ("xor", "0d0ac8ff", "}k", "pa"), ("pcrexform", "\"a(.*)c\"", "xabbc", "bb"),
    ] as [(String, String?, String, String?)])
    func transform(name: String, arguments: String?, input: String, output: String?) throws {
        #expect(try Self.apply(name, arguments, input) == output)
    }

    @Test(arguments: [
        ("from_base64", "mode rfc1"), ("from_base64", "offset 65536"), ("gunzip", "max-size 0"), ("xor", "0d0"), ("subslice", "a"),
        ("to_md5", "x"), ("luaxform", "a.lua"), ("pcrexform", "\"abc\""),
    ])
    func whatIsWrongIsRefused(name: String, arguments: String) {
        #expect(throws: TransformOperation.Failure.self) { try Self.apply(name, arguments, "") }
    }
}
