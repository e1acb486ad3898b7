import AppLayer
import RuleLanguage
import Wire

/// Turns one rule into what the engine runs, or says why that can't be.
struct RuleCompiler {
    private let rule: Rule
    var names: NameTable
    private var checks: [Check] = []
    private var effects: [Effect] = []
    private var rate = RateControl()
    private var tag: TagOption?
    private var isSilent = false
    private var bypasses = false
    private var flow = FlowOption()
    private var needsPacket = false
    private var isIPOnly = true

    private let options: CompilerOptions
    /// Why the rule never matches, if that is so.
    private(set) var silence: String?

    var datasets: DatasetCatalogue

    init(rule: Rule, names: NameTable, options: CompilerOptions, datasets: DatasetCatalogue) {
        self.datasets = datasets
        self.rule = rule
        self.options = options
        self.names = names
    }

    mutating func compile() throws(CompileError) -> CompiledRule {
        guard let proto = ProtocolTest(rule.header.proto) else {
            throw CompileError(message: "the engine does not know the protocol '\(rule.header.proto)' yet", code: .unsupported)
        }
        try checkFlowbitCount()
        if rule.neverMatches { return silent(proto) }
        if let name = FrameName.withoutParser(in: rule, proto) {
            silence = "this engine makes no frames 'frame:\(name)' yet"
            return silent(proto)
        }
        var payload: [PayloadOption] = []
        for option in rule.options {
            if case .payload(let part) = option { payload.append(part) } else { try take(option) }
            if case .payload(let part) = option, part.match.isOnPacket { needsPacket = true }
        }
        let direction = flow.direction?.asSide
        var payloadCompiler = PayloadCompiler(
            options: payload, proto: proto, direction: direction, needsPacket: needsPacket,
            isTransactional: rule.header.isTransactional, flow: flow, compiler: options, ruleFile: rule.location.file, datasets: datasets)
        datasets = DatasetCatalogue(previous: [:])
        defer { datasets = payloadCompiler.datasets }
        let groups = try payloadCompiler.groups()
        if let silent = groups.compactMap(\.target?.buffer).first(where: \.isWithoutParser) {
            silence = "there is no parser behind '\(silent.keyword)' yet"
        }
        try checkFrames(groups, payload)
        rate.take(options.thresholds, for: rule)
        let type = try type(proto, groups)
        if rule.header.isTransactional {
            guard type == .appLayerTransaction, direction == nil else {
                throw CompileError(message: "'=>' needs buffers of a transaction, and no direction in 'flow'", code: .contradiction)
            }
        }
        let resolved = try self.direction(direction, groups)
        return CompiledRule(
            rule: rule, type: type, proto: proto, header: HeaderTest(rule.header), direction: resolved, checks: checks,
            groups: groups, effects: effects, prefilter: PrefilterChoice.choose(groups, payload), rate: rate,
            tag: tag, isSilent: isSilent, bypasses: bypasses)
    }

    /// The one direction that all of the rule's parts are about, nil for both.
    private func direction(_ flow: Direction?, _ groups: [BufferGroup]) throws(CompileError) -> Direction? {
        if rule.header.isTransactional { return nil }
        let ofChecks = checks.compactMap { check in
            if case .transactionNumber(let number, _) = check { number.direction } else { nil }
        }
        let all = ofChecks + groups.compactMap { $0.target?.buffer.direction } + (flow.map { [$0] } ?? [])
        if all.contains(.toServer), all.contains(.toClient) {
            throw CompileError(
                message: "the rule's keywords are about both directions, and no packet is: expected '=>' between the addresses, "
                    + "without a direction in 'flow'")
        }
        return all.first
    }

    private func checkFlowbitCount() throws(CompileError) {
        guard let limit = options.maximumFlowbits else { return }
        var bits: Set<String> = []
        for case .flowbits(let option) in rule.options { bits.formUnion(option.names) }
        guard bits.count <= limit else {
            throw CompileError(message: "the rule names \(bits.count) flowbits, but at most \(limit) are allowed")
        }
    }

    /// Stands in the set, so that it is listed and counted, and in no index.
    private func silent(_ proto: ProtocolTest) -> CompiledRule {
        return CompiledRule(
            rule: rule, type: .appLayer, proto: proto, header: HeaderTest(rule.header), direction: nil, checks: [],
            groups: [], effects: [], prefilter: nil, rate: rate, tag: nil, isSilent: true, bypasses: false)
    }

