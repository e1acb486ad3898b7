import Wire

/// `content` with its modifiers, and `pcre`.
extension OptionReader {
    mutating func readContentOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "content": try readContent(keyword, value, buffer: buffer)
        case "uricontent": try readContent(keyword, value, buffer: "http.uri")
        case "tls.subject", "tls.issuerdn", "tls.fingerprint": try readCertificateText(name, keyword, value)
        case "pcre": try readPCRE(keyword, try required(value, keyword))
        case "depth", "offset", "distance", "within":
            let number = try numberOrVariable(try required(value, keyword), -65535...65535)
            try modifyContent(keyword) { content throws(RuleError) in
                try Self.set(name, number, &content, keyword)
            }
        case "nocase", "rawbytes", "startswith", "endswith":
            try none(value, keyword)
            try modifyContent(keyword) { content throws(RuleError) in
                switch name {
                case "nocase": content.ignoresCase = true
                case "rawbytes": content.isRawBytes = true
                case "startswith": content.startsWith = true
                default: content.endsWith = true
                }
            }
        case "fast_pattern":
            let choice = try fastPattern(value)
            try modifyContent(keyword) { content throws(RuleError) in
                if case .chop(let offset, let length) = choice, offset + length > content.pattern.count {
                    throw RuleError(
                        "fast_pattern \(offset),\(length) reaches past the content's \(content.pattern.count) bytes", at: keyword)
                }
                content.fastPattern = choice
            }
        case "replace":
            let bytes = try Self.patternBytes(try required(value, keyword).unquoted())
            try modifyContent(keyword) { content throws(RuleError) in
                guard bytes.count == content.pattern.count else {
                    throw RuleError(
                        "the replacement has \(bytes.count) bytes; expected \(content.pattern.count), as many as the content",
                        at: keyword)
                }
                guard content.replacement == nil else { throw RuleError("the content has 'replace' twice", at: keyword) }
                guard !content.isNegated else { throw RuleError("what is not there can't be replaced: the content is negated", at: keyword) }
                content.replacement = bytes
            }
        default:
            return false
        }
        return true
    }

    /// The old keywords on a certificate: a content in the buffer that took their place.
    private mutating func readCertificateText(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) {
        let buffers = ["tls.subject": "tls.cert_subject", "tls.issuerdn": "tls.cert_issuer"]
        try addContent(keyword, value, buffer: buffers[name] ?? "tls.cert_fingerprint") { content in
            content.ignoresCase = name == "tls.fingerprint"
        }
    }

    /// What an option with a text of its own, and no modifiers, looks for in `buffer`.
    mutating func addContent(
        _ keyword: Field, _ value: Field?, buffer: String, _ change: (inout ContentMatch) -> Void
    ) throws(RuleError) {
        var value = try required(value, keyword)
        var content = ContentMatch()
        if let rest = value.dropping("!") {
            content.isNegated = true
            value = rest
        }
        content.pattern = try Self.patternBytes(try value.unquoted())
        guard !content.pattern.isEmpty else { throw RuleError("'\(keyword.text)' has nothing to look for", at: value) }
        change(&content)
        var option = PayloadOption(buffer: buffer, transforms: [], match: .content(content), location: location(keyword))
        option.offset = keyword.startIndex
        rule.options.append(.payload(option))
    }

    private mutating func readContent(_ keyword: Field, _ value: Field?, buffer: String?) throws(RuleError) {
        var value = try required(value, keyword)
        var content = ContentMatch()
        if let rest = value.dropping("!") {
            content.isNegated = true
            value = rest
        }
        guard value.first == UInt8(ascii: "\"") else {
            throw RuleError("expected the content in double quotes", at: value)
        }
        content.pattern = try Self.patternBytes(try value.unquoted())
        guard !content.pattern.isEmpty else { throw RuleError("the content is empty", at: value) }
        guard content.pattern.count <= 255 else {
            throw RuleError("the content has \(content.pattern.count) bytes; at most 255 are allowed", at: value)
        }
        var option = PayloadOption(
            buffer: buffer, transforms: buffer == self.buffer ? transforms : [],
            instance: buffer == self.buffer ? instance : 0, match: .content(content), location: location(keyword))
        option.offset = keyword.startIndex
        if buffer == self.buffer { option.direction = bufferDirection }
        rule.options.append(.payload(option))
    }

    private mutating func modifyContent(
        _ keyword: Field, _ change: (inout ContentMatch) throws(RuleError) -> Void
    ) throws(RuleError) {
        for index in rule.options.indices.reversed() {
            guard case .payload(var option) = rule.options[index], case .content(var content) = option.match else { continue }
            try change(&content)
            option.match = .content(content)
            rule.options[index] = .payload(option)
            return
        }
        throw RuleError("'\(keyword.text)' has no content before it", at: keyword, code: .place)
    }

    private static func set(
        _ name: String, _ number: NumberOrVariable, _ content: inout ContentMatch, _ keyword: Field
    ) throws(RuleError) {
        let known: [String: NumberOrVariable?] = [
            "depth": content.depth, "offset": content.offset, "distance": content.distance, "within": content.within,
        ]
        if known[name] ?? nil != nil { throw RuleError("the content has '\(name)' twice", at: keyword, code: .duplicateOption) }
        let length = Int64(content.pattern.count)
        switch name {
        case "depth":
            if case .number(let depth) = number, depth < length {
                throw RuleError("depth \(depth) is shorter than the content's \(length) bytes", at: keyword)
            }
            content.depth = number
        case "offset":
            if case .number(let offset) = number, offset < 0 {
                throw RuleError("offset \(offset) is negative; use distance for a relative place", at: keyword)
            }
            content.offset = number
        case "distance": content.distance = number
        default:
            if case .number(let within) = number, within < length {
                throw RuleError("within \(within) is shorter than the content's \(length) bytes", at: keyword)
            }
            content.within = number
        }
    }

    private func fastPattern(_ value: Field?) throws(RuleError) -> ContentMatch.FastPattern {
        guard let value, !value.isEmpty else { return .whole }
        if value.text == "only" { return .only }
        let parts = value.parts(",")
        guard parts.count == 2 else { throw RuleError("expected 'only' or 'offset,length'", at: value) }
        return .chop(
            offset: Int(try parts[0].integer(in: 0...254, "the offset")),
            length: Int(try parts[1].integer(in: 1...255, "the length")))
    }

    /// Text with `|hex bytes|` and a backslash before `"`, `;`, `:`, `\` and `|`.
    static func patternBytes(_ field: Field) throws(RuleError) -> [UInt8] {
        var result: [UInt8] = []
        var hexStart: Int?
        var nibble: UInt8?
        var index = field.startIndex
        while index < field.endIndex {
            let byte = field[index]
            if byte == UInt8(ascii: "|") {
                if nibble != nil { throw RuleError("the hex string has an odd digit", offset: index) }
                hexStart = hexStart == nil ? index : nil
            } else if hexStart != nil {
                if let digit = byte.hexadecimalDigit {
                    if let high = nibble {
                        result.append(high << 4 | digit)
                        nibble = nil
                    } else {
                        nibble = digit
                    }
                } else if !byte.isSpace {
                    throw RuleError("expected a hex digit between '|' and '|'", offset: index)
                }
            } else if byte == UInt8(ascii: "\\") {
                index += 1
                guard index < field.endIndex else { throw RuleError("the backslash has nothing after it", offset: index - 1) }
                result.append(field[index])
            } else {
                result.append(byte)
            }
            index += 1
        }
        if let hexStart { throw RuleError("the hex string has no closing '|'", offset: hexStart) }
        return result
    }

    private mutating func readPCRE(_ keyword: Field, _ value: Field) throws(RuleError) {
        var value = value
        var isNegated = false
        if let rest = value.dropping("!") {
            isNegated = true
            value = rest
        }
        var quoted = value
        var names: [Field] = []
        if value.first == UInt8(ascii: "\"") {
            guard let close = value.lastIndex(of: UInt8(ascii: "\"")), close > value.startIndex else {
                throw RuleError("the expression has no closing '\"'", at: value)
            }
            names = value[(close + 1)...].parts(",").filter { !$0.isEmpty }
            quoted = value[(value.startIndex + 1)..<close]
        }
        if names.isEmpty, let comma = Self.startOfVariables(in: quoted) {
            names = quoted[(comma + 1)...].parts(",")
            quoted = quoted[..<comma].trimmed
        }
        guard quoted.first == UInt8(ascii: "/"), let slash = quoted.lastIndex(of: UInt8(ascii: "/")), slash > quoted.startIndex
        else { throw RuleError("expected the expression between slashes: \"/…/flags\"", at: quoted) }
        var flags = ""
        var isRelative = false
        var target = buffer
        for (index, flag) in zip(quoted.indices[(slash + 1)...], quoted[(slash + 1)...]) {
            let letter = Character(UnicodeScalar(flag))
            if let name = Self.bufferFlags[letter] {
                target = name
            } else if letter == "R" {
                isRelative = true
            } else if "imsxAEG".contains(letter) {
                flags.append(letter)
            } else if !"BO".contains(letter) {
                throw RuleError("'\(letter)' is not a flag of pcre", offset: index)
            }
        }
        let expression = Array(quoted[(quoted.startIndex + 1)..<slash])
        let match = PCREMatch(
            expression: expression, flags: flags, isRelative: isRelative, isNegated: isNegated,
            captures: try captures(expression, names, isNegated: isNegated))
        var option = PayloadOption(
            buffer: target, transforms: target == buffer ? transforms : [], instance: target == buffer ? instance : 0,
            match: .pcre(match), location: location(value))
        option.offset = keyword.startIndex
        if target == buffer { option.direction = bufferDirection }
        if target == nil, isRelative, let last = lastPayload { option.takePlace(of: last) }
        rule.options.append(.payload(option))
    }

    static let bufferFlags: [Character: String] = [
        "U": "http.uri", "I": "http.uri.raw", "H": "http.header", "D": "http.header.raw", "M": "http.method",
        "C": "http.cookie", "P": "http.request_body", "Q": "http.response_body", "V": "http.user_agent",
        "W": "http.host", "Z": "http.host.raw", "Y": "http.stat_msg", "S": "http.stat_code",
    ]
}
