import AppLayer
import Events
import Wire

extension TLSRecord {
    init(_ transaction: TLSTransaction) {
        self.init()
        let (client, server) = (transaction.client, transaction.server)
        if let certificate = server.chain.leaf {
            subject = certificate.subject
            issuer = certificate.issuer
            subjectAlternativeNames = certificate.subjectAlternativeNames
            serial = server.chain.serialText
            notBefore = CivilDate.text(certificate.notBefore)
            notAfter = CivilDate.text(certificate.notAfter)
        }
        fingerprint = server.chain.fingerprint.isEmpty ? nil : server.chain.fingerprint
        isResumed = transaction.isResumed
        serverName = client.hello?.serverName
        version = (server.version == .unknown ? client.version : server.version).name
        ja3 = Self.fingerprint(.ja3Hash, .ja3String, transaction, .toServer)
        ja3s = Self.fingerprint(.ja3sHash, .ja3sString, transaction, .toClient)
        ja4 = transaction.buffer(.ja4Hash, direction: .toServer, index: 0)?.bytes
        clientProtocols = client.hello?.applicationProtocols ?? []
        serverProtocols = server.hello?.applicationProtocols ?? []
        clientHello = client.hello.map { Self.hello($0, isServer: false) }
        serverHello = server.hello.map { Self.hello($0, isServer: true) }
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
