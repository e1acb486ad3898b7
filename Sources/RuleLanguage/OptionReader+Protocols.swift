/// Options on single facts of FTP (https://docs.suricata.io/en/suricata-8.0.0/rules/ftp-keywords.html).
extension OptionReader {
    mutating func readProtocolOption(_ name: String, _ keyword: Field, _ value: Field?) throws(RuleError) -> Bool {
        guard let words = Self.words[name] else {
            guard name == "ftp.dynamic_port" else { return false }
            let value = try required(value, keyword).unquoted()
            rule.options.append(.number(keyword: name, test: try NumberTest(value, bits: 16)))
            return true
        }
        let value = try required(value, keyword)
        let word = value.text.lowercased()
        guard let known = words.first(where: { $0.word == word }) else {
            let expected = words.map(\.word).joined(separator: ", ")
            throw RuleError("'\(value.text)' is not known in \(name): expected one of \(expected)", at: value)
        }
        rule.options.append(.number(keyword: name, test: .equal(known.number)))
        return true
    }

    private static let words: [String: [(word: String, number: UInt64)]] = [
        "ftp.mode": [("active", 0), ("passive", 1)],
        "ftp.reply_received": [("yes", 1), ("true", 1), ("on", 1), ("1", 1), ("no", 0), ("false", 0), ("off", 0), ("0", 0)],
        "ftpdata_command": [("retr", 1), ("stor", 2)],
    ]
}
