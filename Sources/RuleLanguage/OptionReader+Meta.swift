/// Options that describe the rule.
extension OptionReader {
    mutating func readMeta(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "msg":
            rule.message = Self.unescaped(try required(value, keyword).unquoted())
        case "sid":
            try once(keyword)
            rule.sid = try required(value, keyword).unsigned32("sid")
        case "gid":
            rule.gid = try required(value, keyword).unsigned32("gid")
        case "rev":
            try once(keyword)
            rule.rev = try required(value, keyword).unsigned32("rev")
        case "classtype":
            try readClassType(try required(value, keyword))
        case "priority":
            rule.priority = UInt8(try required(value, keyword).integer(in: 1...255, "the priority"))
            hasPriority = true
        case "reference":
            try readReference(try required(value, keyword))
        case "metadata":
            readMetadata(try required(value, keyword))
        case "target":
            let value = try required(value, keyword)
            switch value.text {
            case "src_ip": rule.target = .source
            case "dest_ip": rule.target = .destination
            default: throw RuleError("'\(value.text)' is not a target: expected src_ip or dest_ip", at: value)
            }
        case "requires":
            // Looked at before the rule's other options.
            _ = try required(value, keyword)
        case "noalert":
            try none(value, keyword)
            rule.options.append(.noAlert)
        case "alert":
            try none(value, keyword)
            rule.alertsWhenPassing = true
        default:
            return false
        }
        return true
    }

    private mutating func readClassType(_ value: Field) throws(RuleError) {
        let name = try value.unquoted().text
        rule.classType = name
        if let entry = classifications[name] {
            rule.category = entry.description
            if !hasPriority { rule.priority = entry.priority }
        } else {
            warnings.append(RuleError("the class type '\(name)' is not known; the priority stays 3", at: value, code: .unknownClassType))
        }
    }

    private mutating func readReference(_ value: Field) throws(RuleError) {
        let unquoted = try value.unquoted()
        guard let comma = unquoted.firstIndex(of: UInt8(ascii: ",")) else {
            throw RuleError("expected 'reference:system,id'", at: value)
        }
        let system = unquoted[unquoted.startIndex..<comma].trimmed.text
        let id = unquoted[(comma + 1)...].trimmed.text
        rule.references.append((system, id))
        if let link = references.link(system, id) {
            rule.referenceLinks.append(link)
        } else {
            warnings.append(RuleError("the reference system '\(system)' is not known", at: value, code: .unknownReference))
        }
    }

    private mutating func readMetadata(_ value: Field) {
        let parts = value.parts(",")
        rule.metadata.reserveCapacity(rule.metadata.count + parts.count)
        for part in parts where !part.isEmpty {
            guard let blank = part.firstIndex(where: \.isSpace) else {
                rule.metadata.append((part.text, ""))
                continue
            }
            rule.metadata.append((part[part.startIndex..<blank].text, part[blank...].trimmed.text))
        }
    }

    private static func unescaped(_ field: Field) -> String {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in field {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                bytes.append(byte)
                isEscaped = false
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
