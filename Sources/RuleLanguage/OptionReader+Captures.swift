import Wire

/// Variables that expressions fill, and the keywords on them
/// (https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html#pcre-perl-compatible-regular-expressions).
extension OptionReader {
    /// As many groups as one expression may keep.
    private static let captureLimit = 8

    mutating func readCaptureOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "flowvar", "pktvar":
            let value = try required(value, keyword)
            guard let comma = value.firstIndex(of: UInt8(ascii: ",")), comma > value.startIndex else {
                throw RuleError("expected '\(name):NAME,CONTENT'", at: value)
            }
            let content = try Self.patternBytes(try value[(comma + 1)...].trimmed.unquoted())
            guard !content.isEmpty else { throw RuleError("'\(name)' has nothing to look for", at: value) }
            rule.options.append(
                .variable(
                    VariableOption(
                        name: value[value.startIndex..<comma].trimmed.text, content: content, isOfPacket: name == "pktvar")))
        case "rpc": append(.rpc(try rpc(try required(value, keyword))), at: keyword)
        default: return false
        }
        return true
    }

    /// `rpc:PROGRAM,VERSION|*,PROCEDURE|*`.
    private func rpc(_ value: Field) throws(RuleError) -> RPCOption {
        let parts = value.parts(",")
        guard parts.count <= 3 else { throw RuleError("expected 'rpc:PROGRAM[,VERSION|*[,PROCEDURE|*]]'", at: value) }
        func number(_ index: Int, _ what: String) throws(RuleError) -> UInt32? {
            guard index < parts.count, parts[index].text != "*" else { return nil }
            return try parts[index].unsigned32(what)
        }
        return RPCOption(
            program: try parts[0].unsigned32("the program of rpc"), version: try number(1, "the version of rpc"),
            procedure: try number(2, "the procedure of rpc"))
    }

    /// The comma before `flow:name,…` within the quotes: it follows a slash and the flags, nothing else.
    static func startOfVariables(in quoted: Field) -> Int? {
        quoted.indices.first { index in
            guard quoted[index] == UInt8(ascii: ",") else { return false }
            let rest = quoted[(index + 1)...].drop(while: \.isSpace)
            guard ["flow:", "pkt:", "alert:"].contains(where: { rest.starts(with: $0.utf8) }) else { return false }
            return quoted[..<index].last { !$0.isNameByte && !$0.isSpace } == UInt8(ascii: "/")
        }
    }

    func captures(_ expression: [UInt8], _ names: [Field], isNegated: Bool) throws(RuleError) -> [PCRECapture] {
        var result = Self.namedGroups(expression)
        for (index, field) in names.enumerated() {
            let parts = field.parts(":")
            let kinds: [String: PCRECapture.Kind] = ["flow": .flow, "pkt": .packet, "alert": .alert]
            guard parts.count == 2, let kind = kinds[parts[0].text], !parts[1].isEmpty else {
                throw RuleError("expected 'flow:NAME', 'pkt:NAME' or 'alert:NAME' after the expression", at: field)
            }
            let followsKey = result.last?.isKey == true
            switch (kind, parts[1].text) {
            case (.packet, "key") where index == 0:
                result.append(PCRECapture(kind: kind, name: nil, group: .number(index + 1), isKey: true))
            case (.packet, "value") where followsKey:
                result.append(PCRECapture(kind: kind, name: nil, group: .number(index + 1)))
            case (_, let name): result.append(PCRECapture(kind: kind, name: name, group: .number(index + 1)))
            }
        }
        if let field = names.first {
            if isNegated { throw RuleError("an expression that must not match has nothing to keep", at: field) }
            if result.last?.isKey == true { throw RuleError("'pkt:key' needs 'pkt:value' after it", at: field) }
        }
        if result.count > Self.captureLimit {
            throw RuleError("an expression keeps \(Self.captureLimit) groups at most", offset: names.first?.startIndex ?? 0)
        }
        return isNegated ? [] : result
    }

    /// Groups whose names begin with `flow_` or `pkt_`.
    private static func namedGroups(_ expression: [UInt8]) -> [PCRECapture] {
        var result: [PCRECapture] = []
        // Most expressions name nothing; reading them as text and searching that is slow.
        guard expression.contains(UInt8(ascii: "<")) else { return result }
        let text = String(decoding: expression, as: UTF8.self)
        for opening in ["(?P<", "(?<"] {
            for piece in text.split(separator: opening, omittingEmptySubsequences: false).dropFirst() {
                guard let end = piece.firstIndex(of: ">") else { continue }
                let group = String(piece[..<end])
                for (prefix, kind) in [("flow_", PCRECapture.Kind.flow), ("pkt_", .packet)] where group.hasPrefix(prefix) {
                    let name = String(group.dropFirst(prefix.count))
                    if !name.isEmpty { result.append(PCRECapture(kind: kind, name: name, group: .name(group))) }
                }
            }
        }
        return result
    }
}
