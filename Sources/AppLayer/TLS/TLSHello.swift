/// A client's or server's hello (RFC 8446, section 4.1; RFC 5246, section 7.4.1).
public struct TLSHello: Sendable {
    /// The field in the hello; TLS 1.3 speaks its version in an extension.
    public var legacyVersion = TLSVersion.unknown
    /// What the side asks for (a client: first of its list) or chose (a server).
    public var version = TLSVersion.unknown
    public var random: [UInt8] = []
    public var sessionID: [UInt8] = []
    /// The client's offer, or the server's one choice.
    public var cipherSuites: [UInt16] = []
    /// Types in the order of the hello.
    public var extensions: [UInt16] = []
    public var serverName: [UInt8]?
    public var applicationProtocols: [[UInt8]] = []
    public var supportedVersions: [UInt16] = []
    public var groups: [UInt16] = []
    public var pointFormats: [UInt8] = []
    public var signatureAlgorithms: [UInt16] = []
    /// The client offers a session ticket.
    var hasTicket = false
    var hasEarlyData = false

    /// RFC 8446, section 4.1.3: this random makes a server hello a request for another client hello.
    var isRetryRequest: Bool { random == Self.retryRandom }

    private static let retryRandom: [UInt8] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ]

    /// RFC 8701: values that clients throw in to keep servers tolerant.
    static func isGrease(_ value: UInt16) -> Bool { value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff }
}
