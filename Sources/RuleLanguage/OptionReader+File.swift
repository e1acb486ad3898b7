/// Options on files that travel (https://docs.suricata.io/en/suricata-8.0.0/rules/file-keywords.html).
extension OptionReader {
    mutating func readFileOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "filename": try addContent(keyword, value, buffer: "file.name") { $0.ignoresCase = true }
        case "filemagic": try addContent(keyword, value, buffer: "file.magic") { $0.ignoresCase = true }
        case "fileext":
            try addContent(keyword, value, buffer: "file.name") { content in
                content.ignoresCase = true
                content.pattern = [UInt8(ascii: ".")] + content.pattern
                content.endsWith = true
            }
        case "filesize": try readFileSize(try required(value, keyword))
        case "filemd5", "filesha1", "filesha256": try readHashList(name, keyword, value)
        case "filestore": rule.options.append(.fileStore(try fileStore(value)))
        default: return false
        }
        return true
    }

    /// `[to_server|to_client,] test`: the side is for rules on whole transactions.
    private mutating func readFileSize(_ value: Field) throws(RuleError) {
        let parts = value.parts(",")
        guard parts.count > 1 else {
            rule.options.append(.number(keyword: "filesize", test: try NumberTest(value)))
            return
        }
        guard parts.count == 2, let direction = Self.directions[parts[0].text] else {
            throw RuleError("expected 'filesize:to_server|to_client, test'", at: value)
        }
        rule.options.append(
            .numbers(keyword: "filesize", test: NumberListTest(try NumberTest(parts[1])), direction: direction))
    }

    private mutating func readHashList(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) {
        var value = try required(value, keyword)
        var isNegated = false
        if let rest = value.dropping("!") {
            isNegated = true
            value = rest
        }
        let algorithm: FileHashOption.Algorithm =
            switch name {
            case "filemd5": .md5
            case "filesha1": .sha1
            default: .sha256
            }
        rule.options.append(
            .fileHash(
                FileHashOption(
                    algorithm: algorithm, list: try value.unquoted().text, isNegated: isNegated, location: location(value))))
    }

    private func fileStore(_ value: Field?) throws(RuleError) -> FileStoreOption {
        var option = FileStoreOption()
        for part in value?.parts(",") ?? [] {
            switch part.text.lowercased() {
            case "request", "to_server": option.direction = .toServer
            case "response", "to_client": option.direction = .toClient
            case "both": option.direction = nil
            case "file": option.scope = .file
            case "tx": option.scope = .transaction
            case "ssn", "flow": option.scope = .flow
            default:
                throw RuleError(
                    "'\(part.text)' is not known in filestore: expected request, response or both, then file, tx or ssn", at: part)
            }
        }
        return option
    }
}
