import RuleLanguage
import TestSupport
import Testing

/// Files that no careful writer makes: read in time and memory that grow with their size, and diagnosed.
struct BadInputTests {
    private func parse(_ bytes: [UInt8]) -> RuleParser.Result { RuleParser().parse(file: "bad.rules", bytes: bytes) }

    /// As many continued lines as once took the square of their number.
    @Test func aRuleOnAHundredThousandLines() throws {
        var text = "alert tcp any any -> any any (content:\"a\"; \\\n"
        for _ in 0..<100_000 { text += "metadata:a b; \\\n" }
        text += "nosuch; sid:1;)\nalert tcp any any -> any any (sid:2;)\n"
        let parsed = parse(Array(text.utf8))
        #expect(parsed.rules.map(\.sid) == [2])
        let found = try #require(parsed.diagnostics.first)
        #expect(parsed.diagnostics.count == 1 && found.location.line == 100_002 && found.location.column == 1)
    }

    @Test(arguments: [
        "alert tcp any any -> any any (%; sid:1;)", "alert tcp % any -> any any (sid:1;)", "% tcp any any -> any any (sid:1;)",
        "alert tcp any any -> any any (msg:\"%\"; nosuch; sid:1;)", "alert tcp any any -> any any (content:\"%\"; sid:1;)",
        "alert tcp any any -> any any (pcre:\"/%/Q%\"; sid:1;)", "alert tcp any any -> any any (flow:%; sid:1;)", "(%", "%(%)%",
        "alert tcp any any -> any any (content:\"a\"; sid:1; %",
    ])
    func veryLongLines(form: String) {
        for filler in ["x", "[", "\\", "|", ",", ";", "\"", " ", "!"] {
            let parsed = parse(Array(form.replacing("%", with: String(repeating: filler, count: 1 << 17)).utf8))
            for diagnostic in parsed.diagnostics {
                #expect(diagnostic.message.utf8.count < 700 && (diagnostic.excerpt?.utf8.count ?? 0) < 500)
            }
            #expect(parsed.diagnostics.count <= 4)
        }
    }

    @Test func aHundredThousandRules() {
        var text = ""
        for sid in 1...100_000 {
            text += sid.isMultiple(of: 1000) ? "alert tcp any any -> any any (nosuch; sid:\(sid);)\n"
                : "alert tcp any any -> any any (content:\"needle\(sid)\"; flowbits:set,b\(sid); sid:\(sid);)\n"
        }
        let parsed = parse(Array(text.utf8))
        #expect(parsed.rules.count == 99_900 && parsed.diagnostics.count == 100)
        #expect(parsed.diagnostics.map(\.location.line) == (1...100).map { $0 * 1000 })
    }

    @Test func bytesThatAreNoText() throws {
        let head = Array("alert tcp any any -> any any (msg:\"caf".utf8), tail = Array("\"; content:\"a\"; sid:1;)\n".utf8)
        let latin = parse(head + [0xe9] + tail)
        #expect(latin.rules.first?.message == "caf\u{fffd}")
        let warning = try #require(latin.diagnostics.first)
        #expect(warning.code == .notUTF8 && warning.severity == .warning && warning.location.column == head.count + 1)
        let text = parse(head + Array("é".utf8) + tail)
        #expect(text.diagnostics.isEmpty && text.rules.first?.message == "café")
        // The content keeps its bytes.
        guard case .payload(let option)? = parse(Array("alert tcp any any -> any any (content:\"".utf8) + [0xff, 0x00] + Array("\"; sid:1;)".utf8)).rules.first?.options.first,
            case .content(let content) = option.match
        else {
            Issue.record("no content")
            return
        }
        #expect(content.pattern == [0xff, 0])
    }

    @Test func aByteOrderMarkIsNoPartOfTheRule() {
        let parsed = parse([0xef, 0xbb, 0xbf] + Array("alert tcp any any -> any any (sid:1;)\n".utf8))
        #expect(parsed.rules.map(\.sid) == [1] && parsed.diagnostics.isEmpty)
        #expect(parse([0xef, 0xbb, 0xbf] + Array("# alert\n".utf8)).diagnostics.isEmpty)
    }

    /// Options that can't hold together name the one that says so.
    @Test(arguments: [
        ("flow:to_server,to_client;", "to_client"), ("flow:established,not_established;", "not_established"),
        ("flow:established,stateless;", "stateless"), ("flow:only_stream,no_stream;", "no_stream"), ("flow:only_frag,no_frag;", "no_frag"),
        ("content:\"abcdef\"; depth:3;", "3"), ("content:\"abc\"; within:2;", "within"), ("bsize:10<>5;", "10<>5"), ("ttl:>300;", "255"),
        ("content:\"a\"; startswith; depth:5;", "startswith"), ("content:\"a\"; fast_pattern; content:\"b\"; fast_pattern;", "fast_pattern"),
    ])
    func optionsThatContradictEachOther(options: String, word: String) throws {
        let parsed = parse(Array("alert tcp any any -> any any (\(options) sid:1;)\n".utf8))
        let problem = try #require(parsed.diagnostics.first { $0.severity == .error })
        #expect(parsed.rules.isEmpty && problem.message.contains(word) && problem.location.column >= 30, "\(problem)")
    }

    @Test func theSameWordTwiceIsNoContradiction() {
        #expect(parse(Array("alert tcp any any -> any any (flow:to_server,from_client,established,established; sid:1;)".utf8)).rules.count == 1)
    }

    @Test(arguments: ["[", "!", "[!"])
    func bracketsWithoutEnd(nesting: String) throws {
        for closing in ["", String(repeating: "]", count: 100_000)] {
            let address = String(repeating: nesting, count: 100_000) + "10.0.0.1" + closing
            let parsed = parse(Array("alert tcp \(address) any -> any any (sid:1;)\n".utf8))
            #expect(parsed.rules.isEmpty && parsed.diagnostics.count == 1)
        }
    }

    @Test func textOfSixteenBits() {
        let bytes = Array("\u{feff}alert tcp any any -> any any (sid:1;)\n".utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let parsed = parse(bytes)
        #expect(parsed.rules.isEmpty && parsed.diagnostics.contains { $0.severity == .error })
    }
}
