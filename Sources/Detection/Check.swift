import AppLayer
import RuleLanguage
import Wire

/// A test on headers, flow or state.
enum Check: Sendable {
    case flow(FlowOption)
    case flowbits(numbers: [UInt32], isSet: Bool)
    case flowint(number: UInt32, FlowintOption.Operation, FlowintTerm?)
    case variable(VariableTest)
    case number(NumberField, NumberTest)
    /// Some instance of the number fulfils the test.
    case transactionNumber(TransactionNumber, NumberTest)
    case transactionNumbers(TransactionNumber, NumberListTest, Direction?)
    case certificateDate(TransactionNumber, CertificateDateTest)
    case fileHash(FileHashList, isNegated: Bool)
    case tcpFlags(TCPFlagsOption)
    case fragmentBits(FragmentBitsOption)
    case ipProtocol(NumberTest, isNegated: Bool)
    case sameIP
    case country(GeoTest)
    case family(IPAddress.Family)
    case streamSize(StreamSizeOption)
    case flowCount(FlowCountOption)
    case hostBit(HostBit, isSet: Bool)
    case reputation(ReputationTest)
    /// nil for an event that the decoder never raises.
    case decodeEvent(DecodeEvent?)
    /// Empty for any option.
    case ipOptions(IPv4OptionSet)
    case checksum(ChecksumOption)
    case vlanID(NumberListTest)
    /// `isOriginal`: what the flow began as, before a change of protocol.
    case appProtocol([AppProtocol], isNegated: Bool, isOriginal: Bool)
    case streamEvent(UInt64)
    case appLayerEvent(AppProtocol, String)
    /// Of the recognition of protocols, outside any transaction.
    case flowEvent(String)
}

enum FlowintTerm: Sendable { case number(UInt32), variable(UInt32) }

/// What a match changes.
enum Effect: Sendable {
    case setBit(UInt32), unsetBit(UInt32), toggleBit(UInt32)
    case setInt(UInt32, FlowintOption.Operation, FlowintTerm)
    case setHostBit(HostBit, HostbitsOption.Operation, seconds: UInt32)
}

/// Numbers of a packet or its flow.
enum NumberField: String, Sendable {
    case dsize, ttl, tos, id, itype, icode
    case icmpID = "icmp_id"
    case icmpSequence = "icmp_seq"
    case tcpSequence = "tcp.seq"
    case tcpAck = "tcp.ack"
    case tcpWindow = "tcp.window"
    case tcpMSS = "tcp.mss"
    case tcpWindowScale = "tcp.wscale"
    case fragmentOffset = "fragoffset"
    case icmpv6MTU = "icmpv6.mtu"
    case vlanLayers = "vlan.layers"
    case flowAge = "flow.age"
    case flowPacketsToServer = "flow.pkts_toserver"
    case flowPacketsToClient = "flow.pkts_toclient"
    case flowBytesToServer = "flow.bytes_toserver"
    case flowBytesToClient = "flow.bytes_toclient"

    func value(_ packet: DecodedPacket, _ facts: FlowFacts) -> UInt64? {
        let isICMP = packet.transport == .icmp || packet.transport == .icmpv6
        let isTCP = packet.transport == .tcp
        return switch self {
        case .dsize: UInt64(packet.payloadLength)
        case .ttl: UInt64(packet.ttl)
        case .tos: packet.addressFamily == .ipv4 ? UInt64(packet.tos) : nil
        case .id: packet.addressFamily == .ipv4 ? UInt64(packet.ipID) : nil
        case .itype: isICMP ? UInt64(packet.icmpType) : nil
        case .icode: isICMP ? UInt64(packet.icmpCode) : nil
        case .icmpID: packet.hasICMPIdentifier ? UInt64(packet.icmpID) : nil
        case .icmpSequence: packet.hasICMPIdentifier ? UInt64(packet.icmpSequence) : nil
        case .tcpSequence: isTCP ? UInt64(packet.tcp.sequence.rawValue) : nil
        case .tcpAck: isTCP ? UInt64(packet.tcp.acknowledgment.rawValue) : nil
        case .tcpWindow: isTCP ? UInt64(packet.tcp.window) : nil
        case .tcpMSS: isTCP ? packet.tcp.options.maximumSegmentSize.map(UInt64.init) : nil
        case .tcpWindowScale: isTCP ? packet.tcp.options.windowScale.map(UInt64.init) : nil
        case .icmpv6MTU: packet.transport == .icmpv6 && packet.icmpType == 2 ? UInt64(packet.icmpMTU) : nil
        case .vlanLayers: UInt64(packet.vlans.count)
        case .fragmentOffset: UInt64(packet.fragmentOffset / 8)
        case .flowAge: facts.hasFlow ? facts.ageSeconds : nil
        case .flowPacketsToServer: facts.hasFlow ? facts.packets.0 : nil
        case .flowPacketsToClient: facts.hasFlow ? facts.packets.1 : nil
        case .flowBytesToServer: facts.hasFlow ? facts.bytes.0 : nil
        case .flowBytesToClient: facts.hasFlow ? facts.bytes.1 : nil
        }
    }
}