    private func type(_ proto: ProtocolTest, _ groups: [BufferGroup]) throws(CompileError) -> RuleType {
        let hasEvent = checks.contains { if case .decodeEvent = $0 { true } else { false } }
        if hasEvent { return .decoderEventOnly }
        if groups.contains(where: \.looksInTransaction) || needsTransaction {
            return .appLayerTransaction
        }
        if groups.contains(where: { $0.target == nil }) {
            if proto.isStreamOnly || flow.stream == .onlyStream { return .stream }
            let isTCP = proto.ipProtocols.isEmpty || proto.ipProtocols.contains(IPProtocol.tcp)
            if !proto.appProtocols.isEmpty { return .appLayer }
            return isTCP && !needsPacket && !proto.isPacketOnly ? .packetStream : .packet
        }
        if !proto.appProtocols.isEmpty { return needsPacket ? .packet : .appLayer }
        let isOnProtocols = checks.allSatisfy { if case .appProtocol = $0 { true } else { false } }
        if !checks.isEmpty, isOnProtocols { return .protocolDetectionOnly }
        guard isIPOnly else { return .packet }
        return rule.header.hasNegatedAddress ? .likeIPOnly : .ipOnly
    }

    /// A frame lies in the stream and not in a transaction: a rule that looks into one can look into nothing else.
    private mutating func checkFrames(_ groups: [BufferGroup], _ payload: [PayloadOption]) throws(CompileError) {
        guard let frame = groups.compactMap(\.target?.buffer).first(where: \.isFrame) else { return }
        let location = payload.first { $0.buffer.flatMap(FrameName.init) != nil }?.location
        guard groups.allSatisfy({ $0.target?.buffer == frame }), !needsTransaction, !needsPacket else {
            throw CompileError(
                message: "a rule on a frame can't have another frame, a buffer, content in the payload or a test on headers beside it",
                location: location)
        }
        guard !rule.header.isTransactional else {
            throw CompileError(message: "a frame belongs to one side: rules with '=>' can't use it", location: location)
        }
        // Frames of the whole stream are there for every protocol.
        if frame == .frameStream, let name = payload.lazy.compactMap({ $0.buffer.flatMap(FrameName.init) }).first {
            checks.append(.appProtocol(try name.protocols(ProtocolTest(rule.header.proto)), isNegated: false, isOriginal: false))
        }
    }

    private var needsTransaction: Bool {
        checks.contains { check in
            switch check {
            case .transactionNumber, .transactionNumbers, .certificateDate, .appLayerEvent, .fileHash: true
            default: false
            }
        }
    }

    private mutating func take(_ option: RuleOption) throws(CompileError) {
        switch option {
        case .payload: break
        case .flow(let option):
            flow = option
            isIPOnly = false
            if option.stream == .noStream { needsPacket = true }
            checks.append(.flow(option))
        case .flowbits(let option): take(option)
        case .flowint(let option): take(option)
        case .variable(let option):
            isIPOnly = false
            checks.append(.variable(VariableTest(option)))
        case .number(let keyword, let test): try takeNumber(keyword, test)
        case .numbers(let keyword, let test, let direction): try takeNumbers(keyword, test, direction)
        case .tcpFlags(let option):
            needsPacket = true
            isIPOnly = false
            checks.append(.tcpFlags(option))
        case .fragmentBits(let option):
            isIPOnly = false
            checks.append(.fragmentBits(option))
        case .ipProtocol(let negated, let relation): checks.append(.ipProtocol(relation, isNegated: negated))
        case .sameIP: checks.append(.sameIP)
        case .streamSize(let option):
            isIPOnly = false
            checks.append(.streamSize(option))
        case .appLayerProtocol(let name, let negated, let qualifier):
            isIPOnly = false
            try takeProtocol(name, negated, qualifier)
        case .event(let keyword, let name): try takeEvent(keyword, name)
        case .threshold(let option): rate.threshold = option
        case .detectionFilter(let option): rate.filter = option
        case .noAlert: isSilent = true
        case .fileHash(let option):
            isIPOnly = false
            do throws(CompilerOptions.FileFailure) {
                let bytes = try options.readFile(option.list, rule.location.file)
                checks.append(.fileHash(try FileHashList(option, bytes), isNegated: option.isNegated))
            } catch {
                throw CompileError(message: error.message, location: option.location, code: .file)
            }
        case .fileStore: isIPOnly = false
        case .prefilter: break
        case .bypass: bypasses = true
        case .hostbits(let option): take(option)
        case .flowCount(let option):
            isIPOnly = false
            checks.append(.flowCount(option))
        case .ipOptions(let name):
            isIPOnly = false
            needsPacket = true
            guard let options = IPv4OptionSet.named(name) else {
                throw CompileError(
                    message: "no IP option '\(name)': expected any, eol, nop, rr, ts, sec, esec, lsrr, ssrr, satid, qs, rtralt or cipso")
            }
            checks.append(.ipOptions(options))
        case .vlanID(let test):
            isIPOnly = false
            checks.append(.vlanID(test))
        case .tag(let option): tag = option
        case .other("l3_proto", let name, let location):
            let families: [String: IPAddress.Family?] = [
                "ipv4": .ipv4, "ip4": .ipv4, "ipv6": .ipv6, "ip6": .ipv6, "ip": nil, "any": nil,
            ]
            guard let family = families[name.lowercased()] else {
                throw CompileError(message: "'\(name)' is not a protocol of layer 3: expected ip, ipv4 or ipv6", location: location)
            }
            if let family { checks.append(.family(family)) }
        case .other("geoip", let arguments, let location):
            isIPOnly = false
            do throws(CompileError) {
                checks.append(.country(try GeoTest(arguments, options.countries)))
            } catch {
                throw CompileError(message: error.message, location: location)
            }
        case .other("iprep", let arguments, _): checks.append(.reputation(try ReputationTest(arguments, options.reputation)))
        case .other(let keyword, let arguments, let location):
            if let layer = ChecksumOption.Layer(rawValue: keyword), let option = ChecksumOption(layer, arguments) {
                isIPOnly = false
                needsPacket = true
                return checks.append(.checksum(option))
            }
            do throws(CompileError) {
                if let check = try HTTP2Keywords.check(keyword, arguments) {
                    isIPOnly = false
                    return checks.append(check)
                }
            } catch {
                throw CompileError(message: error.message, location: location)
            }
            if try takeTLS(keyword, arguments, location) { return }
            throw CompileError(message: unsupported(keyword, arguments).message, location: location, code: .unsupported)
        }
    }

