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

    public var subject: [UInt8]?
    public var issuer: [UInt8]?
    public var subjectAlternativeNames: [[UInt8]] = []
    public var isResumed = false
    public var serial: [UInt8]?
    public var fingerprint: [UInt8]?
    public var serverName: [UInt8]?
    public var version: String?
    public var notBefore: String?
    public var notAfter: String?
    public var ja3: Fingerprint?
    public var ja3s: Fingerprint?
    public var ja4: [UInt8]?
    public var clientProtocols: [[UInt8]] = []
    public var serverProtocols: [[UInt8]] = []
    public var clientHello: Hello?
    public var serverHello: Hello?

    public init() {}

    func write(_ json: inout JSONWriter) {
        json.object("tls") { json in
            json.member("subject", bytes: subject)
            json.member("issuerdn", bytes: issuer)
            writeList("subjectaltname", subjectAlternativeNames, &json)
            if isResumed { json.member("session_resumed", true) }
            json.member("serial", bytes: serial)
            json.member("fingerprint", bytes: fingerprint)
            json.member("sni", bytes: serverName)
            json.member("version", version)
            json.member("notbefore", notBefore)
            json.member("notafter", notAfter)
            ja3?.write("ja3", &json)
            ja3s?.write("ja3s", &json)
            json.member("ja4", bytes: ja4)
            writeList("client_alpns", clientProtocols, &json)
            writeList("server_alpns", serverProtocols, &json)
            clientHello?.write("client_handshake", &json)
            serverHello?.write("server_handshake", &json)
        }
    }

    private func writeList(_ key: StaticString, _ values: [[UInt8]], _ json: inout JSONWriter) {
        guard !values.isEmpty else { return }
        json.array(key) { json in for value in values { json.element(String(decoding: value, as: UTF8.self)) } }
    }
}
