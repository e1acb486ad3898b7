import AppLayer
import Events
import Wire

extension TLSRecord {
    init(_ transaction: TLSTransaction, _ fields: Fields = .standard) {
        self.init()
        self.fields = fields
        let (client, server) = (transaction.client, transaction.server)
        self.server = Certificate(server.chain, withBytes: !fields.isDisjoint(with: [.certificate, .chain]))
        if client.chain.leaf != nil {
            self.client = Certificate(client.chain, withBytes: !fields.isDisjoint(with: [.clientCertificate, .clientChain]))
        }
        isResumed = transaction.isResumed
        serverName = client.hello?.serverName
        version = (server.version == .unknown ? client.version : server.version).name
        if fields.contains(.ja3) { ja3 = Self.fingerprint(.ja3Hash, .ja3String, transaction, .toServer) }
        if fields.contains(.ja3s) { ja3s = Self.fingerprint(.ja3sHash, .ja3sString, transaction, .toClient) }
        if fields.contains(.ja4) { ja4 = transaction.buffer(.ja4Hash, direction: .toServer, index: 0)?.bytes }
        clientProtocols = client.hello?.applicationProtocols ?? []
        serverProtocols = server.hello?.applicationProtocols ?? []
        if fields.contains(.clientHandshake) { clientHello = client.hello.map { Self.hello($0, isServer: false) } }
        if fields.contains(.serverHandshake) { serverHello = server.hello.map { Self.hello($0, isServer: true) } }
    }

    private static func fingerprint(
        _ hash: Buffer, _ string: Buffer, _ transaction: TLSTransaction, _ direction: Direction
    ) -> Fingerprint? {
        guard let text = transaction.buffer(string, direction: direction, index: 0),
            let digest = transaction.buffer(hash, direction: direction, index: 0)
        else { return nil }
        return Fingerprint(hash: digest.bytes, string: text.bytes)
    }

    private static func hello(_ hello: TLSHello, isServer: Bool) -> Hello {
        Hello(
            version: hello.version.name, ciphers: hello.cipherSuites, isServer: isServer, extensions: hello.extensions,
            signatureAlgorithms: hello.signatureAlgorithms)
    }
}

extension TLSRecord.Certificate {
    fileprivate init(_ chain: TLSCertificateChain, withBytes: Bool) {
        self.init()
        if let leaf = chain.leaf {
            subject = leaf.subject
            issuer = leaf.issuer
            alternativeNames = leaf.subjectAlternativeNames
            serial = chain.serialText
            notBefore = CivilDate.text(leaf.notBefore)
            notAfter = CivilDate.text(leaf.notAfter)
        }
        fingerprint = chain.fingerprint.isEmpty ? nil : chain.fingerprint
        if withBytes { self.chain = chain.certificates }
    }
}
