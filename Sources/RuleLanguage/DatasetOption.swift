/// `dataset` and `datarep` (https://docs.suricata.io/en/suricata-8.0.0/rules/datasets.html).
public struct DatasetOption: Sendable {
    public enum Operation: Sendable {
        case isSet, isNotSet, set, unset
        /// `datarep`: the value's score fulfils the test.
        case reputation(NumberTest)
    }
    public enum ValueType: String, Sendable { case string, md5, sha256, ipv4, ip }
    public enum Format: String, Sendable { case csv, json, ndjson }

    public var operation: Operation
    public var name: String
    public var type: ValueType?
    /// File to read the values from, relative to the rule file; nil for a set that rules fill.
    public var load: String?
    public var format = Format.csv
    /// `match subdomain`: a value stands for every name that ends in it.
    public var matchesSubdomains = false
    /// JSON: dotted paths of the value and of the array, and the name of its object in alerts.
    public var valueKey: String?
    public var arrayKey: String?
    public var contextKey: String?
    /// The value itself is left out of the object in alerts.
    public var removesKey = false

    public init(operation: Operation, name: String) {
        self.operation = operation
        self.name = name
    }
}

extension OptionReader {
    func dataset(_ value: Field, isReputation: Bool) throws(RuleError) -> DatasetOption {
        var parts = value.parts(",")
        var option: DatasetOption
        if isReputation {
            guard parts.count >= 3, !parts[0].isEmpty else {
                throw RuleError("expected 'datarep:name, operator, score, load file, type string'", at: value)
            }
            let test = try NumberTest(Array((parts[1].text + parts[2].text).utf8)[...])
            option = DatasetOption(operation: .reputation(test), name: parts[0].text)
            parts.removeFirst(3)
        } else {
            let operations: [String: DatasetOption.Operation] = [
                "isset": .isSet, "isnotset": .isNotSet, "set": .set, "unset": .unset,
            ]
            guard parts.count >= 2, let operation = operations[parts[0].text], !parts[1].isEmpty else {
                throw RuleError("expected 'dataset:set|unset|isset|isnotset, name[, type string][, load file]'", at: value)
            }
            option = DatasetOption(operation: operation, name: parts[1].text)
            parts.removeFirst(2)
        }
        for part in parts { try read(part, into: &option) }
        guard option.format == .csv || option.contextKey != nil else {
            throw RuleError("'format json' needs a 'context_key'", at: value)
        }
        return option
    }

    private func read(_ part: Field, into option: inout DatasetOption) throws(RuleError) {
        let words = part.words.map(\.text)
        if words == ["remove_key"] {
            option.removesKey = true
            return
        }
        guard words.count >= 2 else { throw RuleError("expected 'name value', as in 'type string'", at: part) }
        switch words[0] {
        case "type":
            guard let type = DatasetOption.ValueType(rawValue: words[1] == "ipv6" ? "ip" : words[1]) else {
                throw RuleError("'\(words[1])' is not a type: expected string, md5, sha256, ipv4 or ip", at: part)
            }
            option.type = type
        case "load": option.load = words[1]
        case "state":
            try Self.checkInside(words[1], part)
            option.load = option.load ?? ""
        case "save": try Self.checkInside(words[1], part)
        case "format":
            guard let format = DatasetOption.Format(rawValue: words[1] == "jsonline" ? "ndjson" : words[1]) else {
                throw RuleError("'\(words[1])' is not a format: expected csv, json or ndjson", at: part)
            }
            option.format = format
        case "match":
            guard words[1] == "subdomain" else { throw RuleError("expected 'match subdomain'", at: part) }
            option.matchesSubdomains = true
        case "value_key": option.valueKey = words[1]
        case "array_key": option.arrayKey = words[1]
        case "context_key", "enrichment_key": option.contextKey = words[1]
        case "memcap", "hashsize": break
        default: throw RuleError("'\(words[0])' is not known in dataset", at: part)
        }
    }

    /// Rules come from elsewhere: they may not write where they like.
    private static func checkInside(_ path: String, _ field: Field) throws(RuleError) {
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw RuleError("a rule may not write to '\(path)': expected a path without a leading '/' and without '..'", at: field)
        }
    }
}
