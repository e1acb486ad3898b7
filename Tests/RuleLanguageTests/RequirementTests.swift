import RuleLanguage
import Testing

/// https://docs.suricata.io/en/suricata-8.0.0/rules/meta.html#requires and integer-keywords.html
struct RequirementTests {
    private func parse(_ options: String) -> RuleParser.Result {
        RuleParser().parse(file: "site.rules", bytes: Array("alert dns any any -> any any (\(options) sid:1;)".utf8))
    }

    @Test(arguments: [
        "version >= 7", "version >= 8.0.1", "version > 6 < 9", "version >= 9 | >= 7.0.3 < 8.1", "keyword dns.rrtype",
        "feature ja3, version >= 8", "feature geoip", "version < 8.0.8",
    ])
    func aRuleWhoseRequirementsAreMetLoads(value: String) {
        let parsed = parse("requires: \(value);")
        #expect(parsed.rules.count == 1 && parsed.diagnostics.isEmpty, "\(parsed.diagnostics)")
    }

    @Test(arguments: ["version >= 9", "version < 8", "keyword nonsense", "feature lua", "anything 7", "version >= 7, keyword lua"])
    func anUnmetOneIsSkippedWithAWarning(value: String) {
        // What else stands in the rule does not matter: it may be of a later language.
        let parsed = parse("requires: \(value); later.keyword; content:;")
        #expect(parsed.rules.isEmpty)
        #expect(parsed.diagnostics.map(\.severity) == [.warning])
        #expect(parsed.diagnostics.first?.message.hasPrefix("the rule is skipped: it requires") == true)
    }

    @Test(arguments: ["version >= eight", "version 8", "keyword", "version >= 7, version >= 8", ""])
    func aMalformedOneIsAnError(value: String) {
        #expect(parse("requires: \(value);").diagnostics.map(\.severity) == [.error])
    }

    @Test(arguments: [
        ("dns.opcode:<0;", "no number is less than 0"), ("dns.opcode:>255;", "no number is greater than 255"),
        ("dns.opcode:300;", "does not fit"), ("dns.opcode:5<>6;", "no number lies between"),
        ("dns.opcode:6<>5;", "runs backwards"), ("filesize:1zb;", "not a number"),
        ("dns.rrtype:1,often;", "is not an index"), ("dns.rrtype:1,all,3;", "subslice"),
    ])
    func numbersThatTellNothingApartAreRefused(options: String, message: String) {
        let parsed = parse(options)
        #expect(parsed.rules.isEmpty)
        #expect(parsed.diagnostics.first?.message.contains(message) == true, "\(parsed.diagnostics)")
    }

    @Test func everyKeywordIsListedOnce() {
        let names = KeywordTable.entries.map(\.name)
        #expect(names == Array(Set(names)).sorted())
        func support(_ name: String) -> KeywordDescription.Support? { KeywordTable.entries.first { $0.name == name }?.support }
        #expect(support("http2.window") == .supported && support("mqtt.type") == .silent && support("lua") == .refused)
        #expect(parse("requires: keyword http2.window;").rules.count == 1)
    }

    @Test func listsOfNumbers() {
        let one = NumberTest.equal(1)
        #expect(NumberListTest(one).holds([5, 1]) && !NumberListTest(one).holds([]))
        #expect(NumberListTest(one, selection: .all).holds([1, 1]) && !NumberListTest(one, selection: .all).holds([1, 2]))
        #expect(!NumberListTest(one, selection: .all).holds([]) && NumberListTest(one, selection: .allOrAbsent).holds([]))
        #expect(NumberListTest(one, selection: .index(-1)).holds([5, 1]) && !NumberListTest(one, selection: .index(0)).holds([5, 1]))
        #expect(!NumberListTest(one, selection: .index(7)).holds([1]) && NumberListTest(one, selection: .indexOrOutside(7)).holds([1]))
        #expect(NumberListTest(one, selection: .count(.greater(1))).holds([1, 2, 1]))
        #expect(NumberListTest(nil, selection: .count(.equal(3))).holds([9, 9, 9]))
        var slice = NumberListTest(one, selection: .all)
        slice.slice = (1, -1)
        #expect(slice.holds([9, 1, 1, 9]) && !slice.holds([9, 1, 2, 9]) && !slice.holds([9]))
    }
}
