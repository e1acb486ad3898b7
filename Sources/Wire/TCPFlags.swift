/// The flag byte of a TCP header (RFC 9293, section 3.1).
public struct TCPFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let fin = TCPFlags(rawValue: 0x01)
    public static let syn = TCPFlags(rawValue: 0x02)
    public static let rst = TCPFlags(rawValue: 0x04)
    public static let psh = TCPFlags(rawValue: 0x08)
    public static let ack = TCPFlags(rawValue: 0x10)
    public static let urg = TCPFlags(rawValue: 0x20)
    public static let ece = TCPFlags(rawValue: 0x40)
    public static let cwr = TCPFlags(rawValue: 0x80)
}

/// The TCP options that change how a segment is understood.
public struct TCPOptions: Sendable {
    public var maximumSegmentSize: UInt16? = nil
    /// Shift count, at most 14 (RFC 7323, section 2.3).
    public var windowScale: UInt8? = nil
    public var sackPermitted = false
    public var timestampValue: UInt32? = nil
    public var timestampEcho: UInt32 = 0
    /// Kind 34, RFC 7413, or its experimental form (kind 254 with ExID 0xF989, appendix A): true when the option is
    /// there, cookie or not.
    public var hasFastOpen = false
    /// The segment carries a signature: MD5 (kind 19, RFC 2385) or TCP-AO (kind 29, RFC 5925).
    public var isSigned = false
    public init() {}
}
