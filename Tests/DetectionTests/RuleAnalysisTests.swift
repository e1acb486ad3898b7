import Detection
import RuleLanguage
import TestSupport
import Testing

struct RuleAnalysisTests {
    private func compile(_ rules: String, previous: RuleSet? = nil) -> (set: RuleSet, diagnostics: [Diagnostic]) {
        let parsed = RuleParser().parse(file: "a.rules", bytes: Array(rules.utf8))
        let (set, problems) = RuleSet.compile(parsed.rules, previous: previous)
        return (set, parsed.diagnostics + problems)
    }

    private func analysis(_ rule: String) throws -> RuleAnalysis { try #require(compile(rule).set.analysis.first) }

    struct Expectation: Sendable {
        let rule: String
        let cost: String
        let codes: [String]
        let buffers: [String]
        let pattern: String?
    }

    private static let expectations: [Expectation] = [
        Expectation(
            rule: #"alert http any any -> any any (http.uri; content:"/longer"; sid:1;)"#, cost: "low",
            codes: [], buffers: ["http.uri"], pattern: "/longer"),
        Expectation(
            rule: #"alert http any any -> any any (http.uri; content:"/a"; content:"b"; sid:1;)"#, cost: "medium",
            codes: ["short-fast-pattern"], buffers: ["http.uri"], pattern: "/a"),
        Expectation(
            rule: #"alert http any any -> any any (http.uri; content:"/longer"; pcre:"/x+/"; sid:1;)"#, cost: "medium",
            codes: [], buffers: ["http.uri"], pattern: "/longer"),
        Expectation(
            rule: #"alert http any any -> any any (http.uri; pcre:"/x+/"; sid:1;)"#, cost: "high",
            codes: ["no-fast-pattern", "expression-only"], buffers: ["http.uri"], pattern: nil),
        Expectation(
            rule: #"alert tcp any any -> any any (pcre:"/x+/"; sid:1;)"#, cost: "high",
            codes: ["no-fast-pattern", "expression-only", "any-port"], buffers: ["payload"], pattern: nil),
        Expectation(
            rule: #"alert tcp any any -> any 80 (content:!"abcdef"; sid:1;)"#, cost: "high",
            codes: ["no-fast-pattern"], buffers: ["payload"], pattern: nil),
        Expectation(
            rule: #"alert tcp any any -> any any (content:"ab"; sid:1;)"#, cost: "medium",
            codes: ["short-fast-pattern", "any-port"], buffers: ["payload"], pattern: "ab"),
        Expectation(
            rule: #"alert tcp any any -> any any (content:"abcd"; sid:1;)"#, cost: "low",
            codes: [], buffers: ["payload"], pattern: "abcd"),
        Expectation(
            rule: #"alert http any any -> any any (http.header_names; content:"|0d 0a|Accept|0d 0a|"; http.uri; content:".phpx"; sid:1;)"#,
            cost: "low", codes: [], buffers: ["http.header_names", "http.uri"], pattern: ".phpx"),
        Expectation(
            rule: #"alert http any any -> any any (http.request_body; content:"a1b2c3d4e5"; http.uri; content:"/xyzq"; sid:1;)"#,
            cost: "low", codes: [], buffers: ["http.request_body", "http.uri"], pattern: "/xyzq"),
        Expectation(
            rule: #"alert http any any -> any any (http.uri; content:"/wp-admin"; http.method; content:"PROPFIND"; fast_pattern; sid:1;)"#,
            cost: "low", codes: [], buffers: ["http.uri", "http.method"], pattern: "PROPFIND"),
        Expectation(
            rule: #"alert tcp any any -> any any (flags:S; sid:1;)"#, cost: "medium",
            codes: [], buffers: [], pattern: nil),
    ]

    @Test(arguments: expectations)
    func costAndWarnings(_ expected: Expectation) throws {
        let found = try analysis(expected.rule)
        #expect(found.cost.rawValue == expected.cost && found.buffers == expected.buffers)
        #expect(found.warnings.map(\.code.rawValue) == expected.codes)
        #expect(found.fastPattern.map { String(decoding: $0.bytes, as: UTF8.self) } == expected.pattern)
        #expect(found.rule.location.line == 1 && found.warnings.allSatisfy { $0.end == found.rule.end && $0.sid == 1 })
    }

    @Test func aLongFastPatternIsCutWhereItIsRare() throws {
        let header = #"content:"Content-Length|3a 20|8|0d 0a|"; http_header; fast_pattern;"#
        let pattern = try #require(try analysis("alert http any any -> any any (\(header) sid:1;)").fastPattern?.bytes)
        #expect(pattern.count == 16 && pattern.contains(UInt8(ascii: "8")))
    }

    @Test func bitsThatNobodySetsOrAsksFor() {
        let (set, diagnostics) = compile(
            #"""
            alert tcp any any -> any any (content:"abcd"; flowbits:set,used; sid:1;)
            alert tcp any any -> any any (content:"abcd"; flowbits:set,unused; sid:2;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isset,used; sid:3;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isset,missing; sid:4;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isset,missing|used; sid:5;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isset,missing|absent; sid:6;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isnotset,missing; sid:7;)
            alert tcp any any -> any any (content:"abcd"; xbits:isset,mark,track ip_src; sid:8;)
            alert tcp any any -> any any (content:"abcd"; flowbits:toggle,turned; sid:9;)
            alert tcp any any -> any any (content:"abcd"; flowbits:isset,turned; sid:10;)
            """#)
        #expect(diagnostics.map(\.sid) == [4, 6, 8] && diagnostics.allSatisfy { $0.code == .flowbitNeverSet && $0.severity == .warning })
        #expect(diagnostics.map(\.location.line) == [4, 6, 8])
        #expect(diagnostics[1].message.contains("'missing' nor the flowbit 'absent'") && diagnostics[2].message.contains("xbit 'mark'"))
        let warned = Dictionary(uniqueKeysWithValues: set.analysis.map { ($0.rule.sid, $0.warnings.map(\.code)) })
        #expect(warned[2] == [.flowbitNeverChecked] && warned[7] == [.flowbitNeverSet] && warned[1] == [] && warned[3] == [])
        // A set that was there before does not count: its rules are gone.
        let later = compile(#"alert tcp any any -> any any (content:"abcd"; flowbits:isset,used; sid:3;)"#, previous: set)
        #expect(later.diagnostics.map(\.code) == [.flowbitNeverSet])
    }

    @Test func codesOfRulesThatCantBeCompiled() {
        let diagnostics = compile(
            #"""
            alert http any any -> any any (http.uri; pcre:"/(/"; sid:1;)
            alert http any any -> any any (flow:to_client; http.uri; content:"a"; sid:2;)
            alert dns any any -> any any (http.uri; content:"a"; sid:3;)
            alert http any any -> any any (http.uri; dataset:isset,x,type string,load nowhere.lst; sid:4;)
            alert tcp any any -> any any (content:"a"; sid:5;)
            alert tcp any any -> any any (content:"b"; sid:5;)
            alert tcp any any -> any any (content:"c"; rev:2; sid:5;)
            """#
        ).diagnostics
        let found = diagnostics.map { "\($0.location.line):\($0.location.column) \($0.code.rawValue)" }
        #expect(
            found.sorted() == [
                "1:47 expression", "2:58 contradiction", "3:41 contradiction", "4:42 file", "6:1 duplicate-sid", "7:1 replaced",
            ], "\(found)")
        #expect(diagnostics.allSatisfy { $0.end != nil })
    }

    /// Names of bits and datasets are kept in tables that grow with the rules: their reading must not take the square.
    @Test func manyRulesWithBitsOfTheirOwn() {
        let rules = (1...20_000).map { "alert tcp any any -> any 1 (content:\"abcd\"; flowbits:set,b\($0); sid:\($0);)" }
        let (set, diagnostics) = compile(rules.joined(separator: "\n"))
        #expect(set.rules.count == 20_000 && diagnostics.isEmpty)
    }
}