    private mutating func takeTLS(
        _ keyword: String, _ arguments: String, _ location: SourceLocation
    ) throws(CompileError) -> Bool {
        do throws(CompileError) {
            guard let tests = try TLSKeywords.checks(keyword, arguments) else { return false }
            isIPOnly = false
            checks += tests
            return true
        } catch {
            throw CompileError(message: error.message, location: location)
        }
    }

    private func unsupported(_ keyword: String, _ argument: String) -> CompileError {
        CompileError(message: "the engine does not support '\(keyword)' yet", code: .unsupported)
    }

    private mutating func take(_ option: FlowbitsOption) {
        let numbers = option.names.map { names.number($0) }
        switch option.operation {
        case .set: effects += numbers.map(Effect.setBit)
        case .unset: effects += numbers.map(Effect.unsetBit)
        case .toggle: effects += numbers.map(Effect.toggleBit)
        case .isSet, .isNotSet:
            isIPOnly = false
            checks.append(.flowbits(numbers: numbers, isSet: option.operation == .isSet))
        case .noAlert: isSilent = true
        }
    }

    private mutating func take(_ option: HostbitsOption) {
        let bit = HostBit(
            name: names.number("\(option.isHostbits ? "host" : "x"):\(option.name)"), track: option.track)
        switch option.operation {
        case .isSet: checks.append(.hostBit(bit, isSet: true))
        case .isNotSet: checks.append(.hostBit(bit, isSet: false))
        case .set, .unset, .toggle: effects.append(.setHostBit(bit, option.operation, seconds: option.expireSeconds))
        }
    }

    private mutating func take(_ option: FlowintOption) {
        let number = names.number("int:\(option.name)")
        let term: FlowintTerm? =
            switch option.operand {
            case .number(let value): .number(value)
            case .variable(let name): .variable(names.number("int:\(name)"))
            case nil: nil
            }
        switch (option.operation, term) {
        case (.set, let term?), (.add, let term?), (.subtract, let term?):
            effects.append(.setInt(number, option.operation, term))
        default:
            checks.append(.flowint(number: number, option.operation, term))
        }
    }

    private mutating func takeNumber(_ keyword: String, _ test: NumberTest) throws(CompileError) {
        isIPOnly = false
        if let number = Self.transactionNumbers[keyword] {
            checks.append(.transactionNumber(number, test))
            return
        }
        guard let field = NumberField(rawValue: keyword) else { throw unsupported(keyword, "") }
        if !keyword.hasPrefix("flow.") { needsPacket = true }
        // As in Suricata, a size that is not the given one is the size of a payload.
        if field == .dsize, case .notEqual = test { checks.append(.number(.dsize, .greater(0))) }
        checks.append(.number(field, test))
    }

