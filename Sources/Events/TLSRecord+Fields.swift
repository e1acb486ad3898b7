extension TLSRecord {
    /// Members of EVE's `tls`, by the names of eve-log's `tls.custom`.
    public struct Fields: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        private init(bit: UInt32) { rawValue = 1 << bit }

        public static let subject = Fields(bit: 0)
        public static let issuer = Fields(bit: 1)
        public static let sessionResumed = Fields(bit: 2)
        public static let serial = Fields(bit: 3)
        public static let fingerprint = Fields(bit: 4)
        public static let serverName = Fields(bit: 5)
        public static let version = Fields(bit: 6)
        public static let notBefore = Fields(bit: 7)
        public static let notAfter = Fields(bit: 8)
        public static let certificate = Fields(bit: 9)
        public static let chain = Fields(bit: 10)
        public static let ja3 = Fields(bit: 11)
        public static let ja3s = Fields(bit: 12)
        public static let ja4 = Fields(bit: 13)
        public static let alternativeNames = Fields(bit: 14)
        public static let client = Fields(bit: 15)
        public static let clientCertificate = Fields(bit: 16)
        public static let clientChain = Fields(bit: 17)
        public static let clientProtocols = Fields(bit: 18)
        public static let serverProtocols = Fields(bit: 19)
        public static let clientHandshake = Fields(bit: 20)
        public static let serverHandshake = Fields(bit: 21)

        public static let names: [String: Fields] = [
            "subject": .subject, "issuer": .issuer, "session_resumed": .sessionResumed, "serial": .serial,
            "fingerprint": .fingerprint, "sni": .serverName, "version": .version, "not_before": .notBefore,
            "not_after": .notAfter, "certificate": .certificate, "chain": .chain, "ja3": .ja3, "ja3s": .ja3s, "ja4": .ja4,
            "subjectaltname": .alternativeNames, "client": .client, "client_certificate": .clientCertificate,
            "client_chain": .clientChain, "client_alpns": .clientProtocols, "server_alpns": .serverProtocols,
            "client_handshake": .clientHandshake, "server_handshake": .serverHandshake,
        ]

        public static let basic: Fields = [.subject, .issuer, .sessionResumed, .alternativeNames]
        /// Suricata's `extended`.
        public static let extended: Fields = [
            .basic, .serial, .fingerprint, .serverName, .version, .notBefore, .notAfter, .ja3, .ja3s, .client, .clientProtocols,
            .serverProtocols,
        ]
        public static let standard: Fields = [.extended, .ja4, .clientHandshake, .serverHandshake]
    }
}
