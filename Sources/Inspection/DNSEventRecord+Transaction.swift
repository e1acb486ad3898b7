import AppLayer
import Events

extension DNSEventRecord {
    init(_ transaction: DNSTransaction) {
        self.init(transaction.message, transactionID: transaction.id)
        isMulticast = transaction.appProtocol == .mdns
    }

    init(_ message: DNSMessage, transactionID: UInt64) {
        self.init()
        isResponse = message.isResponse
        self.transactionID = transactionID
        id = message.id
        flags = message.flags
        opcode = message.opcode
        rcode = DNSRcode.name(message.rcode)
        queries = message.queries.map { Query(name: Name($0.name), type: DNSType.name($0.type)) }
        answers = message.answers.map { Resource($0) }
        authorities = message.authorities.map { Resource($0) }
        additionals = message.additionals.map { Resource($0) }
    }
}

extension DNSEventRecord {
    /// The answer, as long as there is none the question; nil without either.
    init?(_ transaction: HTTP2Transaction) {
        guard let message = transaction.dns.response ?? transaction.dns.request else { return nil }
        self.init(message, transactionID: transaction.id)
    }
}

extension DNSEventRecord.Name {
    fileprivate init(_ name: DNSName) { self.init(text: name.text, isTruncated: name.isTruncated) }
}

extension DNSEventRecord.Resource {
    fileprivate init(_ record: DNSRecord) {
        self.init(name: .init(record.name), type: DNSType.name(record.type), ttl: record.ttl, data: .init(record.data))
    }
}

extension DNSEventRecord.Data {
    fileprivate init(_ data: DNSRecord.Data) {
        switch data {
        case .address(let bytes): self = .plain(Self.address(bytes))
        case .name(let name): self = .name(.init(name))
        case .text(let strings): self = .plain(strings.flatMap { $0 })
        case .null(let bytes): self = .plain(bytes)
        case .soa(let soa):
            self = .soa(
                mname: .init(soa.mname), rname: .init(soa.rname), serial: soa.serial, refresh: soa.refresh,
                retry: soa.retry, expire: soa.expire, minimum: soa.minimum)
        case .srv(let priority, let weight, let port, let name):
            self = .srv(priority: priority, weight: weight, port: port, name: .init(name))
        case .sshfp(let algorithm, let type, let fingerprint):
            let text = fingerprint.map { Printable.hex([$0]) }.joined(separator: ":")
            self = .sshfp(algorithm: algorithm, type: type, fingerprint: text)
        case .options(let options): self = .options(options.map { ($0.code, Printable.hex($0.data)) })
        case .other: self = .none
        }
    }

    /// Dotted decimal, or eight groups in full as all addresses of EVE records are.
    private static func address(_ bytes: [UInt8]) -> [UInt8] {
        switch bytes.count {
        case 4: return Array(bytes.map(String.init).joined(separator: ".").utf8)
        case 16:
            let groups = stride(from: 0, to: 16, by: 2).map { Printable.hex([bytes[$0], bytes[$0 + 1]]) }
            return Array(groups.joined(separator: ":").utf8)
        default: return []
        }
    }
}