    private mutating func takeNumbers(
        _ keyword: String, _ test: NumberListTest, _ direction: FlowOption.Direction?
    ) throws(CompileError) {
        isIPOnly = false
        guard direction == nil || rule.header.isTransactional else {
            throw CompileError(message: "a side of '\(keyword)' is for rules with '=>'")
        }
        guard let number = Self.transactionNumbers[keyword] else { throw unsupported(keyword, "") }
        checks.append(.transactionNumbers(number, test, direction?.asSide))
    }

    private static let transactionNumbers: [String: TransactionNumber] = [
        "urilen": .uriLength, "urilen.raw": .uriLengthRaw, "dns.opcode": .dnsOpcode, "dns.rcode": .dnsRcode,
        "dns.rrtype": .dnsRRType, "filesize": .fileSize, "ftp.mode": .ftpMode,
        "ftp.dynamic_port": .ftpDynamicPort, "ftp.reply_received": .ftpReplyReceived, "ftpdata_command": .ftpDataCommand,
        "websocket.opcode": .websocketOpcode, "websocket.flags": .websocketFlags, "websocket.mask": .websocketMask,
    ]

    private mutating func takeProtocol(_ name: String, _ negated: Bool, _ qualifier: String?) throws(CompileError) {
        guard let protocols = AppProtocol.named(name) else {
            throw CompileError(message: "'\(name)' is not an application protocol")
        }
        // A flow has one protocol for both directions, so that the modes that name one say the same.
        switch qualifier {
        case nil, "final", "either", "to_server", "to_client", "toserver", "toclient", "original":
            checks.append(.appProtocol(protocols, isNegated: negated, isOriginal: qualifier == "original"))
        case "exact":
            guard name != "http" else {
                throw CompileError(message: "'http' stands for several protocols; 'exact' needs one of them")
            }
            checks.append(.appProtocol(Array(protocols.prefix(1)), isNegated: negated, isOriginal: false))
        case let other?:
            throw CompileError(
                message: "'\(other)' is not a mode of app-layer-protocol: expected final, original, either, to_server, "
                    + "to_client or exact")
        }
    }

    private mutating func takeEvent(_ keyword: String, _ name: String) throws(CompileError) {
        isIPOnly = false
        switch keyword {
        case "decode-event" where name.hasPrefix("stream."), "engine-event" where name.hasPrefix("stream."):
            try takeEvent("stream-event", String(name.dropFirst("stream.".count)))
        case "decode-event", "engine-event":
            let event = DecodeEvent(name: name)
            guard event != nil || DecodeEvent.isKnownButNeverRaised(name) else {
                throw CompileError(message: "no decode event '\(name)'")
            }
            if event == nil { noteSilent(keyword, name) }
            checks.append(.decodeEvent(event))
        case "app-layer-event":
            try takeAppLayerEvent(name)
        case "stream-event":
            guard let event = StreamEventSet(name: name) else { throw CompileError(message: "no stream event '\(name)'") }
            if event.isEmpty { noteSilent(keyword, name) }
            checks.append(.streamEvent(event.rawValue))
        default: throw unsupported("\(keyword):\(name)", "")
        }
    }

    private mutating func noteSilent(_ keyword: String, _ event: String) {
        silence = "this engine does not raise \(keyword) '\(event)'"
    }

    private mutating func takeAppLayerEvent(_ name: String) throws(CompileError) {
        if name.hasPrefix("applayer_") {
            guard AppLayerEventNames.flow.contains(name) else {
                throw CompileError(message: "'\(name)' is not an event of protocol recognition")
            }
            if name == AppLayerEventNames.unraisedFlowEvent { noteSilent("app-layer-event", name) }
            checks.append(.flowEvent(name))
            return
        }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, let appProtocol = AppProtocol.named(parts[0])?.first else {
            throw CompileError(message: "expected 'app-layer-event:PROTOCOL.EVENT' with a protocol that is known")
        }
        let event = AppLayerEventNames.canonical(parts[1], of: appProtocol)
        if let known = AppLayerEventNames.known(appProtocol), !known.contains(event) {
            throw CompileError(message: "'\(parts[1])' is not an event of \(parts[0])")
        }
        if !AppLayerEventNames.isRaised(event, of: appProtocol) { noteSilent("app-layer-event", name) }
        checks.append(.appLayerEvent(appProtocol, event))
    }
}
