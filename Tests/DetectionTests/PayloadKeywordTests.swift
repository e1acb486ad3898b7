import Detection
import RuleLanguage
import TestSupport
import Testing

/// Meanings as documented: https://docs.suricata.io/en/suricata-8.0.0/rules/payload-keywords.html
struct PayloadKeywordTests {
    @Test(arguments: [
        (#"content:"abc";"#, ["xxabcx", "abc"], ["ab", "ABC", ""]),
        (#"content:"abc"; nocase;"#, ["xAbC"], ["ab c"]),
        (#"content:"|61 62|c";"#, ["abc"], ["|61|"]),
        (#"content:!"abc"; content:"x";"#, ["x"], ["xabc", "y"]),
        (#"content:"abc"; offset:2;"#, ["xxabc", "abcabc"], ["xabc"]),
        (#"content:"abc"; depth:4;"#, ["xabc"], ["xxabc"]),
        (#"content:"abc"; offset:1; depth:4;"#, ["xabc", "xxabc"], ["abc", "xxxabc"]),
        (#"content:"abc"; startswith;"#, ["abcx"], ["xabc"]),
        (#"content:"abc"; endswith;"#, ["xabc", "abcabc"], ["abcx"]),
        (#"content:"x"; content:"abc"; within:3; endswith;"#, ["xabc"], ["xabcyyyy", "yyyyx", "xyabc"]),
        (#"content:"x"; content:!"abc"; within:4; endswith;"#, ["xabcyyyy", "x"], ["xyabc"]),
        (#"content:"a"; content:"b"; distance:1;"#, ["axb", "axxb"], ["ab", "ba"]),
        (#"content:"a"; content:"b"; within:2;"#, ["ab", "axb"], ["axxb"]),
        (#"content:"a"; content:"b"; distance:1; within:2;"#, ["axb", "axxb"], ["ab", "axxxb"]),
        (#"content:"a"; content:"b"; distance:-2;"#, ["ba", "ab"], ["bxxa"]),
        (#"content:"a"; content:!"b"; within:1;"#, ["ax", "axb", "a"], ["ab"]),
        (#"content:"a"; content:"b"; within:1; content:"c"; within:1;"#, ["aababc"], ["abxc"]),
        (#"content:"a"; content:"a"; distance:0;"#, ["aa", "axxa"], ["a"]),
        (#"content:"a"; isdataat:2,relative;"#, ["axxx", "axx"], ["ax"]),
        (#"content:"a"; isdataat:!2,relative;"#, ["ax"], ["axxx"]),
        (#"isdataat:3;"#, ["xxxx"], ["xxx"]),
        (#"bsize:3;"#, ["abc"], ["ab", "abcd"]),
        (#"dsize:3<>6;"#, ["xxxx", "xxxxx"], ["xxx", "xxxxxx"]),
        (#"dsize:>3;"#, ["xxxx"], ["xxx"]),
        (#"dsize:!3;"#, ["xxxx"], ["xxx", ""]),
        (#"pcre:"/^a.c$/i";"#, ["aXc", "ABC"], ["xabc"]),
        (#"content:"x"; pcre:"/^b/R";"#, ["axb"], ["axcb"]),
        (#"content:"x"; pcre:!"/b/R";"#, ["bx"], ["xb"]),
        (#"pcre:"/a$/"; content:"b";"#, ["ba"], ["ab"]),
        (#"content:"n"; byte_test:1,>,52,0,relative,string,dec;"#, [], ["n5"]),
        (#"content:"n"; byte_test:2,>,52,0,relative,string,dec;"#, ["n53"], ["n52", "n5"]),
        (#"byte_test:0,>=,8079,0,string,dec;"#, ["8079", "12000x"], ["8078", "x9999", ""]),
        (#"byte_test:1,=,0x61,0;"#, ["abc"], ["bac"]),
        (#"byte_test:2,=,0x6261,0,little;"#, ["abc"], ["bac"]),
        (#"byte_test:1,!=,97,0;"#, ["b"], ["a"]),
        (#"byte_test:1,&,0x40,0;"#, ["a"], ["!"]),
        (#"byte_jump:1,0,string,dec; content:"x"; within:1;"#, ["2..x"], ["1..x"]),
        (#"byte_extract:1,0,n,string,dec; content:"x"; offset:n;"#, ["3..x"], ["3.x."]),
        (#"content:"a"; fast_pattern:only; content:"bb";"#, ["bbxa"], ["bxa"]),
        (#"content:"long pattern"; fast_pattern:5,4;"#, ["a long pattern"], ["a long patter"]),
    ])
    func keyword(options: String, matching: [String], others: [String]) {
        let lab = PayloadLab([options])
        #expect(lab.diagnostics.isEmpty, "\(lab.diagnostics)")
        for payload in matching { #expect(lab.sids(payload) == [1], "\(options) on '\(payload)'") }
        for payload in others { #expect(lab.sids(payload) == [], "\(options) on '\(payload)'") }
    }

    /// Whatever options stand together and whatever is sent: a match or none, never a trap.
    @Test(arguments: 0..<400)
    func noCombinationOfOptionsTraps(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        func number() -> Int { [0, 1, 2, 3, 7, 40, 255, 65535].randomElement(using: &random) ?? 0 }
        func sign() -> String { Bool.random(using: &random) ? "" : "-" }
        func part() -> String {
            let content = "content:\"\(["a", "ab", "abab", "b"].randomElement(using: &random) ?? "a")\"; "
            return switch Int.random(in: 0..<12, using: &random) {
            case 0: content + "offset:\(number()); "
            case 1: content + "depth:\(number() + 4); "
            case 2: content + "offset:\(number()); depth:\(number() + 4); "
            case 3: content + "distance:\(sign())\(number()); "
            case 4: content + "within:\(number() + 4); endswith; "
            case 5: content + "distance:\(sign())\(number()); within:\(number() + 4); "
            case 6: "byte_test:2,>,\(number()),\(sign())\(number()),relative; "
            case 7: "byte_jump:4,\(number()),relative,multiplier 200; "
            case 8: "byte_extract:4,\(number()),n,relative; content:\"b\"; offset:n; "
            case 9: "isdataat:\(number()),relative; "
            case 10: "byte_extract:4,0,m; content:\"a\"; distance:m; within:m; "
            default: "base64_decode:bytes \(number() + 1), offset \(number()), relative; base64_data; content:\"a\"; pkt_data; "
            }
        }
        let lab = PayloadLab((0..<6).map { _ in (0..<Int.random(in: 1...4, using: &random)).map { _ in part() }.joined() })
        for _ in 0..<30 {
            let count = [0, 1, 3, 8, 60, 700].randomElement(using: &random) ?? 0
            _ = lab.sids((0..<count).map { _ in [0, 0x61, 0x62, 0xff, 0x7f].randomElement(using: &random) ?? 0 })
        }
    }

    /// The keywords of several contents are searched with backtracking, as a regular expression would.
    @Test(arguments: 0..<200)
    func chainsMatchAReference(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let letters = Array("ab".utf8)
        let parts = (0..<3).map { _ in (0..<Int.random(in: 1...2, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 } }
        let gaps = (0..<2).map { _ in (Int.random(in: 0...2, using: &random), Int.random(in: 2...5, using: &random)) }
        var options = "content:\"\(String(decoding: parts[0], as: UTF8.self))\"; "
        for index in 0..<2 {
            options += "content:\"\(String(decoding: parts[index + 1], as: UTF8.self))\"; distance:\(gaps[index].0); within:\(gaps[index].1); "
        }
        let lab = PayloadLab([options])
        for _ in 0..<40 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
            #expect(lab.sids(text) == (reference(parts, gaps, text) ? [1] : []), "\(options) on \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// `distance` counts from the end of the match before; `within` bounds the end of this one from there.
    private func reference(_ parts: [[UInt8]], _ gaps: [(Int, Int)], _ text: [UInt8]) -> Bool {
        func ends(_ part: [UInt8], from: Int, to: Int) -> [Int] {
            guard part.count <= text.count else { return [] }
            return (0...(text.count - part.count)).filter {
                $0 >= from && $0 + part.count <= to && Array(text[$0..<$0 + part.count]) == part
            }.map { $0 + part.count }
        }
        var reached = ends(parts[0], from: 0, to: text.count)
        for (part, gap) in zip(parts.dropFirst(), gaps) {
            reached = reached.flatMap { ends(part, from: $0 + gap.0, to: min(text.count, $0 + gap.0 + gap.1)) }
        }
        return !reached.isEmpty
    }

    @Test func theEvidenceIsTheMatch() throws {
        let evidence = try #require(PayloadLab([#"content:"needle";"#]).matches(Array("hay needle hay".utf8)).first?.evidence)
        #expect(evidence.buffer == "payload" && evidence.offset == 4 && evidence.length == 6)
        #expect(evidence.context == Array("hay needle hay".utf8) && evidence.contextOffset == 0)
    }

    @Test(arguments: ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "([a-z]+)*=", "(?:.*)*(?:.*)*x", "(a+a+)+y", "(?=(a+))a*b\\1", "(?R)?b$"])
    func aRunawayExpressionIsStopped(expression: String) {
        let lab = PayloadLab([#"pcre:"/\#(expression)/";"#])
        #expect(lab.ruleSet.rules.count == 1 && lab.sids(String(repeating: "a", count: 1000) + "!") == [])
    }

    /// What an expression may take is bounded when it is compiled.
    @Test(arguments: ["(?:(?:(?:a?){30}){30}){30}b", "a{65536}", String(repeating: "(", count: 300) + String(repeating: ")", count: 300)])
    func anExpressionThatIsTooLarge(expression: String) {
        let lab = PayloadLab([#"pcre:"/\#(expression)/";"#])
        #expect(lab.ruleSet.rules.isEmpty && lab.diagnostics.contains { $0.severity == .error && $0.message.contains("pcre") })
    }

    @Test(arguments: [
        (#"pcre:"/(/";"#, "pcre"), (#"lua:script.lua;"#, "lua"),
        (#"content:"a"; within:n;"#, "n"),
    ])
    func whatCannotBeCompiledIsDiagnosed(options: String, says: String) {
        let lab = PayloadLab([options, #"content:"x";"#])
        #expect(lab.ruleSet.rules.count == 1 && lab.sids("x") == [2])
        #expect(lab.diagnostics.contains { $0.severity == .error && $0.message.contains(says) && $0.location.line == 1 })
    }
}
