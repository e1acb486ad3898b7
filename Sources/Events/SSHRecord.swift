/// EVE `ssh`: what both sides said before they encrypted.
public struct SSHRecord: Sendable {
    public struct Side: Sendable {
        public var protocolVersion: [UInt8]
        public var software: [UInt8]
        public var fingerprint: [UInt8]?
        public var algorithms: [UInt8]?

        public init(protocolVersion: [UInt8], software: [UInt8], fingerprint: [UInt8]?, algorithms: [UInt8]?) {
            self.protocolVersion = protocolVersion
            self.software = software
            self.fingerprint = fingerprint
            self.algorithms = algorithms
        }

        func write(_ key: StaticString, _ json: inout JSONWriter) {
            json.object(key) { json in
                json.member("proto_version", escaping: protocolVersion)
                json.member("software_version", escaping: software)
                guard let fingerprint, let algorithms else { return }
                json.object("hassh") { json in
                    json.member("hash", escaping: fingerprint)
                    json.member("string", escaping: algorithms)
                }
            }
        }
    }

    public var client: Side?
    public var server: Side?

    public init(client: Side?, server: Side?) {
        self.client = client
        self.server = server
    }

    func write(_ json: inout JSONWriter) {
        json.object("ssh") { json in
            client?.write("client", &json)
            server?.write("server", &json)
        }
    }
}
