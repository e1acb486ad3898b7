/// Reads the options of one rule, in order; sticky buffers and modifiers need what came before.
struct OptionReader {
    let classifications: Classifications
    let references: References
    let text: RuleText
    var rule = Rule()
    var warnings: [RuleError] = []

    /// The sticky buffer in force, nil for the payload.
    var buffer: String?
    var transforms: [Transform] = []
    /// Counts the sticky buffers so far: each begins its own look at a buffer that a transaction has several of.
    var instance = 0
    var hasPriority = false
    var hasThreshold = false
    private var seen: Set<String> = []

    init(classifications: Classifications, references: References, text: RuleText) {
        self.classifications = classifications
        self.references = references
        self.text = text
    }

    /// `options` runs from '(' to the end of the rule.
    mutating func readOptions(_ options: Field) throws(RuleError) {
        guard options.last == UInt8(ascii: ")") else {
            throw RuleError("the rule does not end with ')'", offset: max(options.endIndex - 1, options.startIndex))
        }
        var rest = options.dropFirst().dropLast().trimmed
        guard !rest.isEmpty else { throw RuleError("the rule has no options; at least 'sid' is needed", at: options) }
        while !rest.isEmpty {
            let (keyword, value) = try Self.nextOption(&rest)
            try read(keyword, value)
        }
        guard rule.sid != 0 else { throw RuleError("the rule has no 'sid'; expected 'sid:NUMBER;'", at: options) }
        try RuleValidator(rule: rule, end: options).check()
    }

    /// `keyword;` or `keyword:value;`, where a backslash takes the meaning from a semicolon.
    private static func nextOption(_ rest: inout Field) throws(RuleError) -> (keyword: Field, value: Field?) {
        var end = rest.startIndex
        while end < rest.endIndex, rest[end] != UInt8(ascii: ";") {
            end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard end < rest.endIndex else {
            throw RuleError("the option '\(rest.prefix(40).text)' does not end with ';'", at: rest)
        }
        let option = rest[rest.startIndex..<end].trimmed
        defer { rest = rest[(end + 1)...].trimmed }
        guard let colon = option.firstIndex(of: UInt8(ascii: ":")) else {
            guard !option.isEmpty else { throw RuleError("expected an option before ';'", offset: end) }
            return (option, nil)
        }
        return (option[option.startIndex..<colon].trimmed, option[(colon + 1)...].trimmed)
    }

    private mutating func read(_ keyword: Field, _ value: Field?) throws(RuleError) {
        let name = keyword.text.lowercased()
        if let canonical = StickyBuffers.sticky[name], value == nil, StickyBuffers.modifiers[name] == nil || !endsInContent {
            buffer = canonical.isEmpty ? nil : canonical
            transforms = []
            instance += 1
            return
        }
        if let canonical = StickyBuffers.modifiers[name] { return try modify(keyword, canonical, value) }
        if StickyBuffers.transforms.contains(name) {
            transforms.append(Transform(name: name, arguments: value?.text))
            return
        }
        if try readMeta(name, keyword, value) { return }
        if try readContentOption(name, keyword, value) { return }
        if try readFileOption(name, keyword, value) { return }
        if try readSSHOption(name, keyword, value) { return }
        if try readByteOption(name, keyword, value) { return }
        if try readStateOption(name, keyword, value) { return }
        if try readHeaderOption(name, keyword, value) { return }
        guard Self.known.contains(name) else {
            throw RuleError("'\(keyword.text)' is not a keyword of the rule language\(Self.suggestion(name))", at: keyword)
        }
        rule.options.append(.other(keyword: name, arguments: value?.text ?? "", location: location(keyword)))
    }

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
            throw RuleError("'\(keyword.text)' stands in the rule twice", at: keyword)
        }
    }

    /// Without a sticky buffer, what is relative belongs to the buffer of what it is relative to.
    mutating func append(_ match: PayloadMatch, at keyword: Field) {
        var option = PayloadOption(
            buffer: buffer, transforms: transforms, instance: instance, match: match, location: location(keyword))
        option.offset = keyword.startIndex
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
                    "'\(keyword.text)' follows a content that already belongs to '\(option.buffer ?? "")'", at: keyword)
            }
            option.buffer = canonical
            rule.options[index] = .payload(option)
            return
        }
        throw RuleError("'\(keyword.text)' has no content before it", at: keyword)
    }

    /// Keywords that the language has and that the engine may take or refuse.
    static let known: Set<String> = [
        "geoip", "iprep", "ssl_version", "ssl_state", "asn1", "rpc", "lua", "filestore", "filemagic", "filename",
        "fileext", "filesize", "filemd5", "filesha1", "filesha256", "dataset", "datarep", "ftpbounce", "dce_iface",
        "dce_opnum", "dce_stub_data", "dcerpc.iface", "dcerpc.opnum", "dcerpc.stub_data", "ssh.protoversion",
        "ssh.softwareversion", "tls.subject", "tls.issuerdn", "tls.fingerprint", "tls.store", "tls_cert_notbefore",
        "tls_cert_notafter", "tls_cert_expired", "tls_cert_valid", "dns.opcode", "dns.rcode", "dns.rrtype", "krb5_msg_type",
        "krb5_err_code", "requires", "entropy", "flowvar", "pktvar", "xff", "l3_proto", "engine-event", "iptype", "ja3",
        "tls.version", "mqtt.type", "snmp.version", "snmp.pdu_type", "rfb.sectype", "cip_service", "enip_command",
        "modbus", "dnp3_func", "http2.frametype", "http2.errorcode", "http2.priority", "http2.window",
        "http2.size_update", "http2.settings", "smb.version", "flow.age", "ike.version",
        "tls.cert_chain_len", "dnp3.func", "sameip", "ack", "seq", "window", "id", "ttl", "tos",
    ]

    private static func suggestion(_ name: String) -> String {
        let names = Array(StickyBuffers.sticky.keys) + Array(StickyBuffers.modifiers.keys) + Array(known) + everyday
        let nearest = names.map { ($0, distance(Array($0.utf8), Array(name.utf8))) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let (candidate, steps) = nearest, steps <= 2 else { return "" }
        return "; did you mean '\(candidate)'?"
    }

    private static let everyday = [
        "msg", "sid", "rev", "gid", "classtype", "priority", "reference", "metadata", "target", "content", "nocase",
        "depth", "offset", "distance", "within", "startswith", "endswith", "fast_pattern", "pcre", "isdataat", "bsize",
        "byte_test", "byte_jump", "byte_extract", "byte_math", "flow", "flowbits", "flowint", "threshold", "noalert",
        "detection_filter", "dsize", "urilen", "flags", "itype", "icode", "rawbytes", "replace", "prefilter",
    ]

    /// Levenshtein's edit distance.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard abs(a.count - b.count) <= 2 else { return 3 }
        var previous = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var current = [i + 1]
            for (j, y) in b.enumerated() {
                current.append(min(previous[j] + (x == y ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
            }
            previous = current
        }
        return previous[b.count]
    }
}
