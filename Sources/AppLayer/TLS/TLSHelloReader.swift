/// Reads the body of a hello message.
struct TLSHelloReader {
    let isClient: Bool
    private(set) var hello = TLSHello()
    /// Anomalies on the way, by the names of `app-layer-event:tls.…`.
    private(set) var events: [StaticName] = []

    init(isClient: Bool) { self.isClient = isClient }

    /// - Returns: false when a length reaches past the message.
    mutating func read(_ body: [UInt8]) -> Bool {
        var cursor = ByteCursor(body)
        guard let version = cursor.uint16(), let random = cursor.take(32) else { return false }
        hello.legacyVersion = TLSVersion(version)
        hello.version = Self.negotiated(version, isClient: isClient)
        hello.random = random
        // Drafts of TLS 1.3 up to 21 have a server hello without session and compression.
        let isShort = !isClient && (version == 0x0304 || (0x7f01...0x7f15).contains(version))
        if !isShort {
            guard var session = cursor.vector8() else { return false }
            hello.sessionID = session.rest()
        }
        guard readCipherSuites(&cursor) else { return false }
        if !isShort {
            guard isClient ? cursor.vector8() != nil : cursor.uint8() != nil else { return false }
        }
        if cursor.isEmpty { return true }
        guard var list = cursor.vector16() else { return false }
        while !list.isEmpty {
            guard let type = list.uint16(), let value = list.vector16() else { return false }
            hello.extensions.append(type)
            guard readExtension(type, value) else { return false }
        }
        return true
    }

    /// Drafts up to 15 spoke of 1.3 in the field itself.
    private static func negotiated(_ version: UInt16, isClient: Bool) -> TLSVersion {
        switch version {
        case 0x7f01..<0x7f10: .earlyDraft
        case 0x0304 where !isClient: .earlyDraft
        default: TLSVersion(version)
        }
    }

    private mutating func readCipherSuites(_ cursor: inout ByteCursor) -> Bool {
        guard isClient else {
            guard let suite = cursor.uint16() else { return false }
            hello.cipherSuites = [suite]
            return true
        }
        guard var suites = cursor.vector16() else { return false }
        hello.cipherSuites = suites.uint16s()
        return true
    }

    private mutating func readExtension(_ type: UInt16, _ value: ByteCursor) -> Bool {
        var value = value
        switch type {
        case 0 where isClient: return readServerName(value)
        case 10:
            guard var list = value.vector16() else { return value.isEmpty }
            hello.groups = list.uint16s()
        case 11:
            guard var list = value.vector8() else { return value.isEmpty }
            hello.pointFormats = list.rest()
        case 13:
            guard var list = value.vector16() else { return value.isEmpty }
            hello.signatureAlgorithms = list.uint16s()
        case 16:
            guard var list = value.vector16() else { return false }
            while var name = list.vector8() { hello.applicationProtocols.append(name.rest()) }
        case 35: hello.hasTicket = isClient && !value.isEmpty
        case 42: hello.hasEarlyData = isClient
        case 43: return readVersions(&value)
        default: break
        }
        return true
    }

    /// RFC 6066, section 3.
    private mutating func readServerName(_ value: ByteCursor) -> Bool {
        var value = value
        guard hello.serverName == nil else {
            events.append("multiple_sni_extensions")
            return true
        }
        if value.isEmpty { return true }
        guard value.uint16() != nil, let type = value.uint8() else {
            events.append("invalid_sni_length")
            return false
        }
        guard type == 0 else {
            events.append("invalid_sni_type")
            return true
        }
        // A name in the domain name system has at most 255 bytes.
        guard var name = value.vector16(), (1...255).contains(name.left) else {
            events.append("invalid_sni_length")
            return false
        }
        hello.serverName = name.rest()
        return true
    }

    /// RFC 8446, section 4.2.1.
    private mutating func readVersions(_ value: inout ByteCursor) -> Bool {
        guard isClient else {
            guard let version = value.uint16() else { return false }
            hello.supportedVersions = [version]
            hello.version = TLSVersion(version)
            return true
        }
        guard var list = value.vector8() else { return false }
        hello.supportedVersions = list.uint16s()
        if let first = hello.supportedVersions.map(TLSVersion.init).first(where: \.isKnown) { hello.version = first }
        return true
    }
}
