import Wire

/// The certificates that one side sent.
public struct TLSCertificateChain: Sendable {
    /// DER, the side's own first.
    public private(set) var certificates: [[UInt8]] = []
    /// The side's own, when it could be read.
    public internal(set) var leaf: X509Certificate?
    /// SHA-1 over the leaf's bytes, `90:86:a4:…`.
    public internal(set) var fingerprint: [UInt8] = []

    private static let countLimit = 64

    init() {}

    /// The message of TLS 1.2 and before (RFC 5246, section 7.4.2).
    /// - Returns: false when a length is wrong.
    mutating func read(_ body: [UInt8]) -> Bool {
        var cursor = ByteCursor(body)
        guard let length = cursor.uint24(), var list = cursor.part(length) else { return false }
        while !list.isEmpty, certificates.count < Self.countLimit {
            guard let length = list.uint24(), let bytes = list.take(length) else { return false }
            certificates.append(bytes)
        }
        return true
    }

    /// Reads the leaf; what is wrong with it.
    mutating func readLeaf() -> X509Certificate.Failure? {
        guard let bytes = certificates.first else { return nil }
        fingerprint = Digest<SHA1>.of(bytes).hexadecimal(separator: ":")
        do throws(X509Certificate.Failure) {
            leaf = try X509Certificate(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// `08:3A:84:…`.
    public var serialText: [UInt8]? {
        leaf.map { $0.serial.hexadecimal(separator: ":", uppercase: true) }
    }
}
