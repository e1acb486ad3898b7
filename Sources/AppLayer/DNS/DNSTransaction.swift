public import Wire

/// One DNS message: requests and responses are transactions of their own, as each says all by itself.
public final class DNSTransaction: Transaction {
    public let message: DNSMessage
    public let direction: Direction
    /// Names that `dns.response.rrname` looks at, in order.
    private let allNames: [[UInt8]]

    init(id: UInt64, message: DNSMessage, direction: Direction, problems: [StaticName]) {
        self.message = message
        self.direction = direction
        allNames = message.isResponse ? Self.names(message) : []
        super.init(id: id, appProtocol: .dns)
        events = problems.map { AppLayerEvent(appProtocol: .dns, name: $0, direction: direction) }
    }

    public override var onlyDirection: Direction? { direction }

    public override func buffer(_ buffer: Buffer, direction: Direction, index: Int) -> BufferView? {
        guard direction == self.direction else { return nil }
        let bytes: [UInt8]? =
            switch buffer {
            case .dnsQuery where direction == .toClient: nil
            case .dnsQuery, .dnsQueriesName: message.queries.element(index)?.name.text
            case .dnsAnswersName: message.answers.element(index)?.name.text
            case .dnsAuthoritiesName: message.authorities.element(index)?.name.text
            case .dnsAdditionalsName: message.additionals.element(index)?.name.text
            case .dnsResponseName: allNames.element(index)
            default: nil
            }
        return bytes.map { BufferView(bytes: $0) }
    }

    public override func number(_ number: TransactionNumber, direction: Direction, index: Int) -> UInt64? {
        guard direction == self.direction else { return nil }
        switch number {
        case .dnsOpcode: return index == 0 ? UInt64(message.opcode) : nil
        case .dnsRcode: return index == 0 ? UInt64(message.rcode) : nil
        case .dnsRRType:
            let type = direction == .toServer ? message.queries.element(index)?.type : message.answers.element(index)?.type
            return type.map { UInt64($0) }
        default: return nil
        }
    }

    private static func names(_ message: DNSMessage) -> [[UInt8]] {
        var names = message.queries.map(\.name.text)
        for record in message.answers + message.authorities + message.additionals {
            names.append(record.name.text)
            switch record.data {
            case .name(let name): names.append(name.text)
            case .soa(let soa): names.append(soa.mname.text)
            default: break
            }
        }
        return names
    }
}

extension Array {
    /// nil outside the bounds.
    func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
