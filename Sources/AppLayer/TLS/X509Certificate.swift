import Wire

/// What rules and events need of a certificate (RFC 5280, section 4.1). Nothing is verified.
public struct X509Certificate: Sendable {
    public private(set) var subject: [UInt8] = []
    public private(set) var issuer: [UInt8] = []
    /// Content bytes of the number, a leading zero included.
    public private(set) var serial: [UInt8] = []
    /// Seconds since 1970, negative before.
    public private(set) var notBefore: Int64 = 0
    public private(set) var notAfter: Int64 = 0
    /// DNS names, addresses in text, URIs and mail addresses, in order.
    public private(set) var subjectAlternativeNames: [[UInt8]] = []

    /// What keeps bytes from being a certificate.
    enum Failure: Error {
        case length, content, der, version, serial, name, date, extensions

        /// The name in `app-layer-event:tls.…`.
        var event: StaticName {
            switch self {
            case .length: "certificate_invalid_length"
            case .content: "invalid_certificate"
            case .der: "certificate_invalid_der"
            case .version: "certificate_invalid_version"
            case .serial: "certificate_invalid_serial"
            case .name: "certificate_invalid_x509name"
            case .date: "certificate_invalid_date"
            case .extensions: "certificate_invalid_extensions"
            }
        }
    }

    private static let nameLimit = 1024

    init(_ bytes: [UInt8]) throws(Failure) {
        var isInside = false
        do throws(DERReader.Failure) {
            var outer = DERReader(ByteCursor(bytes))
            var certificate = DERReader(try outer.next(DERTag.sequence))
            isInside = true
            var fields = DERReader(try certificate.next(DERTag.sequence))
            if fields.upcomingTag == 0xa0 { _ = try fields.next() }
            var number = try fields.next(DERTag.integer)
            serial = number.rest()
            _ = try fields.next(DERTag.sequence)
            let issuerName = try fields.next(DERTag.sequence)
            let validity = try fields.next(DERTag.sequence)
            let subjectName = try fields.next(DERTag.sequence)
            issuer = try X509Name.text(issuerName)
            subject = try X509Name.text(subjectName)
            try readValidity(validity)
            _ = try fields.next(DERTag.sequence)
            while !fields.isEmpty {
                let field = try fields.next()
                if field.tag == 0xa3 { try readExtensions(field.content) }
            }
        } catch {
            switch error {
            case .content where isInside: throw .content
            case .length, .content: throw .length
            case .tag: throw .der
            }
        }
        guard !serial.isEmpty else { throw .serial }
        guard hasDates else { throw .date }
    }

    private var hasDates = false

    private mutating func readValidity(_ content: ByteCursor) throws(DERReader.Failure) {
        var reader = DERReader(content)
        let (first, last) = (try reader.next(), try reader.next())
        guard let start = X509Time.seconds(first), let end = X509Time.seconds(last) else { return }
        (notBefore, notAfter) = (start, end)
        hasDates = true
    }

    private mutating func readExtensions(_ content: ByteCursor) throws(DERReader.Failure) {
        var outer = DERReader(content)
        var list = DERReader(try outer.next(DERTag.sequence))
        while !list.isEmpty {
            var item = DERReader(try list.next(DERTag.sequence))
            var identifier = try item.next(DERTag.objectIdentifier)
            if item.upcomingTag == DERTag.boolean { _ = try item.next() }
            let value = try item.next(DERTag.octetString)
            // 2.5.29.17
            guard identifier.rest() == [0x55, 0x1d, 0x11] else { continue }
            var names = DERReader(value)
            try readAlternativeNames(try names.next(DERTag.sequence))
        }
    }

    /// RFC 5280, section 4.2.1.6.
    private mutating func readAlternativeNames(_ content: ByteCursor) throws(DERReader.Failure) {
        var names = DERReader(content)
        while !names.isEmpty, subjectAlternativeNames.count < Self.nameLimit {
            let name = try names.next()
            var bytes = name.content
            switch name.tag {
            case 0x81, 0x82, 0x86: subjectAlternativeNames.append(bytes.rest())
            case 0x87: subjectAlternativeNames.append(Self.addressText(bytes.rest()))
            default: break
            }
        }
    }

    private static func addressText(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.count == 4 { return Array(bytes.map(String.init).joined(separator: ".").utf8) }
        guard bytes.count == 16 else { return bytes.hexadecimal() }
        return Array(
            stride(from: 0, to: 16, by: 2).map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
                .joined(separator: ":").utf8)
    }
}
