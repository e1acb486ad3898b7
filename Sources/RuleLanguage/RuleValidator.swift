/// What can't be in one rule together, though each part of it is well written.
struct RuleValidator {
    let rule: Rule
    let end: Field

    func check() throws(RuleError) {
        try checkFlowbits()
        var keys: [String] = []
        var groups: [String: [PayloadOption]] = [:]
        var fastPatterns = 0
        for case .payload(let option) in rule.options {
            let key = "\(option.buffer ?? "") \(option.transforms.map(\.name).joined(separator: " ")) \(option.instance)"
            if groups[key] == nil { keys.append(key) }
            groups[key, default: []].append(option)
            if case .content(let content) = option.match {
                try check(content, option)
                if content.fastPattern != nil { fastPatterns += 1 }
            }
        }
        if fastPatterns > 1 { throw RuleError("only one content of a rule can be its fast_pattern", at: end, code: .duplicateOption) }
        for key in keys { try check(groups[key] ?? []) }
        try checkPayloadSize()
    }

    // MARK: One content

    private func check(_ content: ContentMatch, _ option: PayloadOption) throws(RuleError) {
        let isPlaced = content.depth != nil || content.offset != nil
        if isPlaced, content.isRelative {
            throw error("a content can't have depth or offset together with distance or within", option)
        }
        if content.startsWith, isPlaced || content.isRelative {
            throw error("startswith can't be combined with depth, offset, distance or within", option)
        }
        if content.fastPattern != nil, content.isNegated, isPlaced || content.isRelative {
            throw error("a negated content with a place can't be the fast_pattern", option)
        }
        if content.fastPattern != nil, option.buffer == "base64_data" {
            throw error("what is decoded later can't be searched first: base64_data takes no fast_pattern", option)
        }
        if option.buffer == "http.host", option.transforms.isEmpty {
            if content.ignoresCase { throw error("http.host is in lower case always: leave nocase out", option) }
            if !content.isNegated, content.pattern.contains(where: { 0x41...0x5a ~= $0 }) {
                throw error("http.host is in lower case always: a content with upper case can't match", option)
            }
        }
        for transform in option.transforms.reversed() {
            // A hash or what is decoded may hold any byte again.
            guard Self.narrowing.contains(transform.name) else { break }
            try check(content.pattern, after: transform, option)
        }
    }

    private static let narrowing: Set<String> = ["strip_whitespace", "compress_whitespace", "to_uppercase", "to_lowercase"]

    /// What can't be left after a transform.
    private func check(_ pattern: [UInt8], after transform: Transform, _ option: PayloadOption) throws(RuleError) {
        let isPossible =
            switch transform.name {
            case "strip_whitespace": !pattern.contains(where: \.isSpace)
            case "compress_whitespace": !zip(pattern, pattern.dropFirst()).contains { $0.isSpace && $1.isSpace }
            case "to_uppercase": !pattern.contains { 0x61...0x7a ~= $0 }
            case "to_lowercase": !pattern.contains { 0x41...0x5a ~= $0 }
            default: true
            }
        if !isPossible { throw error("no buffer has this content after \(transform.name)", option) }
    }

    // MARK: Options on one buffer

    private func check(_ group: [PayloadOption]) throws(RuleError) {
        for (index, option) in group.enumerated() {
            if case .byteMath(let math) = option.match, math.isRelative, index == 0, option.buffer != nil {
                throw error("there is nothing before this byte_math that it could be relative to", option)
            }
            guard case .bsize(let test) = option.match, let limit = test.upperBound else { continue }
            for other in group {
                guard case .content(let content) = other.match, !content.isNegated else { continue }
                let needed = UInt64(content.pattern.count) + content.fixedOffset
                if needed > limit {
                    throw error("the content needs \(needed) bytes, but bsize allows \(limit) at most", other)
                }
            }
        }
    }

    private func checkPayloadSize() throws(RuleError) {
        var limit: UInt64?
        for case .number("dsize", let test) in rule.options { limit = test.upperBound ?? limit }
        guard let limit else { return }
        var total: UInt64 = 0
        for case .payload(let option) in rule.options where option.buffer == nil {
            guard case .content(let content) = option.match else { continue }
            let length = UInt64(content.pattern.count)
            if content.isRelative {
                if content.isNegated {
                    total += max(length + content.fixedDistance, content.fixedWithin)
                } else {
                    total += length + content.fixedDistance
                }
            } else if !content.isNegated {
                total = max(total, length + content.fixedOffset)
            }
            if total > limit {
                throw error("the contents need \(total) bytes, but dsize allows \(limit) at most", option)
            }
        }
    }

    private func checkFlowbits() throws(RuleError) {
        var operations: [String: Set<FlowbitsOption.Operation>] = [:]
        for case .flowbits(let option) in rule.options {
            for name in option.names { operations[name, default: []].insert(option.operation) }
        }
        let excluded: [(FlowbitsOption.Operation, FlowbitsOption.Operation)] = [
            (.isSet, .isNotSet), (.set, .toggle), (.unset, .toggle),
        ]
        for (name, used) in operations.sorted(by: { $0.key < $1.key }) {
            for (one, other) in excluded where used.contains(one) && used.contains(other) {
                throw RuleError("the flowbit '\(name)' can't be used with both '\(one)' and '\(other)' in one rule", at: end)
            }
        }
    }

    private func error(_ message: String, _ option: PayloadOption) -> RuleError {
        RuleError(message, offset: option.offset)
    }
}

extension NumberTest {
    /// The largest number that fulfils the test, nil when there is no bound.
    var upperBound: UInt64? {
        switch self {
        case .equal(let value): value
        case .less(let value): value == 0 ? 0 : value - 1
        case .lessOrEqual(let value): value
        case .range(let range): range.upperBound
        default: nil
        }
    }
}

extension ContentMatch {
    private static func fixed(_ number: NumberOrVariable?) -> UInt64 {
        if case .number(let value)? = number, value > 0 { UInt64(value) } else { 0 }
    }

    var fixedOffset: UInt64 { Self.fixed(offset) }
    var fixedDistance: UInt64 { Self.fixed(distance) }
    var fixedWithin: UInt64 { Self.fixed(within) }
}
