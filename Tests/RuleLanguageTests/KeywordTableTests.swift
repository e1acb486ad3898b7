import RuleLanguage
import Testing

struct KeywordTableTests {
    @Test func everyKeywordStandsThereOnce() {
        let entries = KeywordTable.entries
        #expect(Set(entries.map(\.name)).count == entries.count && entries.map(\.name) == entries.map(\.name).sorted())
        func row(_ name: String) -> String {
            entries.first { $0.name == name }.map { "\($0.kind) \($0.appProtocol ?? "-") \($0.support)" } ?? "none"
        }
        #expect(row("content") == "option - supported" && row("http_uri") == "modifier http supported")
        #expect(row("dns.query") == "buffer dns supported" && row("url_decode") == "transform - supported")
        #expect(row("mqtt.type") == "option mqtt silent" && row("lua") == "option - refused")
    }

    /// What the table calls supported or silent is read, what it calls refused is not.
    @Test func theTableAgreesWithTheParser() {
        for entry in KeywordTable.entries where entry.kind == .buffer {
            let rule = "alert ip any any -> any any (\(entry.name); content:\"a\"; sid:1;)"
            let unknown = RuleParser().parse(file: "a.rules", bytes: Array(rule.utf8)).diagnostics
                .filter { $0.message.contains("is not a keyword") }
            #expect(unknown.isEmpty, "\(entry.name)")
        }
    }
}
