/// Reads the options of one rule, in order; sticky buffers and modifiers need what came before.
struct OptionReader {
    let classifications: Classifications
    let references: References
    let text: RuleText
    var rule = Rule()
    var warnings: [RuleError] = []

    /// The sticky buffer in force, nil for the payload.
    var buffer: String?
    /// The side that a buffer of both is taken from, in a rule on whole transactions (`=>`).
    var bufferDirection: FlowOption.Direction?
    var transforms: [Transform] = []
    /// Counts the sticky buffers so far: each begins its own look at a buffer that a transaction has several of.
    var instance = 0
    var hasPriority = false
    var hasThreshold = false
    private var seen: Set<String> = []
    /// Filled when it is there.
    var trace: Trace?

    init(classifications: Classifications, references: References, text: RuleText) {
        self.classifications = classifications
        self.references = references
        self.text = text
    }

    /// `options` runs from '(' to the end of the rule.
    mutating func readOptions(_ options: Field) throws(RuleError) {
        guard options.last == UInt8(ascii: ")") else {
            throw RuleError(
                "the rule does not end with ')'", offset: max(options.endIndex - 1, options.startIndex), code: .syntax)
        }
        var rest = options.dropFirst().dropLast().trimmed
        guard !rest.isEmpty else {
            throw RuleError("the rule has no options; at least 'sid' is needed", at: options, code: .missingSID)
        }
        while !rest.isEmpty {
            let (keyword, value) = try Self.nextOption(&rest)
            do throws(RuleError) {
                try read(keyword, value)
            } catch {
                var error = error
                error.code = error.code ?? .value
                throw error
            }
        }
        guard rule.sid != 0 else {
            throw RuleError("the rule has no 'sid'; expected 'sid:NUMBER;'", at: options, code: .missingSID)
        }
        try RuleError.coded(.contradiction) { () throws(RuleError) in try RuleValidator(rule: rule, end: options).check() }
    }

    private static let requires = Array("requires".utf8)

    /// Why a rule's `requires` keeps it from being loaded, nil when it does not; looked at before anything else, as
    /// the rule may be written for another engine.
    static func unmetRequirement(_ options: Field) throws(RuleError) -> String? {
        guard let first = options.first, first == UInt8(ascii: "("), options.holds(bytesOf: requires) else { return nil }
        var rest = options.dropFirst().dropLast().trimmed
        while !rest.isEmpty {
            let (keyword, value) = try nextOption(&rest)
            guard keyword.text == "requires", let value else { continue }
            if let reason = try Requirements.unmet(value) { return reason }
        }
        return nil
    }

