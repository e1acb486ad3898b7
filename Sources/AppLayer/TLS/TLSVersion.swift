/// A protocol version as on the wire; SSLv2, whose wire form is 2, is 0x0200.
public struct TLSVersion: Hashable, Sendable {
    public let rawValue: UInt16
    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public static let unknown = TLSVersion(0)
    public static let ssl2 = TLSVersion(0x0200)
    public static let ssl3 = TLSVersion(0x0300)
    public static let tls10 = TLSVersion(0x0301)
    public static let tls11 = TLSVersion(0x0302)
    public static let tls12 = TLSVersion(0x0303)
    public static let tls13 = TLSVersion(0x0304)
    /// Drafts of TLS 1.3 before the 16th, which did not number themselves alike.
    public static let earlyDraft = TLSVersion(0x7f01)

    private static let drafts = UInt16(0x7f10)...UInt16(0x7f1c)
    /// Facebook's own numbers of drafts.
    private static let fizzDrafts: Set<UInt16> = [0xfb14, 0xfb15, 0xfb16, 0xfb17, 0xfb1a]

    /// TLS 1.3 or one of its drafts.
    public var isTLS13: Bool {
        self == .tls13 || self == .earlyDraft || Self.drafts.contains(rawValue) || Self.fizzDrafts.contains(rawValue)
    }

    var isKnown: Bool { (0x0300...0x0304).contains(rawValue) || self == .ssl2 || isTLS13 }

    /// As in EVE `tls.version`.
    public var name: String {
        switch self {
        case .unknown: "UNDETERMINED"
        case .ssl2: "SSLv2"
        case .ssl3: "SSLv3"
        case .tls10: "TLSv1"
        case .tls11: "TLS 1.1"
        case .tls12: "TLS 1.2"
        case .tls13: "TLS 1.3"
        case .earlyDraft: "TLS 1.3 draft-<16"
        default: otherName
        }
    }

    private var otherName: String {
        if Self.drafts.contains(rawValue) { return "TLS 1.3 draft-\(rawValue & 0xff)" }
        if Self.fizzDrafts.contains(rawValue) { return "TLS 1.3 draft-\(rawValue & 0xff)-fb" }
        let digits = String(rawValue, radix: 16)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