/// One evaluation's surroundings.
struct CheckContext {
    let packet: DecodedPacket
    let facts: FlowFacts
    let state: FlowDetectionState?
    let session: AppLayerSession?
    let transaction: Transaction?
    let hosts: HostState
    let reputation: Reputation
    /// What captures of earlier rules have found in the packet.
    let variables: VariableStore
}

extension CheckContext {
    /// `xbits` that track the transaction.
    var transactionBits: Set<UInt32>? { (transaction?.inspection as? TransactionProgress)?.bits }
}

extension Check {
    func holds(_ context: CheckContext) -> Bool {
        let packet = context.packet
        switch self {
        case .flow(let option): return Self.holds(option, context)
        case .flowbits(let numbers, let isSet):
            guard context.facts.hasFlow else { return false }
            let bits = context.state?.bits ?? []
            return numbers.contains { bits.contains($0) == isSet }
        case .flowint(let number, let operation, let term):
            return context.facts.hasFlow && Self.holds(context.state?.ints[number], operation, term, context.state)
        case .variable(let test):
            return test.isOfPacket ? context.variables.holds(test) : context.state?.variables?.holds(test) ?? false
        case .number(let field, let test): return field.value(packet, context.facts).map(test.holds) ?? false
        case .certificateDate(let number, let test):
            guard let date = context.transaction?.number(number, direction: context.facts.direction, index: 0) else {
                return false
            }
            return test.holds(Int64(bitPattern: date), now: context.facts.now.nanoseconds / 1_000_000_000)
        case .transactionNumbers(let number, let test, let side):
            return context.transaction?.hasNumbers(number, test, side ?? context.facts.direction) ?? false
        case .transactionNumber(let number, let test): return context.transaction?.hasNumber(number, test, context) ?? false
        case .fileHash(let list, let isNegated):
            return context.transaction?.files(context.facts.direction).contains { file in
                file.digest(list.algorithm).map { list.contains($0) != isNegated } ?? false
            } ?? false
        case .tcpFlags(let option): return packet.transport == .tcp && option.holds(packet.tcp.flags.rawValue)
        case .fragmentBits(let option):
            guard packet.addressFamily == .ipv4 else { return false }
            let bits: UInt8 =
                (packet.hasReservedFlag ? 4 : 0) | (packet.dontFragment ? 2 : 0) | (packet.moreFragments ? 1 : 0)
            return option.holds(bits)
        case .ipProtocol(let test, let isNegated): return test.holds(UInt64(packet.ipProtocol)) != isNegated
        case .country(let test): return test.holds(packet)
        case .family(let family): return packet.addressFamily == family
        case .sameIP: return packet.source == packet.destination
        case .streamSize(let option): return Self.holds(option, context.facts)
        case .flowCount(let option): return context.facts.hasFlow && Self.holds(option, context.facts)
        case .hostBit(let bit, let isSet):
            let now = context.facts.now
            let found =
                bit.track == .transaction
                ? context.transactionBits?.contains(bit.name) ?? false
                : bit.keys(packet).contains { context.hosts.isSet($0, now: now) }
            return found == isSet
        case .reputation(let test): return test.holds(context.reputation, packet)
        case .appProtocol(let protocols, let isNegated, let isOriginal):
            let session = context.session
            let original = isOriginal ? session?.originalProtocol : nil
            guard let found = original ?? session?.appProtocol, found != .unknown else { return false }
            return protocols.contains(found) != isNegated
        case .decodeEvent(let event): return event.map { packet.events.contains($0) } ?? false
        case .ipOptions(let options): return options.isEmpty ? !packet.ipOptions.isEmpty : packet.ipOptions.contains(options)
        case .checksum(let option): return option.holds(packet)
        case .vlanID(let test): return test.holds(packet.vlans.ids.map(UInt64.init))
        case .streamEvent(let bits): return context.facts.streamEvents & bits != 0
        case .appLayerEvent(let appProtocol, let name):
            return context.transaction?.events.contains { $0.name.description == name && $0.appProtocol == appProtocol } ?? false
        case .flowEvent(let name): return context.session?.events.contains { $0.name.description == name } ?? false
        }
    }

