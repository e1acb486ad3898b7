import Wire

/// A distinguished name in text: `C=US, O=Example, CN=www.example.org` (RFC 5280, section 4.1.2.4).
enum X509Name {
    static func text(_ content: ByteCursor) throws(DERReader.Failure) -> [UInt8] {
        var text: [UInt8] = []
        var sets = DERReader(content)
        while !sets.isEmpty {
            if !text.isEmpty { text += ", ".utf8 }
            var attributes = DERReader(try sets.next(DERTag.set))
            var isFirst = true
            while !attributes.isEmpty {
                if !isFirst { text += " + ".utf8 }
                isFirst = false
                var attribute = DERReader(try attributes.next(DERTag.sequence))
                var type = try attribute.next(DERTag.objectIdentifier)
                text += name(type.rest()).utf8
                text.append(UInt8(ascii: "="))
                text += value(try attribute.next())
            }
        }
        return text
    }

    /// A string's bytes as they stand, NUL and all; of BMP and universal strings their UTF-8; of
    /// anything else the hexadecimal digits.
    private static func value(_ element: DERReader.Element) -> [UInt8] {
        var content = element.content
        let bytes = content.rest()
        switch element.tag {
        case 0x0c, 0x12...0x16, 0x19...0x1b, 0x07: return bytes
        case 0x1e: return scalars(bytes, width: 2)
        case 0x1c: return scalars(bytes, width: 4)
        default: return bytes.hexadecimal(uppercase: true)
        }
    }

    private static func scalars(_ bytes: [UInt8], width: Int) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for start in stride(from: 0, to: bytes.count - bytes.count % width, by: width) {
            let value = bytes[start..<start + width].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
        return Array(String(text).utf8)
    }

    private static func name(_ identifier: [UInt8]) -> String {
        if let known = names[identifier] { return known }
        return "OID(\(dotted(identifier)))"
    }

    /// X.690, section 8.19.
    private static func dotted(_ identifier: [UInt8]) -> String {
        var parts: [UInt64] = []
        var value: UInt64 = 0
        for byte in identifier.prefix(64) {
            value = value &<< 7 | UInt64(byte & 0x7f)
            guard byte & 0x80 == 0 else { continue }
            if parts.isEmpty {
                let first = min(value / 40, 2)
                parts = [first, value - first * 40]
            } else {
                parts.append(value)
            }
            value = 0
        }
        return parts.map(String.init).joined(separator: ".")
    }

    private static let names: [[UInt8]: String] = {
        var names: [[UInt8]: String] = [
            // 1.2.840.113549.1.9
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01]: "emailAddress",
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x02]: "unstructuredName",
            // 0.9.2342.19200300.100.1
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01]: "UID",
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19]: "DC",
            // 1.3.6.1.4.1.311.60.2.1
            [0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3c, 0x02, 0x01, 0x01]: "jurisdictionL",
            [0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3c, 0x02, 0x01, 0x02]: "jurisdictionST",
            [0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3c, 0x02, 0x01, 0x03]: "jurisdictionC",
        ]
        // 2.5.4
        let attributes: [(UInt8, String)] = [
            (3, "CN"), (4, "surname"), (5, "serialNumber"), (6, "C"), (7, "L"), (8, "ST"), (9, "STREET"), (10, "O"),
            (11, "OU"), (12, "title"), (13, "description"), (15, "businessCategory"), (17, "postalCode"), (41, "name"),
            (42, "givenName"), (43, "initials"), (44, "generationQualifier"), (46, "dnQualifier"), (65, "pseudonym"),
            (97, "organizationIdentifier"),
        ]
        for (number, name) in attributes { names[[0x55, 0x04, number]] = name }
        return names
    }()
}
