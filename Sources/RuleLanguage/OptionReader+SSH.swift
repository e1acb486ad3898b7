/// Old keywords on SSH's banners, said in terms of the buffers.
extension OptionReader {
    mutating func readSSHOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        switch name {
        case "ssh.protoversion":
            let text = try required(value, keyword).unquoted().trimmed.text
            if text == "2_compat" {
                // What speaks version 2: a server of both says 1.99 (RFC 4253, section 5.1).
                let match = PCREMatch(
                    expression: Array("^(?:2|1\\.99)".utf8), flags: "", isRelative: false, isNegated: false, captures: [])
                append(.pcre(match), on: "ssh.proto", keyword)
            } else {
                guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: ".") }) else {
                    throw RuleError("'\(text)' is not a version: expected 2_compat or a number as in 1.99", at: keyword)
                }
                append(content(text, isWhole: true), on: "ssh.proto", keyword)
            }
        case "ssh.softwareversion":
            let text = try required(value, keyword).unquoted().text
            append(content(text, isWhole: false), on: "ssh.software", keyword)
        default: return false
        }
        return true
    }

    private func content(_ text: String, isWhole: Bool) -> PayloadMatch {
        var content = ContentMatch()
        content.pattern = Array(text.utf8)
        content.startsWith = isWhole
        content.endsWith = isWhole
        return .content(content)
    }

    private mutating func append(_ match: PayloadMatch, on buffer: String, _ keyword: Field) {
        rule.options.append(
            .payload(PayloadOption(buffer: buffer, transforms: [], match: match, location: location(keyword))))
    }
}