    private static func holds(_ option: FlowOption, _ context: CheckContext) -> Bool {
        let facts = context.facts
        guard facts.hasFlow else { return false }
        switch option.direction {
        case .toServer where facts.direction != .toServer: return false
        case .toClient where facts.direction != .toClient: return false
        default: break
        }
        switch option.state {
        case .established where !facts.isEstablished: return false
        case .notEstablished where facts.isEstablished: return false
        default: break
        }
        switch option.fragment {
        case .onlyFragment: return facts.isReassembled
        case .noFragment: return !facts.isReassembled
        case nil: return true
        }
    }

    private static func holds(
        _ value: UInt32?, _ operation: FlowintOption.Operation, _ term: FlowintTerm?, _ state: FlowDetectionState?
    ) -> Bool {
        switch operation {
        case .isSet: return value != nil
        case .isNotSet: return value == nil
        default: break
        }
        guard let value, let term, let other = state?.value(term) else { return false }
        switch operation {
        case .less: return value < other
        case .lessOrEqual: return value <= other
        case .equal: return value == other
        case .notEqual: return value != other
        case .greaterOrEqual: return value >= other
        case .greater: return value > other
        default: return true
        }
    }

    private static func holds(_ option: FlowCountOption, _ facts: FlowFacts) -> Bool {
        let counts = option.unit == .packets ? facts.packets : facts.bytes
        let (toServer, toClient) = (option.test.holds(counts.0), option.test.holds(counts.1))
        return switch option.side {
        case .toServer: toServer
        case .toClient: toClient
        case .both: toServer && toClient
        case .either: toServer || toClient
        }
    }

    private static func holds(_ option: StreamSizeOption, _ facts: FlowFacts) -> Bool {
        let (client, server) = (option.test.holds(facts.streamBytes.0), option.test.holds(facts.streamBytes.1))
        return switch option.side {
        case .client: client
        case .server: server
        case .both: client && server
        case .either: client || server
        }
    }
}

extension Transaction {
    fileprivate func hasNumber(_ number: TransactionNumber, _ test: NumberTest, _ context: CheckContext) -> Bool {
        var index = 0
        while let value = self.number(number, direction: context.facts.direction, index: index) {
            if test.holds(value) { return true }
            index += 1
        }
        return false
    }
}

extension Transaction {
    fileprivate func hasNumbers(_ number: TransactionNumber, _ test: NumberListTest, _ direction: Direction) -> Bool {
        var numbers: [UInt64] = []
        while numbers.count < 65_536,
            let value = self.number(number, direction: direction, index: numbers.count)
        {
            numbers.append(value)
        }
        return test.holds(numbers)
    }
}

extension TCPFlagsOption {
    func holds(_ flags: UInt8) -> Bool {
        // No flag at all: those that are ignored count too.
        guard self.flags != 0 else { return (flags == 0) != (mode == .notAllOf) }
        let seen = flags & ~ignored
        return switch mode {
        case .exactly: seen == self.flags
        case .atLeast: seen & self.flags == self.flags
        case .anyOf: seen & self.flags != 0
        case .notAllOf: seen & self.flags != self.flags
        }
    }
}

extension FragmentBitsOption {
    func holds(_ bits: UInt8) -> Bool {
        switch mode {
        case .exactly: bits == self.bits
        case .andOthers: bits & self.bits == self.bits && bits != self.bits
        case .anyOf: bits & self.bits != 0
        case .notAllOf: bits & self.bits != self.bits
        }
    }
}

extension IPv4OptionSet {
    /// The options by their names in rules; `any` is the empty set.
    static func named(_ name: String) -> IPv4OptionSet? {
        switch name.lowercased() {
        case "any": []
        case "eol": .endOfList
        case "nop": .noOperation
        case "rr": .recordRoute
        case "ts": .timestamp
        case "sec": .security
        case "esec": .extendedSecurity
        case "lsrr", "lsrre": .looseSourceRoute
        case "ssrr": .strictSourceRoute
        case "satid": .streamID
        case "qs": .quickStart
        case "rtralt": .routerAlert
        case "cipso": .cipso
        default: nil
        }
    }
}
