/// Options on flow, state and rates.
extension OptionReader {
    mutating func readStateOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "flow": rule.options.append(.flow(try flow(try required(value, keyword))))
        case "flowbits": try readFlowbits(keyword, try required(value, keyword))
        case "flowint": rule.options.append(.flowint(try flowint(try required(value, keyword))))
        case "xbits", "hostbits": try readHostbits(name, try required(value, keyword))
        case "threshold", "detection_filter":
            guard !hasThreshold else { throw RuleError("a rule has one threshold or detection_filter only", at: keyword, code: .duplicateOption) }
            hasThreshold = true
            try readThreshold(name, keyword, value)
        case "tag": rule.options.append(.tag(try tag(try required(value, keyword))))
        case "prefilter": rule.options.append(.prefilter)
        case "bypass": rule.options.append(.bypass)
        case "flow.pkts": rule.options.append(.flowCount(try flowCount(.packets, try required(value, keyword))))
        case "flow.bytes": rule.options.append(.flowCount(try flowCount(.bytes, try required(value, keyword))))
        case "stream_size": rule.options.append(.streamSize(try streamSize(try required(value, keyword))))
        case "app-layer-protocol":
            let value = try required(value, keyword)
            let parts = (value.dropping("!") ?? value).parts(",")
            let qualifier = parts.count > 1 ? parts[1].text : nil
            try checkProtocol(parts[0].text, qualifier, isNegated: value.first == UInt8(ascii: "!"), at: value)
            rule.options.append(
                .appLayerProtocol(
                    name: parts[0].text, negated: value.first == UInt8(ascii: "!"),
                    qualifier: qualifier))
        case "app-layer-event", "decode-event", "stream-event", "engine-event":
            rule.options.append(.event(keyword: name, name: try required(value, keyword).text))
        default: return false
        }
        return true
    }

    /// `a` and `!b` say nothing together, nor does the same one twice; unless they are about the first and the
    /// last protocol of a flow.
    private func checkProtocol(_ name: String, _ qualifier: String?, isNegated: Bool, at value: Field) throws(RuleError) {
        for case .appLayerProtocol(let other, let otherIsNegated, let otherQualifier) in rule.options
        where (other == name || !isNegated || !otherIsNegated) && (otherQualifier == "original") == (qualifier == "original") {
            throw RuleError("'app-layer-protocol:\(other)' stands in the rule already", at: value, code: .contradiction)
        }
    }

    private func flow(_ value: Field) throws(RuleError) -> FlowOption {
        var option = FlowOption()
        for part in value.parts(",") {
            switch part.text.lowercased() {
            case "to_server", "from_client": try Self.set(&option.direction, .toServer, part)
            case "to_client", "from_server": try Self.set(&option.direction, .toClient, part)
            case "established": try Self.set(&option.state, .established, part)
            case "not_established": try Self.set(&option.state, .notEstablished, part)
            case "stateless": try Self.set(&option.state, .stateless, part)
            case "only_stream": try Self.set(&option.stream, .onlyStream, part)
            case "no_stream": try Self.set(&option.stream, .noStream, part)
            case "only_frag": try Self.set(&option.fragment, .onlyFragment, part)
            case "no_frag": try Self.set(&option.fragment, .noFragment, part)
            default:
                throw RuleError(
                    "'\(part.text)' is not known in flow: expected to_server, to_client, established, not_established, "
                        + "stateless, only_stream, no_stream, only_frag or no_frag", at: part)
            }
        }
        return option
    }

    private static func set<Value: Equatable>(_ field: inout Value?, _ value: Value, _ part: Field) throws(RuleError) {
        guard field == nil || field == value else {
            throw RuleError("'\(part.text)' contradicts another word of this flow option", at: part, code: .contradiction)
        }
        field = value
    }

    private mutating func readFlowbits(_ keyword: Field, _ value: Field) throws(RuleError) {
        let parts = value.parts(",")
        let operations: [String: FlowbitsOption.Operation] = [
            "set": .set, "unset": .unset, "toggle": .toggle, "isset": .isSet, "isnotset": .isNotSet,
        ]
        if parts[0].text == "noalert" {
            rule.options.append(.noAlert)
            return
        }
        guard let operation = operations[parts[0].text.lowercased()] else {
            throw RuleError(
                "'\(parts[0].text)' is not an operation: expected set, unset, toggle, isset, isnotset or noalert", at: parts[0])
        }
        guard parts.count == 2, !parts[1].isEmpty else {
            throw RuleError("expected 'flowbits:\(parts[0].text),NAME'", at: value)
        }
        let names = parts[1].parts("|").map(\.text)
        guard names.count == 1 || operation == .isSet || operation == .isNotSet else {
            throw RuleError("several names are only allowed with isset and isnotset", at: parts[1])
        }
        rule.options.append(.flowbits(FlowbitsOption(operation: operation, names: names)))
    }

    private func flowint(_ value: Field) throws(RuleError) -> FlowintOption {
        let parts = value.parts(",")
        let operations: [String: FlowintOption.Operation] = [
            "isset": .isSet, "isnotset": .isNotSet, "notset": .isNotSet, "=": .set, "+": .add, "-": .subtract,
            "<": .less, "<=": .lessOrEqual, "==": .equal, "!=": .notEqual, ">=": .greaterOrEqual, ">": .greater,
        ]
        guard parts.count >= 2, let operation = operations[parts[1].text] else {
            throw RuleError("expected 'flowint:NAME, operator[, value]'", at: value)
        }
        guard parts.count == 3 else {
            guard operation == .isSet || operation == .isNotSet else { throw RuleError("the operator needs a value", at: value) }
            return FlowintOption(name: parts[0].text, operation: operation, operand: nil)
        }
        let isNumber = parts[2].first.map { (0x30...0x39).contains($0) } ?? false
        return FlowintOption(
            name: parts[0].text, operation: operation,
            operand: isNumber ? .number(try parts[2].unsigned32("the value")) : .variable(parts[2].text))
    }

    private mutating func readHostbits(_ keyword: String, _ value: Field) throws(RuleError) {
        let parts = value.parts(",")
        let operations: [String: HostbitsOption.Operation] = [
            "set": .set, "unset": .unset, "toggle": .toggle, "isset": .isSet, "isnotset": .isNotSet,
        ]
        if parts[0].text == "noalert", parts.count == 1 {
            rule.options.append(.noAlert)
            return
        }
        guard parts.count >= 2, let operation = operations[parts[0].text] else {
            throw RuleError("expected '\(keyword):operation, name[, track …][, expire N]'", at: value)
        }
        var option = HostbitsOption(operation: operation, name: parts[1].text, track: .source)
        option.isHostbits = keyword == "hostbits"
        if option.isHostbits { option.expireSeconds = 300 }
        for part in parts.dropFirst(2) {
            let words = part.words.map(\.text)
            switch (words.first, words.last) {
            case ("track", "ip_src"), ("src", _): option.track = .source
            case ("track", "ip_dst"), ("dst", _): option.track = .destination
            case ("track", "ip_pair"): option.track = .pair
            case ("both", _): option.track = .both
            case ("track", "tx"): option.track = .transaction
            case ("expire", _) where words.count == 2: option.expireSeconds = try part.words[1].unsigned32("expire")
            case (let seconds?, _) where option.isHostbits && UInt32(seconds) != nil && words.count == 1:
                option.expireSeconds = try part.unsigned32("the seconds")
            default: throw RuleError("'\(part.text)' is not known in \(keyword)", at: part)
            }
        }
        rule.options.append(.hostbits(option))
    }

    static let thresholdKinds: [String: ThresholdOption.Kind] = [
        "threshold": .threshold, "limit": .limit, "both": .both, "backoff": .backoff,
    ]
    static let tracks: [String: ThresholdOption.Track] = [
        "by_src": .bySource, "by_dst": .byDestination, "by_rule": .byRule, "by_both": .byBoth, "by_flow": .byFlow,
    ]

    private mutating func readThreshold(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) {
        let option = try threshold(try required(value, keyword), isFilter: name == "detection_filter")
        rule.options.append(name == "detection_filter" ? .detectionFilter(option) : .threshold(option))
    }

    private mutating func threshold(_ value: Field, isFilter: Bool) throws(RuleError) -> ThresholdOption {
        var option = ThresholdOption(kind: .threshold, track: .bySource, count: 0, seconds: 0)
        var seen: Set<String> = []
        for part in value.parts(",") {
            let words = part.words
            let isWhole = seen.isSuperset(of: ["track", "count", "seconds"])
            if words.count != 2, isWhole || words.first?.text == "track" && words.count > 2 {
                // As Suricata reads it: what follows a whole threshold is passed over.
                warnings.append(RuleError("'\(part.text)' is not a part of a threshold and is passed over", at: part))
                if isWhole { continue }
            }
            guard words.count >= 2, words.count == 2 || words[0].text == "track" else { throw RuleError("expected 'name value', as in 'count 5'", at: part) }
            seen.insert(words[0].text)
            let (name, value) = (words[0].text, words[1].text)
            switch name {
            case "type" where Self.thresholdKinds[value] != nil: option.kind = Self.thresholdKinds[value] ?? .threshold
            case "track" where Self.tracks[value] != nil: option.track = Self.tracks[value] ?? .bySource
            case "count": option.count = UInt32(try words[1].integer(in: 1...Int64(UInt32.max), "count"))
            case "seconds": option.seconds = try words[1].unsigned32("seconds")
            case "multiplier": option.multiplier = try words[1].unsigned32("multiplier")
            case "unique_on" where value == "src_port": option.uniqueOn = .sourcePort
            case "unique_on" where value == "dst_port": option.uniqueOn = .destinationPort
            default: throw RuleError("'\(part.text)' is not known here", at: part)
            }
        }
        for name in ["track", "count"] where !seen.contains(name) {
            throw RuleError("'\(name)' is missing", at: value)
        }
        guard seen.contains("seconds") || option.kind == .backoff else { throw RuleError("'seconds' is missing", at: value) }
        guard isFilter || seen.contains("type") else { throw RuleError("'type' is missing", at: value) }
        return option
    }

    private func tag(_ value: Field) throws(RuleError) -> TagOption {
        let parts = value.parts(",")
        guard parts[0].text == "session" || parts[0].text == "host" else {
            throw RuleError("expected 'session' or 'host'", at: value)
        }
        var option = TagOption(kind: parts[0].text == "host" ? .host : .session, count: 5, metric: .packets)
        if parts.count >= 3 {
            option.count = try parts[1].unsigned32("the count")
            switch parts[2].text {
            case "packets": option.metric = .packets
            case "seconds": option.metric = .seconds
            case "bytes": option.metric = .bytes
            default: throw RuleError("expected packets, seconds or bytes", at: parts[2])
            }
        }
        if parts.count == 4 { option.tracksSource = parts[3].text == "src" }
        return option
    }

    private func flowCount(_ unit: FlowCountOption.Unit, _ value: Field) throws(RuleError) -> FlowCountOption {
        let sides: [String: FlowCountOption.Side] = [
            "toserver": .toServer, "toclient": .toClient, "both": .both, "either": .either,
        ]
        guard let comma = value.firstIndex(of: UInt8(ascii: ",")),
            let side = sides[value[value.startIndex..<comma].trimmed.text]
        else { throw RuleError("expected 'toserver|toclient|both|either, number'", at: value) }
        return FlowCountOption(unit: unit, side: side, test: try NumberTest(value[(comma + 1)...].trimmed))
    }

    private func streamSize(_ value: Field) throws(RuleError) -> StreamSizeOption {
        let parts = value.parts(",")
        let sides: [String: StreamSizeOption.Side] = [
            "server": .server, "client": .client, "both": .both, "either": .either,
        ]
        guard parts.count == 3 || parts.count == 2, let side = sides[parts[0].text] else {
            throw RuleError("expected 'stream_size:server|client|both|either, operator, bytes'", at: value)
        }
        let joined = parts[1].text + (parts.count == 3 ? parts[2].text : "")
        do throws(RuleError) {
            return StreamSizeOption(side: side, test: try NumberTest(Array(joined.utf8)[...]))
        } catch {
            throw RuleError(error.message, at: parts[1])
        }
    }
}