    /// `keyword;` or `keyword:value;`, where a backslash takes the meaning from a semicolon.
    static func nextOption(_ rest: inout Field) throws(RuleError) -> (keyword: Field, value: Field?) {
        var end = rest.startIndex
        while end < rest.endIndex, rest[end] != UInt8(ascii: ";") {
            end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < rest.endIndex else {
            throw RuleError("the option '\(rest.prefix(40).text)' does not end with ';'", at: rest, code: .syntax)
        }
        let option = rest[rest.startIndex..<end].trimmed
        defer { rest = rest[(end + 1)...].trimmed }
        guard let colon = option.firstIndex(of: UInt8(ascii: ":")) else {
            guard !option.isEmpty else { throw RuleError("expected an option before ';'", offset: end, code: .syntax) }
            return (option, nil)
        }
        return (option[option.startIndex..<colon].trimmed, option[(colon + 1)...].trimmed)
    }

    private mutating func read(_ keyword: Field, _ value: Field?) throws(RuleError) {
        let name = keyword.text.lowercased()
        if let canonical = StickyBuffers.sticky[name], StickyBuffers.modifiers[name] == nil || !endsInContent {
            let direction = value.flatMap { Self.directions[$0.text] }
            if value == nil || direction != nil {
                trace?.buffers[keyword.startIndex] = canonical
                return begin(buffer: canonical.isEmpty ? nil : canonical, direction: direction)
            }
        }
        if name == "frame" {
            let frame = RuleOption.framePrefix + (try required(value, keyword).text.lowercased())
            trace?.buffers[keyword.startIndex] = frame
            return begin(buffer: frame)
        }
        if let canonical = StickyBuffers.modifiers[name] { return try modify(keyword, canonical, value) }
        if StickyBuffers.transforms.contains(name) {
            transforms.append(Transform(name: name, arguments: value?.text))
            return
        }
        if try readMeta(name, keyword, value) { return }
        if try readContentOption(name, keyword, value) { return }
        if try readCaptureOption(name, keyword, value) { return }
        if try readFileOption(name, keyword, value) { return }
        if try readSSHOption(name, keyword, value) { return }
        if try readProtocolOption(name, keyword, value) { return }
        if try readWebSocketOption(name, keyword, value) { return }
        if try readByteOption(name, keyword, value) { return }
        if try readStateOption(name, keyword, value) { return }
        if try readHeaderOption(name, keyword, value) { return }
        if try readSilent(name, keyword, value) { return }
        if let advice = Keywords.advice(name) { throw RuleError("'\(keyword.text)': \(advice)", at: keyword, code: .unsupported) }
        guard Self.known.contains(name) else {
            if let value, StickyBuffers.sticky[name] != nil {
                throw RuleError("the buffer '\(keyword.text)' takes no value: expected '\(keyword.text);'", at: value)
            }
            let near = Keywords.suggestion(name)
            throw RuleError(
                "'\(keyword.text)' is not a keyword of the rule language\(near.map { "; did you mean '\($0)'?" } ?? "")",
                at: keyword, code: .unknownKeyword, suggestion: near)
        }
        rule.options.append(.other(keyword: name, arguments: value?.text ?? "", location: location(keyword)))
    }

    static let directions: [String: FlowOption.Direction] = ["to_server": .toServer, "to_client": .toClient]

    func location(_ field: Field) -> SourceLocation { text.location(field.startIndex) }

    func required(_ value: Field?, _ keyword: Field) throws(RuleError) -> Field {
        guard let value, !value.isEmpty else {
            throw RuleError("'\(keyword.text)' needs a value: expected '\(keyword.text):…;'", at: keyword)
        }
        return value
    }

    func none(_ value: Field?, _ keyword: Field) throws(RuleError) {
        if let value { throw RuleError("'\(keyword.text)' takes no value", at: value) }
    }

    mutating func once(_ keyword: Field) throws(RuleError) {
        guard seen.insert(keyword.text.lowercased()).inserted else {
            throw RuleError("'\(keyword.text)' stands in the rule twice", at: keyword, code: .duplicateOption)
        }
    }

    /// Without a sticky buffer, what is relative belongs to the buffer of what it is relative to.
    mutating func append(_ match: PayloadMatch, at keyword: Field) {
        var option = PayloadOption(
            buffer: buffer, transforms: transforms, instance: instance, match: match, location: location(keyword))
        option.offset = keyword.startIndex
        option.direction = bufferDirection
        if buffer == nil, match.isRelative, let last = lastPayload { option.takePlace(of: last) }
        rule.options.append(.payload(option))
    }

    var lastPayload: PayloadOption? {
        for case .payload(let option) in rule.options.reversed() { return option }
        return nil
    }

    private var endsInContent: Bool {
        guard case .payload(let option)? = rule.options.last, case .content = option.match else { return false }
        return option.buffer == nil
    }

    /// An old modifier moves the content before it into a buffer.
    private mutating func modify(_ keyword: Field, _ canonical: String, _ value: Field?) throws(RuleError) {
        try none(value, keyword)
        for index in rule.options.indices.reversed() {
            guard case .payload(var option) = rule.options[index], case .content = option.match else { continue }
            guard option.buffer == nil || option.buffer == canonical else {
                throw RuleError(
                    "'\(keyword.text)' follows a content that already belongs to '\(option.buffer ?? "")'", at: keyword,
                    code: .place)
            }
            option.buffer = canonical
            rule.options[index] = .payload(option)
            trace?.modifiers.insert(keyword.startIndex)
            return
        }
        throw RuleError("'\(keyword.text)' has no content before it", at: keyword, code: .place)
    }

    /// A keyword of a protocol that is recognised but not parsed: the rule is read and never matches.
    private mutating func readSilent(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        if let proto = Keywords.silentBuffer(name) {
            try none(value, keyword)
            noteSilent(proto, keyword)
            trace?.buffers[keyword.startIndex] = name
            begin(buffer: name)
            return true
        }
        guard let proto = Keywords.silentOption(name) else { return false }
        _ = try required(value, keyword)
        noteSilent(proto, keyword)
        return true
    }

    private mutating func noteSilent(_ proto: String, _ keyword: Field) {
        guard !rule.neverMatches else { return }
        rule.neverMatches = true
        warnings.append(
            RuleError(
                "'\(keyword.text)' needs a parser of \(proto), which the engine only recognises: the rule never matches",
                at: keyword, code: .neverMatches))
    }

    /// Patterns are bytes; texts are shown with a sign in place of what is no UTF-8.
    mutating func noteEncoding(_ line: Field) {
        let place = line.firstIndex { $0 >= 0x80 } ?? line.startIndex
        var warning = RuleError(
            "the rule is not UTF-8 text: bytes that are none are shown as '\u{fffd}' in msg and metadata; in a content write them as |hex|",
            offset: place, code: .notUTF8)
        warning.end = place + 1
        warnings.append(warning)
    }

    private mutating func begin(buffer name: String?, direction: FlowOption.Direction? = nil) {
        buffer = name
        bufferDirection = direction
        transforms = []
        instance += 1
    }

    /// Keywords that the language has and whose arguments the engine reads itself.
    static let known: Set<String> = [
        "geoip", "iprep", "ssl_version", "ssl_state", "tls.store", "tls_cert_notbefore", "tls_cert_notafter",
        "tls_cert_expired", "tls_cert_valid", "l3_proto", "tls.version", "http2.frametype",
        "http2.errorcode", "http2.priority", "http2.window", "http2.size_update", "http2.settings", "tls.cert_chain_len",
    ]
}
