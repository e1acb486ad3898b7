import Foundation

/// EVE `tls`: one connection's handshake.
public struct TLSRecord: Sendable {
    public struct Hello: Sendable {
        public var version: String
        /// The client's list, or the server's one choice.
        public var ciphers: [UInt16]
        public var isServer: Bool
        public var extensions: [UInt16]
        public var signatureAlgorithms: [UInt16]

        public init(
            version: String, ciphers: [UInt16], isServer: Bool, extensions: [UInt16], signatureAlgorithms: [UInt16]
        ) {
            self.version = version
            self.ciphers = ciphers
            self.isServer = isServer
            self.extensions = extensions
            self.signatureAlgorithms = signatureAlgorithms
        }

        func write(_ key: StaticString, _ json: inout JSONWriter) {
            json.object(key) { json in
                json.member("version", version)
                if isServer {
                    json.member("cipher", ciphers.first)
                } else {
                    json.array("ciphers") { json in for cipher in ciphers { json.element(cipher) } }
                }
                json.array("exts") { json in for type in extensions { json.element(type) } }
                if !signatureAlgorithms.isEmpty {
                    json.array("sig_algs") { json in for algorithm in signatureAlgorithms { json.element(algorithm) } }
                }
            }
        }
    }

    public struct Fingerprint: Sendable {
        public var hash: [UInt8]
        public var string: [UInt8]
        public init(hash: [UInt8], string: [UInt8]) {
            self.hash = hash
            self.string = string
        }

        func write(_ key: StaticString, _ json: inout JSONWriter) {
            json.object(key) { json in
                json.member("hash", bytes: hash)
                json.member("string", bytes: string)
            }
        }
    }

    /// What one side's certificate says.
    public struct Certificate: Sendable {
        public var subject: [UInt8]?
        public var issuer: [UInt8]?
        public var alternativeNames: [[UInt8]] = []
        public var serial: [UInt8]?
        public var fingerprint: [UInt8]?
        public var notBefore: String?
        public var notAfter: String?
        /// DER, the side's own first.
        public var chain: [[UInt8]] = []
        public init() {}
    }

    public var fields = Fields.standard
    public var server = Certificate()
    public var client: Certificate?
    public var isResumed = false
    public var serverName: [UInt8]?
    public var version: String?
    public var ja3: Fingerprint?
    public var ja3s: Fingerprint?
    public var ja4: [UInt8]?
    public var clientProtocols: [[UInt8]] = []
    public var serverProtocols: [[UInt8]] = []
    public var clientHello: Hello?
    public var serverHello: Hello?
    /// What the flow was before (STARTTLS, CONNECT).
    public var fromProtocol: String?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("tls") { json in
            writeCertificate(server, fields, &json)
            if isResumed, fields.contains(.sessionResumed) { json.member("session_resumed", true) }
            if fields.contains(.serverName) { json.member("sni", bytes: serverName) }
            if fields.contains(.version) { json.member("version", version) }
            write(server, fields.contains(.certificate), fields.contains(.chain), &json)
            if fields.contains(.ja3) { ja3?.write("ja3", &json) }
            if fields.contains(.ja3s) { ja3s?.write("ja3s", &json) }
            if fields.contains(.ja4) { json.member("ja4", bytes: ja4) }
            if let client, !fields.isDisjoint(with: [.client, .clientCertificate, .clientChain]) {
                json.object("client") { json in
                    if fields.contains(.client) { writeCertificate(client, .extended, &json) }
                    write(client, fields.contains(.clientCertificate), fields.contains(.clientChain), &json)
                }
            }
            if fields.contains(.clientProtocols) { writeList("client_alpns", clientProtocols, &json) }
            if fields.contains(.serverProtocols) { writeList("server_alpns", serverProtocols, &json) }
            if fields.contains(.clientHandshake) { clientHello?.write("client_handshake", &json) }
            if fields.contains(.serverHandshake) { serverHello?.write("server_handshake", &json) }
            json.member("from_proto", fromProtocol)
        }
    }

    private func writeCertificate(_ certificate: Certificate, _ fields: Fields, _ json: inout JSONWriter) {
        if fields.contains(.subject) { json.member("subject", bytes: certificate.subject) }
        if fields.contains(.issuer) { json.member("issuerdn", bytes: certificate.issuer) }
        if fields.contains(.alternativeNames) { writeList("subjectaltname", certificate.alternativeNames, &json) }
        if fields.contains(.serial) { json.member("serial", bytes: certificate.serial) }
        if fields.contains(.fingerprint) { json.member("fingerprint", bytes: certificate.fingerprint) }
        if fields.contains(.notBefore) { json.member("notbefore", certificate.notBefore) }
        if fields.contains(.notAfter) { json.member("notafter", certificate.notAfter) }
    }

    /// The certificates themselves, in base64.
    private func write(_ side: Certificate, _ leaf: Bool, _ chain: Bool, _ json: inout JSONWriter) {
        if leaf, let first = side.chain.first { json.member("certificate", Data(first).base64EncodedString()) }
        guard chain, !side.chain.isEmpty else { return }
        json.array("chain") { json in for bytes in side.chain { json.element(Data(bytes).base64EncodedString()) } }
    }

    private func writeList(_ key: StaticString, _ values: [[UInt8]], _ json: inout JSONWriter) {
        guard !values.isEmpty else { return }
        json.array(key) { json in for value in values { json.element(String(decoding: value, as: UTF8.self)) } }
    }
}
