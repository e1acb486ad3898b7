import RuleLanguage
import TestSupport
import Testing

/// What editors get: code, range and suggestion.
struct DiagnosticTests {
    private func parse(_ text: String) -> RuleParser.Result { RuleParser().parse(file: "e.rules", bytes: Array(text.utf8)) }

    @Test(arguments: [
        ("alert tcp any any -> any any (contnt:\"a\"; sid:1;)", DiagnosticCode.unknownKeyword, "contnt", "content" as String?),
        ("alrt tcp any any -> any any (sid:1;)", .header, "alrt", "alert"),
        ("alert tpc any any -> any any (sid:1;)", .header, "tpc", "tcp"),
        ("alert tcp 10.0.0.0/40 any -> any any (sid:1;)", .address, "10.0.0.0/40", nil),
        ("alert tcp any 70000 -> any any (sid:1;)", .port, "70000", nil),
        ("alert tcp any any -> any any (content:\"a\"; depth:x y; sid:1;)", .value, "x y", nil),
        ("alert tcp any any -> any any (nocase; sid:1;)", .place, "nocase", nil),
        ("alert tcp any any -> any any (content:\"a\"; sid:1; sid:2;)", .duplicateOption, "sid", nil),
        ("alert tcp any any -> any any (content:\"a\";)", .missingSID, "(content:\"a\";)", nil),
        ("alert tcp any any -> any any (content:\"a\"; depth:5; distance:1; sid:1;)", .contradiction, "content", nil),
        ("alert tcp any any -> any any (lua:x.lua; sid:1;)", .unsupported, "lua", nil),
        ("alert tcp any any -> any any (content:\"a\" sid:1)", .syntax, "content:\"a\" sid:1", nil),
        ("alert tcp any any -> any any (classtype:odd-thing; sid:1;)", .unknownClassType, "odd-thing", nil),
        ("alert tcp any any -> any any (reference:odd,1; sid:1;)", .unknownReference, "odd,1", nil),
        ("alert tcp any any -> any any (sip.method; content:\"a\"; sid:1;)", .neverMatches, "sip.method", nil),
    ])
    func codeRangeAndSuggestion(rule: String, code: DiagnosticCode, culprit: String, suggestion: String?) throws {
        let found = try #require(parse("# one\n\(rule)\n").diagnostics.first)
        #expect(found.code == code && found.suggestion == suggestion, "\(found)")
        let end = try #require(found.end)
        #expect(found.location.line == 2 && end.line == 2)
        let bytes = Array(rule.utf8)
        try #require(end.column - 1 <= bytes.count && found.location.column < end.column)
        #expect(String(decoding: bytes[(found.location.column - 1)..<(end.column - 1)], as: UTF8.self) == culprit)
    }

    @Test func aRangeStaysWithinItsLine() throws {
        let found = try #require(parse("alert tcp any any -> any any (content:\"a\"; \\\n    nosuchthing:1; sid:1;)").diagnostics.first)
        #expect(found.location.line == 2 && found.location.column == 5)
        #expect(found.end == SourceLocation(file: "e.rules", line: 2, column: 16))
        let whole = try #require(parse("alert tcp any any -> any any \\\n (content:\"a\"; \\\n)").diagnostics.first)
        #expect(whole.code == .missingSID && whole.location.line == 2 && whole.end?.line == 2)
    }

    @Test func placesOfARuleOnSeveralLines() throws {
        let rule = try #require(parse("\nalert tcp any any -> any any \\\n  (content:\"a\"; \\\n  sid:1;)").rules.first)
        #expect(rule.location == SourceLocation(file: "e.rules", line: 2, column: 1))
        #expect(rule.end == SourceLocation(file: "e.rules", line: 4, column: 10))
        let place = SourceLocation(file: "e.rules", line: 3, column: 4)
        let diagnostic = rule.diagnostic(.error, .value, "m", at: place)
        #expect(diagnostic.location == place && diagnostic.end == SourceLocation(file: "e.rules", line: 3, column: 11))
        #expect(diagnostic.excerpt?.hasSuffix("^") == true)
        let caret = try #require(diagnostic.excerpt).split(separator: "\n").map(Array.init)
        #expect(caret[0].dropFirst(caret[1].count - 1).starts(with: "content"))
        #expect(rule.diagnostic(.error, .value, "m").end == rule.end)
        #expect(rule.diagnostic(.error, .value, "m", at: SourceLocation(file: "x", line: 9, column: 1)).excerpt == nil)
    }

    @Test func namesOfCodesAreStable() {
        #expect(
            DiagnosticCode.allCases.map(\.rawValue).sorted() == [
                "address", "any-port", "contradiction", "duplicate-option", "duplicate-sid", "expression", "expression-only",
                "file", "flowbit-never-checked", "flowbit-never-set", "header", "line", "missing-sid", "never-matches",
                "no-fast-pattern", "not-utf8", "place", "port", "replaced", "requirement", "short-fast-pattern", "syntax",
                "unknown-classtype", "unknown-keyword", "unknown-reference", "unsupported", "value",
            ])
    }
}
