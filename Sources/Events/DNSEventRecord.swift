/// EVE `dns`: one message.
public struct DNSEventRecord: Sendable {
    public struct Name: Sendable {
        public var text: [UInt8]
        public var isTruncated: Bool
        public init(text: [UInt8], isTruncated: Bool) {
            self.text = text
            self.isTruncated = isTruncated
        }
    }

    public struct Query: Sendable {
        public var name: Name
        public var type: String
        public init(name: Name, type: String) {
            self.name = name
            self.type = type
        }
    }

    public struct Resource: Sendable {
        public var name: Name
        public var type: String
        public var ttl: UInt32
        public var data: Data
        public init(name: Name, type: String, ttl: UInt32, data: Data) {
            self.name = name
            self.type = type
            self.ttl = ttl
            self.data = data
        }
    }

    public enum Data: Sendable {
        case plain([UInt8])
        case name(Name)
        case soa(mname: Name, rname: Name, serial: UInt32, refresh: UInt32, retry: UInt32, expire: UInt32, minimum: UInt32)
        case srv(priority: UInt16, weight: UInt16, port: UInt16, name: Name)
        case sshfp(algorithm: UInt8, type: UInt8, fingerprint: String)
        case options([(code: UInt16, data: String)])
        case none
    }

    public var isResponse = false
    public var transactionID: UInt64 = 0
    public var id: UInt16 = 0
    public var flags: UInt16 = 0
    public var opcode: UInt8 = 0
    public var rcode = ""
    public var queries: [Query] = []
    public var answers: [Resource] = []
    public var authorities: [Resource] = []
    public var additionals: [Resource] = []
    /// EVE `mdns`.
    public var isMulticast = false
    var version = 3
    var isDetailed = true
    var isGrouped = true

    public init() {}

    func write(_ json: inout JSONWriter) {
        if version < 3 { return writeVersion2(&json) }
        json.object(isMulticast ? "mdns" : "dns") { json in
            if !isMulticast { json.member("version", 3) }
            json.member("type", isResponse ? "response" : "request")
            json.member("tx_id", transactionID)
            json.member("id", id)
            json.member("flags", String(flags, radix: 16))
            writeFlags(&json)
            json.member("opcode", opcode)
            json.member("rcode", rcode)
            if !queries.isEmpty {
                json.array("queries") { json in
                    for query in queries {
                        json.object { json in
                            Self.write(query.name, "rrname", "rrname_truncated", &json)
                            json.member("rrtype", query.type)
                        }
                    }
                }
            }
            writeRecords(&json)
            if !additionals.isEmpty { Self.write(additionals, "additionals", &json) }
        }
    }

    func writeRecords(_ json: inout JSONWriter) {
        if !answers.isEmpty {
            if isDetailed { Self.write(answers, "answers", &json) }
            if isGrouped { writeGrouped(&json) }
        }
        if !authorities.isEmpty { Self.write(authorities, "authorities", &json) }
    }

    func writeFlags(_ json: inout JSONWriter) {
        let names: [(StaticString, UInt16)] = [
            ("qr", 0x8000), ("aa", 0x0400), ("tc", 0x0200), ("rd", 0x0100), ("ra", 0x0080), ("z", 0x0040),
        ]
        for (name, bit) in names where flags & bit != 0 { json.member(name, true) }
    }

    static func write(
        _ name: Name, _ key: StaticString, _ truncatedKey: StaticString, _ json: inout JSONWriter
    ) {
        json.member(key, escaping: name.text)
        if name.isTruncated { json.member(truncatedKey, true) }
    }

    private static func write(_ resources: [Resource], _ key: StaticString, _ json: inout JSONWriter) {
        json.array(key) { json in
            for resource in resources {
                json.object { json in
                    write(resource.name, "rrname", "rrname_truncated", &json)
                    json.member("rrtype", resource.type)
                    json.member("ttl", resource.ttl)
                    resource.data.write(&json)
                }
            }
        }
    }

    /// What the answers say, by type.
    private func writeGrouped(_ json: inout JSONWriter) {
        var types: [String] = []
        for answer in answers where answer.data.hasGroup && !types.contains(answer.type) { types.append(answer.type) }
        guard !types.isEmpty else { return }
        json.object("grouped") { json in
            for type in types {
                json.array(named: type) { json in
                    for answer in answers where answer.type == type { answer.data.writeElement(&json) }
                }
            }
        }
    }
}

extension DNSEventRecord.Data {
    var hasGroup: Bool {
        switch self {
        case .plain, .name, .srv, .sshfp, .soa: true
        case .options, .none: false
        }
    }

    func write(_ json: inout JSONWriter) {
        switch self {
        case .plain(let bytes): json.member("rdata", escaping: bytes)
        case .name(let name):
            json.member("rdata", escaping: name.text)
            if name.isTruncated { json.member("rdata_truncated", true) }
        case .soa: json.object("soa") { json in writeMembers(&json) }
        case .srv: json.object("srv") { json in writeMembers(&json) }
        case .sshfp: json.object("sshfp") { json in writeMembers(&json) }
        case .options(let options):
            json.array("opt") { json in
                for option in options {
                    json.object { json in
                        json.member("code", option.code)
                        json.member("data", option.data)
                    }
                }
            }
        case .none: break
        }
    }

    func writeElement(_ json: inout JSONWriter) {
        switch self {
        case .plain(let bytes): json.element(escaping: bytes)
        case .name(let name): json.element(escaping: name.text)
        case .soa, .srv, .sshfp: json.object { json in writeMembers(&json) }
        case .options, .none: break
        }
    }

    private func writeMembers(_ json: inout JSONWriter) {
        switch self {
        case .soa(let mname, let rname, let serial, let refresh, let retry, let expire, let minimum):
            json.member("mname", escaping: mname.text)
            if mname.isTruncated { json.member("mname_truncated", true) }
            json.member("rname", escaping: rname.text)
            if rname.isTruncated { json.member("rname_truncated", true) }
            json.member("serial", serial)
            json.member("refresh", refresh)
            json.member("retry", retry)
            json.member("expire", expire)
            json.member("minimum", minimum)
        case .srv(let priority, let weight, let port, let name):
            json.member("priority", priority)
            json.member("weight", weight)
            json.member("port", port)
            json.member("name", escaping: name.text)
            if name.isTruncated { json.member("name_truncated", true) }
        case .sshfp(let algorithm, let type, let fingerprint):
            json.member("fingerprint", fingerprint)
            json.member("algo", algorithm)
            json.member("type", type)
        case .plain, .name, .options, .none: break
        }
    }
}
