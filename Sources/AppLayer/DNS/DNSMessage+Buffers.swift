import Wire

/// What rules look at in a message that travels in `direction`.
extension DNSMessage {
    func bytes(of buffer: Buffer, _ direction: Direction, _ index: Int) -> [UInt8]? {
        switch buffer {
        case .dnsQuery: direction == .toServer ? queries.element(index)?.name.text : nil
        case .dnsQueriesName, .mdnsQueriesName: queries.element(index)?.name.text
        case .dnsAnswersName, .mdnsAnswersName: answers.element(index)?.name.text
        case .dnsAuthoritiesName, .mdnsAuthoritiesName: authorities.element(index)?.name.text
        case .dnsAdditionalsName, .mdnsAdditionalsName: additionals.element(index)?.name.text
        case .dnsResponseName, .mdnsResponseName: responseNames.element(index)
        default: nil
        }
    }

    func number(_ number: TransactionNumber, _ direction: Direction, _ index: Int) -> UInt64? {
        switch number {
        case .dnsOpcode: return index == 0 ? UInt64(opcode) : nil
        case .dnsRcode: return index == 0 ? UInt64(rcode) : nil
        case .dnsRRType:
            let type = direction == .toServer ? queries.element(index)?.type : answers.element(index)?.type
            return type.map { UInt64($0) }
        default: return nil
        }
    }

    /// Names of the records, and those in their data, in order.
    mutating func collectNames() {
        guard isResponse else { return }
        var names = queries.map(\.name.text)
        for record in answers + authorities + additionals {
            names.append(record.name.text)
            switch record.data {
            case .name(let name): names.append(name.text)
            case .soa(let soa): names.append(soa.mname.text)
            default: break
            }
        }
        responseNames = names
    }
}

extension Array {
    /// nil outside the bounds.
    func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
