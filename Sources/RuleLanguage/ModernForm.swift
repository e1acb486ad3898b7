/// A rule with sticky buffers in place of the old modifiers; the order of its options is kept.
///
/// The result is read again and compared with the original: a rule that would mean something else is refused.
struct ModernForm {
    private(set) var rule: RuleParts
    /// The buffer that the options written so far have set.
    private var current = Place()

    private struct Place: Equatable {
        var buffer: String?
        var direction: FlowOption.Direction?
        var transforms: [Transform] = []

        init() {}

        init(_ option: PayloadOption) {
            (buffer, direction, transforms) = (option.buffer, option.direction, option.transforms)
        }
    }

    /// These carry their buffer in their own name.
    private static let selfContained: Set<String> = [
        "tls.subject", "tls.issuerdn", "tls.fingerprint", "ssh.protoversion", "ssh.softwareversion", "filename", "fileext",
    ]

    init(_ parts: RuleParts, _ text: RuleText) throws(RuleError) {
        let original = try Self.read(parts.optionField, text)
        rule = parts
        rule.options = []
        for option in parts.options { try write(option, original) }
        let bytes = rule.canonical
        let again = RuleText(file: text.file, bytes: bytes)
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
            let modern = try? Self.read(bytes[open...], again), Self.meaning(original) == Self.meaning(modern)
        else {
            throw RuleError("this rule can't be written with sticky buffers without another meaning", at: parts.optionField,
                code: .unsupported)
        }
    }

    private static func read(_ options: Field, _ text: RuleText) throws(RuleError) -> OptionReader {
        var reader = OptionReader(classifications: Classifications(), references: References(), text: text)
        reader.trace = OptionReader.Trace()
        try reader.readOptions(options)
        return reader
    }

    private mutating func write(_ option: RuleParts.Option, _ original: OptionReader) throws(RuleError) {
        guard let trace = original.trace else { return }
        if trace.modifiers.contains(option.offset) { return }
        if let name = trace.buffers[option.offset] {
            var place = Place()
            place.buffer = name.isEmpty ? nil : name
            place.direction = option.value.flatMap { OptionReader.directions[String(decoding: $0, as: UTF8.self)] }
            current = place
            if name.hasPrefix(RuleOption.framePrefix) { return append(option.name, option.value) }
            return append(name.isEmpty ? "pkt_data" : name, option.value)
        }
        if StickyBuffers.transforms.contains(option.name) {
            current.transforms.append(Transform(name: option.name, arguments: option.value.map { String(decoding: $0, as: UTF8.self) }))
        }
        if !Self.selfContained.contains(option.name), let payload = original.payload(at: option.offset) {
            move(to: Place(payload))
        }
        switch option.name {
        case "uricontent": append("content", option.value)
        case "pcre": append("pcre", option.value.map(Self.withoutBufferFlags))
        case "fast_pattern" where option.value == Array("only".utf8): append("fast_pattern", nil)
        default: append(option.name, option.value)
        }
    }

    private mutating func move(to place: Place) {
        guard place != current else { return }
        current = place
        if let buffer = place.buffer, buffer.hasPrefix(RuleOption.framePrefix) {
            return append("frame", Array(buffer.utf8.dropFirst(RuleOption.framePrefix.utf8.count)))
        }
        append(place.buffer ?? "pkt_data", place.direction.map { Array(($0 == .toServer ? "to_server" : "to_client").utf8) })
        for transform in place.transforms { append(transform.name, transform.arguments.map { Array($0.utf8) }) }
    }

    private mutating func append(_ name: String, _ value: [UInt8]?) {
        rule.options.append(RuleParts.Option(keyword: Array(name.utf8), value: value, offset: 0))
    }

    /// `"/x/Ui"` → `"/x/i"`.
    private static func withoutBufferFlags(_ value: [UInt8]) -> [UInt8] {
        guard let slash = value.lastIndex(of: UInt8(ascii: "/")) else { return value }
        let end = value[slash...].firstIndex(of: UInt8(ascii: "\"")) ?? value.count
        let flags = value[slash..<end].filter { OptionReader.bufferFlags[Character(UnicodeScalar($0))] == nil }
        return value[..<slash] + flags + value[end...]
    }

    /// What the options say, for comparison: of those on buffers also which ones look at the same instance.
    private static func meaning(_ reader: OptionReader) -> [String] {
        var instances: [Int: Int] = [:]
        return reader.rule.options.map { option in
            guard case .payload(var payload) = option else { return "\(option)" }
            if case .content(var content) = payload.match, content.fastPattern == .only {
                content.fastPattern = .whole
                payload.match = .content(content)
            }
            // Buffers that there are several of have no old modifier: those that one moved stand together anyway.
            let isSticky = payload.buffer.map { !StickyBuffers.modifiers.values.contains($0) } ?? false
            var instance = 0
            if isSticky {
                instance = instances[payload.instance] ?? instances.count
                instances[payload.instance] = instance
            }
            return "\(Place(payload)) \(instance) \(payload.match)"
        }
    }
}

extension OptionReader {
    /// How keywords were taken that may mean two things; kept only for the formatter.
    struct Trace {
        /// Canonical name of the buffer that begins at an index, empty for the payload.
        var buffers: [Int: String] = [:]
        /// Where old modifiers stand.
        var modifiers: Set<Int> = []
    }

    fileprivate func payload(at offset: Int) -> PayloadOption? {
        for case .payload(let option) in rule.options where option.offset == offset { return option }
        return nil
    }
}
