import Wire

/// Fingerprints of hellos: JA3 and JA3S (md5 over the fields of the hello), JA4.
///
/// Sources: https://github.com/salesforce/ja3, https://github.com/FoxIO-LLC/ja4 (technical details of JA4).
enum TLSFingerprints {
    /// `version,ciphers,extensions,groups,formats`, values that clients make up left out.
    static func ja3(_ hello: TLSHello) -> [UInt8] {
        let fields = [
            "\(hello.legacyVersion.rawValue)", joined(hello.cipherSuites), joined(hello.extensions), joined(hello.groups),
            hello.pointFormats.map(String.init).joined(separator: "-"),
        ]
        return Array(fields.joined(separator: ",").utf8)
    }

    /// `version,cipher,extensions`.
    static func ja3s(_ hello: TLSHello) -> [UInt8] {
        Array("\(hello.legacyVersion.rawValue),\(joined(hello.cipherSuites)),\(joined(hello.extensions))".utf8)
    }

    static func hash(_ text: [UInt8]) -> [UInt8] { Digest<MD5>.of(text).hexadecimal() }

    private static func joined(_ values: [UInt16]) -> String {
        values.filter { !TLSHello.isGrease($0) }.map(String.init).joined(separator: "-")
    }

    static func ja4(_ hello: TLSHello) -> [UInt8] {
        let suites = hello.cipherSuites.filter { !TLSHello.isGrease($0) }
        let extensions = hello.extensions.filter { !TLSHello.isGrease($0) }
        var text = Array("t\(versionText(hello))\(hello.serverName == nil ? "i" : "d")".utf8)
        text += twoDigits(suites.count) + twoDigits(extensions.count) + alpnText(hello.applicationProtocols.first)
        let named = list(extensions.filter { $0 != 0 && $0 != 16 }.sorted())
        let algorithms = list(hello.signatureAlgorithms.filter { !TLSHello.isGrease($0) })
        text += [UInt8(ascii: "_")] + short(list(suites.sorted()), isEmpty: suites.isEmpty)
        text += [UInt8(ascii: "_")]
        text += short(algorithms.isEmpty ? named : named + [UInt8(ascii: "_")] + algorithms, isEmpty: extensions.isEmpty)
        return text
    }

    /// The highest version that the client offers.
    private static func versionText(_ hello: TLSHello) -> String {
        let offered = hello.supportedVersions.filter { !TLSHello.isGrease($0) }.max() ?? hello.legacyVersion.rawValue
        return switch offered {
        case 0x0304: "13"
        case 0x0303: "12"
        case 0x0302: "11"
        case 0x0301: "10"
        case 0x0300: "s3"
        case 0x0200: "s2"
        default: "00"
        }
    }

    private static func twoDigits(_ count: Int) -> [UInt8] {
        let count = min(count, 99)
        return [UInt8(ascii: "0") + UInt8(count / 10), UInt8(ascii: "0") + UInt8(count % 10)]
    }

    /// First and last character of the first protocol; of its hexadecimal form when one of them is
    /// neither letter nor digit.
    private static func alpnText(_ name: [UInt8]?) -> [UInt8] {
        guard let name, let first = name.first, let last = name.last else { return Array("00".utf8) }
        if isAlphanumeric(first), isAlphanumeric(last) { return [first, last] }
        let digits = [first, last].hexadecimal()
        return [digits[0], digits[3]]
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (byte | 0x20) &- 0x61 < 26
    }

    private static func list(_ values: [UInt16]) -> [UInt8] {
        Array(values.map { [UInt8($0 >> 8), UInt8($0 & 0xff)].hexadecimal() }.joined(separator: [UInt8(ascii: ",")]))
    }

    private static func short(_ text: [UInt8], isEmpty: Bool) -> [UInt8] {
        isEmpty ? Array(repeating: UInt8(ascii: "0"), count: 12) : Array(Digest<SHA256>.of(text).hexadecimal().prefix(12))
    }
}
