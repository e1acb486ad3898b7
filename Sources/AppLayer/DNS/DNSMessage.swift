/// One DNS message (RFC 1035, section 4) as far as it could be read.
public struct DNSMessage: Sendable {
    public internal(set) var id: UInt16 = 0
    /// The header's second word.
    public internal(set) var flags: UInt16 = 0
    public internal(set) var queries: [DNSQuery] = []
    public internal(set) var answers: [DNSRecord] = []
    public internal(set) var authorities: [DNSRecord] = []
    public internal(set) var additionals: [DNSRecord] = []

    /// What `dns.response.rrname` looks at.
    var responseNames: [[UInt8]] = []

    /// Nothing of a message was there.
    public var isEmpty: Bool { flags == 0 && queries.isEmpty && answers.isEmpty }
    public var isResponse: Bool { flags & 0x8000 != 0 }
    public var opcode: UInt8 { UInt8(flags >> 11 & 0xf) }
    public var isAuthoritative: Bool { flags & 0x0400 != 0 }
    public var isTruncated: Bool { flags & 0x0200 != 0 }
    public var isRecursionDesired: Bool { flags & 0x0100 != 0 }
    public var isRecursionAvailable: Bool { flags & 0x0080 != 0 }
    public var isZSet: Bool { flags & 0x0040 != 0 }
    public var rcode: UInt16 { flags & 0xf }
}

/// A domain name in text, labels joined by dots, as far as the limits allow.
public struct DNSName: Hashable, Sendable {
    public internal(set) var text: [UInt8] = []
    public internal(set) var isTruncated = false
}

public struct DNSQuery: Sendable {
    public internal(set) var name: DNSName
    public internal(set) var type: UInt16
    public internal(set) var recordClass: UInt16
}

/// A resource record (RFC 1035, section 4.1.3).
public struct DNSRecord: Sendable {
    public internal(set) var name: DNSName
    public internal(set) var type: UInt16
    public internal(set) var recordClass: UInt16
    public internal(set) var ttl: UInt32
    public internal(set) var data: Data

    public enum Data: Sendable {
        /// 4 or 16 bytes.
        case address([UInt8])
        /// CNAME, NS, PTR, MX: a host.
        case name(DNSName)
        case text([[UInt8]])
        case soa(SOA)
        case srv(priority: UInt16, weight: UInt16, port: UInt16, name: DNSName)
        case sshfp(algorithm: UInt8, type: UInt8, fingerprint: [UInt8])
        /// RFC 6891: pairs of code and value.
        case options([(code: UInt16, data: [UInt8])])
        case null([UInt8])
        case other
    }

    public struct SOA: Sendable {
        public internal(set) var mname: DNSName
        public internal(set) var rname: DNSName
        public internal(set) var serial: UInt32
        public internal(set) var refresh: UInt32
        public internal(set) var retry: UInt32
        public internal(set) var expire: UInt32
        public internal(set) var minimum: UInt32
    }
}
